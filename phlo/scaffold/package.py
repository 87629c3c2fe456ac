"""Writing the beginning of a package."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree

import phlo
from phlo.config.atomic import new_file
from phlo.errors import ConfigError
from phlo.operations import EVERY

KINDS = ("service", "operation")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PREFIX = "phlo-"


def create_package(name: str, kind: str, parent: Path) -> Path:
    """Write a package that has everything, and works; gives its folder.

    name: `thing` or `phlo-thing`; either makes the distribution `phlo-thing`.
    Raises ConfigError for a name that cannot be one, and when the folder is there already.
    """
    short = name.removeprefix(_PREFIX)
    if not _NAME.fullmatch(short):
        fix = "Use small letters, digits and single hyphens, a letter first."
        raise ConfigError(f'"{name}" cannot name a package', where="phlo plugin create", fix=fix)
    if kind == "operation" and (keyword.iskeyword(short) or short in EVERY):
        fix = "Say what it is about, for example with a word in front."
        raise ConfigError(f'"{short}" is a word of Python or an operation of phlo', where="phlo plugin create", fix=fix)
    folder = parent / f"{_PREFIX}{short}"
    words = _words(short)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise ConfigError("already exists", where=folder, fix="Choose another name, or remove it.") from None
    try:
        for path, text in _templates(kind):
            target = folder / _filled(path, words)
            target.parent.mkdir(parents=True, exist_ok=True)
            new_file(target, _filled(text, words).encode())
    except BaseException:  # half a package would be in the way of the next attempt
        rmtree(folder)
        raise
    return folder


def _words(short: str) -> Mapping[str, str]:
    plain = short.replace("-", "_")
    return {
        "NAME": short,
        "DISTRIBUTION": f"{_PREFIX}{short}",
        "MODULE": f"phlo_{plain}",
        "OPERATION": plain,
        "VARIABLE": plain.upper(),
        "PHLO": phlo.__version__,
    }


def _templates(kind: str) -> Iterator[tuple[str, str]]:
    """Path below the package's folder, and text; words not replaced yet."""
    top = Path(__file__).parent / kind
    for path in sorted(top.rglob("*.in")):
        yield path.relative_to(top).as_posix().removesuffix(".in"), path.read_text(encoding="utf-8")


def _filled(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)
