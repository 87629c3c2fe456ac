"""Set variables of the host from a file, or from the files of a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected, positional
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """file: the file; it is looked for beside the tasks and in `vars/`.
    name: one variable of this name has all the others.
    dir: a folder whose files are read in order, those of its folders as well.
    depth: how many levels of folders are read; 0 reads all.
    files_matching: only files whose names match this regular expression.
    ignore_files: no files whose names end with one of these regular expressions.
    extensions: endings of the files, without a dot; another file is an error.
    ignore_unknown_extensions: leave other files out.
    """

    file: str = positional("")
    name: str = ""
    dir: str = ""
    depth: int = 0
    files_matching: str = ""
    ignore_files: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ("yaml", "yml", "json")
    ignore_unknown_extensions: bool = False
    folder: Path = injected("folder")
    role_folder: Path | None = injected("role_folder")
    find_file: Callable[[str, str], Path] = injected("find_file")
    variables_of: Callable[[Path], Mapping[str, Any]] = injected("variables_of")

    def __post_init__(self) -> None:
        if bool(self.file) == bool(self.dir):
            raise ValueError("include_vars needs file or dir, not both")
        if self.file and (self.depth or self.files_matching or self.ignore_files or self.ignore_unknown_extensions):
            raise ValueError("depth, files_matching, ignore_files and ignore_unknown_extensions are for dir")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The files that were read, and their variables."""

    files: tuple[Path, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)


def observe(args: Args, host: ReadHost) -> Seen:
    """Read the files on the control machine. Raises PhloError."""
    files = tuple(_files(args)) if args.dir else (args.find_file(args.file, "vars"),)
    return Seen(files=files, variables={name: one for path in files for name, one in args.variables_of(path).items()})


def decide(args: Args, seen: Seen) -> list[Change]:
    return []


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """The files, and the variables, which the host keeps until the run ends."""
    files = [str(path) for path in seen.files]
    return {"ansible_included_var_files": files, "included_variables": seen.variables, "included_name": args.name}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """There is never anything to change."""


def _files(args: Args) -> Iterator[Path]:
    root = _root(args)
    if not root.is_dir():
        raise OperationError(
            f"there is no folder {root}", fix="Write a folder beside the tasks, or in the role's vars/."
        )
    for folder in sorted([root, *(path for path in root.rglob("*") if path.is_dir())]):
        if args.depth and len(folder.relative_to(root).parts) >= args.depth:
            continue
        for path in sorted(one for one in folder.iterdir() if one.is_file()):
            if _is_wanted(args, path):
                yield path


def _root(args: Args) -> Path:
    if args.role_folder is None:
        return args.folder / args.dir
    return args.role_folder / args.dir if args.dir.split("/")[0] == "vars" else args.role_folder / "vars" / args.dir


def _is_wanted(args: Args, path: Path) -> bool:
    """Whether a file is read. Raises OperationError for an ending that is not one of a file of variables."""
    if args.role_folder is not None and path == args.role_folder / "vars" / "main.yml":
        return False  # the role has it already
    if args.files_matching and not re.search(args.files_matching, path.name):
        return False
    if any(re.search(f"{pattern}$", path.name) for pattern in args.ignore_files):
        return False
    if path.suffix.removeprefix(".") in args.extensions:
        return True
    if args.ignore_unknown_extensions:
        return False
    fix = "Write ignore_unknown_extensions: true, or ignore_files."
    raise OperationError(f"{path} does not end with {', '.join(args.extensions)}", fix=fix)
