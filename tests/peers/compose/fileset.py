"""A Compose project as files, with what the command is given besides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# The folder of every project, so that its name is the same everywhere.
FOLDER = "shop"
DEFAULT_FILE = "compose.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """One project.

    name:      unique, with its class in front: `ports: [22:22]` of the class `attributes`.
    files:     path from the project's folder -> text; a path may start with `../` or `~/`.
    links:     path -> where the symbolic link points to.
    use:       the files given with `-f`; empty: Compose chooses.
    env_files: the files given with `--env-file`. profiles: those given with `--profile`.
    environ:   the process environment, besides HOME.
    """

    group: str
    name: str
    files: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)
    use: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.group}: {self.name}"

    @property
    def digest(self) -> str:
        """Changes with anything that a recording depends on."""
        return hashlib.sha256(json.dumps(self.plain(), sort_keys=True).encode()).hexdigest()[:16]

    def plain(self) -> dict[str, Any]:
        found = {
            "files": dict(self.files),
            "links": dict(self.links),
            "use": list(self.use),
            "env_files": list(self.env_files),
            "profiles": list(self.profiles),
            "environ": dict(self.environ),
        }
        return {key: value for key, value in found.items() if value}

    def write(self, root: Path) -> Path:
        """Write the files below `root`; gives the project's folder. The home folder is `root/home`."""
        folder, home = self.folder(root), root / "home"
        folder.mkdir(parents=True)
        home.mkdir()
        for path, text in self.files.items():
            target = place(path, folder, home)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        for path, points_to in self.links.items():
            target = place(path, folder, home)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(points_to)
        return folder

    def folder(self, root: Path) -> Path:
        """The project's folder, where the command is run."""
        return root / FOLDER

    def environment(self, root: Path) -> dict[str, str]:
        """The process environment: nothing of the machine's own but what a program needs to start."""
        own = {"HOME": str(root / "home"), "PWD": str(self.folder(root)), "PATH": "/usr/bin:/bin"}
        return own | dict(self.environ)


def from_plain(group: str, name: str, data: Mapping[str, Any]) -> FileSet:
    """The inverse of `FileSet.plain`."""
    listed = {key: tuple(data.get(key, ())) for key in ("use", "env_files", "profiles")}
    return FileSet(
        group=group,
        name=name,
        files=data["files"],
        links=data.get("links", {}),
        environ=data.get("environ", {}),
        **listed,
    )


def place(path: str, folder: Path, home: Path) -> Path:
    return home / path.removeprefix("~/") if path.startswith("~/") else folder / path
