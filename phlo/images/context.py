"""A build context: the files a Dockerfile can reach, as a listing and as an archive.

Both are the same on every machine for the same files: sorted, without times and owners, and with no more of a
file's mode than whether it can be executed, which is all that version control keeps.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from phlo.errors import ConfigError
from phlo.frozen import dataclass

# The name a Dockerfile from outside the context has inside the archive.
OUTSIDE = ".phlo.Dockerfile"

_STATE = ".phlo"
_LEFTOVERS = ("**/__pycache__", "**/.mypy_cache", "**/.pytest_cache", "**/.ruff_cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a context.

    name: with slashes, from the context's root. link: where a symbolic link leads.
    content: what will be in the file; None: what is in it.
    """

    name: str
    path: Path
    mode: int
    is_folder: bool = False
    link: str | None = None
    content: bytes | None = None

    def fingerprint(self) -> str:
        """One line of the listing: mode, kind and content."""
        if self.link is not None:
            return f"link {self.name} {self.link}"
        if self.is_folder:
            return f"folder {self.name}"
        with self.open() as stream:
            return f"{self.mode:o} {self.name} {hashlib.file_digest(stream, 'sha256').hexdigest()}"

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.content is None else len(self.content)

    def open(self) -> io.BufferedReader | io.BytesIO:
        return self.path.open("rb") if self.content is None else io.BytesIO(self.content)


def read_context(context: Path, dockerfile: str, written: Mapping[Path, bytes]) -> tuple[str, list[Entry]]:
    """The Dockerfile's name inside the archive, and the context's entries by name.

    `.dockerignore` counts; the Dockerfile itself is always part of it. phlo's own folder `.phlo` is not: it has the
    project's secrets, and the records of runs, which differ from one to the next.
    written: files that will be there with this content when the image is built.
    Raises ConfigError when the folder or the Dockerfile is not there and will not be.
    """
    coming = {path.relative_to(context).as_posix(): data for path, data in written.items() if context in path.parents}
    if not context.is_dir() and not coming:
        raise ConfigError("the build context is not a folder", where=context, fix="Correct `build.context`.")
    path = Path(os.path.normpath(context / dockerfile))
    if not path.is_file() and path not in written:
        raise ConfigError("there is no such Dockerfile", where=path, fix="Correct `build.dockerfile`.")
    inside = Path(os.path.normpath(dockerfile))
    is_outside = inside.is_absolute() or inside.parts[0] == ".."
    name = OUTSIDE if is_outside else inside.as_posix()
    rules = coming.get(".dockerignore")
    ignore = Ignore.read(context / ".dockerignore") if rules is None else Ignore.of(rules.decode("utf-8-sig"))
    kept = _kept(context, ignore, coming, always=name)
    if is_outside or all(entry.name != name for entry in kept):
        kept.append(Entry(name=name, path=path, mode=0o644, content=written.get(path)))
    return name, sorted(kept, key=lambda entry: entry.name)


def read_folder(folder: Path, name: str) -> list[Entry]:
    """The entries of another folder, under `name` in the context."""
    return list(_walk(folder, name + "/", Ignore([])))


def write_archive(entries: list[Entry], target: IO[bytes]) -> None:
    """Write the context as a tar archive, byte for byte the same for the same files."""
    import tarfile  # here, because the listing alone is on every run's way

    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            item = tarfile.TarInfo(entry.name)
            item.mode = entry.mode
            if entry.link is not None:
                item.type, item.linkname = tarfile.SYMTYPE, entry.link
                archive.addfile(item)
            elif entry.is_folder:
                item.type = tarfile.DIRTYPE
                archive.addfile(item)
            else:
                with entry.open() as content:
                    item.size = entry.size
                    archive.addfile(item, content)


def _kept(context: Path, ignore: Ignore, coming: Mapping[str, bytes], *, always: str) -> list[Entry]:
    found = {entry.name: entry for entry in (_walk(context, "", ignore) if context.is_dir() else ())}
    for name, content in coming.items():
        parts = name.split("/")
        for end in range(1, len(parts)):
            folder = "/".join(parts[:end])
            found.setdefault(folder, Entry(name=folder, path=context / folder, mode=0o755, is_folder=True))
        mode = found[name].mode if name in found else 0o644
        found[name] = Entry(name=name, path=context / name, mode=mode, content=content)
    return [entry for entry in found.values() if entry.name == always or not ignore(entry.name)]


def _walk(folder: Path, prefix: str, ignore: Ignore) -> Iterator[Entry]:
    for item in os.scandir(folder):
        if item.name == _STATE:
            continue
        name, path = prefix + item.name, Path(item.path)
        if item.is_symlink():
            yield Entry(name=name, path=path, mode=0o777, link=os.readlink(path))
        elif item.is_dir():
            # A folder whose files could come back through `!` is walked even when it is ignored itself.
            if ignore.has_exceptions or not ignore(name):
                yield Entry(name=name, path=path, mode=0o755, is_folder=True)
                yield from _walk(path, name + "/", ignore)
        elif item.is_file():
            mode = 0o755 if item.stat().st_mode & 0o100 else 0o644
            yield Entry(name=name, path=path, mode=mode)


class Ignore:
    """What a `.dockerignore` leaves out (https://docs.docker.com/build/concepts/context/#dockerignore-files).

    The last line that matches a path or a folder above it decides; `!` brings back. What Python and its tools leave
    behind is out from the start: it differs from machine to machine, and would give the image another tag each time.
    """

    def __init__(self, lines: list[str]) -> None:
        self._rules = [(line[0] != "!", _pattern(line.lstrip("!"))) for line in (*_LEFTOVERS, *lines)]
        self.has_exceptions = any(not is_out for is_out, _ in self._rules)

    @classmethod
    def read(cls, path: Path) -> Ignore:
        """Read a file; one that is not there leaves out nothing of its own."""
        if not path.is_file():
            return cls([])
        return cls.of(path.read_text(encoding="utf-8-sig"))

    @classmethod
    def of(cls, text: str) -> Ignore:
        lines = (line.strip() for line in text.splitlines())
        return cls([line for line in lines if line and not line.startswith("#") and line != "!"])

    def __call__(self, name: str) -> bool:
        parts = name.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        is_ignored = False
        for is_out, pattern in self._rules:
            if is_out != is_ignored and any(pattern.fullmatch(path) for path in above):
                is_ignored = is_out
        return is_ignored


def _pattern(line: str) -> re.Pattern[str]:
    """A line as a regular expression: `*` and `?` stay within a name, `**` spans folders."""
    # `**/**/` means the same as `**/`, and takes a regular expression very long to find out.
    cleaned = re.sub(r"(\*\*/)+", "**/", os.path.normpath(line.strip()).lstrip("/"))
    expression, rest = "", cleaned
    while rest:
        if rest.startswith("**/"):
            expression, rest = expression + "(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            expression, rest = expression + ".*", rest[2:]
        elif found := re.match(r"\[\^?[^]/]+\]", rest):
            expression, rest = expression + found[0], rest[found.end() :]
        else:
            known = {"*": "[^/]*", "?": "[^/]"}
            head, rest = rest[0], rest[1:]
            if head == "\\" and rest:
                head, rest = rest[0], rest[1:]
                expression += re.escape(head)
            else:
                expression += known.get(head) or re.escape(head)
    return re.compile(expression, re.DOTALL)
