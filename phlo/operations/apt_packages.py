"""Packages of Debian: what dpkg has installed, what `apt-get --simulate` says it would do, and the words for apt-get.

Sources: dpkg-query(1), apt-get(8), apt.conf(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from phlo.frozen import dataclass

QUIET = {"DEBIAN_FRONTEND": "noninteractive", "APT_LISTCHANGES_FRONTEND": "none", "DEBIAN_PRIORITY": "critical"}
_SPEC = re.compile(r"(?P<name>[^=/:]+)(:(?P<architecture>[a-z0-9-]+))?(=(?P<version>[^/]+))?(/(?P<release>.+))?")
_NAME = re.compile(r"[a-z0-9*?\[\]+.-]+")
# Inst NAME [OLD] (NEW RELEASE [ARCHITECTURE]) ..., Remv NAME [OLD], Purg NAME [OLD]
_STEP = re.compile(r"(?P<verb>Inst|Remv|Purg) (?P<name>\S+)(?: \[(?P<old>[^]]+)\])?(?: \((?P<new>\S+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A package as a task names it: NAME, NAME:ARCHITECTURE, NAME=VERSION, NAME/RELEASE; a name may be a pattern."""

    text: str
    name: str
    architecture: str = ""
    version: str = ""

    @property
    def is_pattern(self) -> bool:
        return any(sign in self.name for sign in "*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package that dpkg knows. is_installed: False where only its configuration is left."""

    name: str
    architecture: str
    version: str
    provides: tuple[str, ...] = ()
    is_installed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What apt-get does with a package: old, new: its versions, "" for none."""

    name: str
    old: str = ""
    new: str = ""

    @property
    def cause(self) -> str:
        if not self.new:
            return f"{self.name}: {self.old or 'installed'} is removed"
        return f"{self.name}: {self.old} -> {self.new}" if self.old else f"{self.name}: not installed"

    def lines(self) -> Iterator[str]:
        """What `--diff` shows."""
        if self.old or not self.new:
            yield f"-{self.name} {self.old}".rstrip()
        if self.new:
            yield f"+{self.name} {self.new}"


def spec(text: str) -> Spec:
    """A package that a task names. Raises ValueError."""
    found = _SPEC.fullmatch(text.strip())
    if found is None or not _NAME.fullmatch(found["name"]) or found["name"].startswith("-"):
        raise ValueError(f'"{text}" is not a package: write NAME, NAME=VERSION or NAME/RELEASE')
    parts = {key: found[key] or "" for key in ("name", "architecture", "version")}
    return Spec(text=text.strip(), **parts)


def parse_packages(printed: str) -> tuple[Package, ...]:
    """What dpkg-query printed: lines of state, name, architecture, version and what it provides, with tabs between."""
    found = []
    for line in printed.splitlines():
        state, name, architecture, version, provides = (*line.split("\t"), "", "", "", "")[:5]
        if state[1:2] in ("i", "c"):
            names = tuple(word.split()[0] for word in provides.split(",") if word.strip())
            is_installed = state[1] == "i"
            one = Package(
                name=name, architecture=architecture, version=version, provides=names, is_installed=is_installed
            )
            found.append(one)
    return tuple(found)


def installed(wanted: Spec, packages: Sequence[Package], *, with_configuration: bool = False) -> list[Package]:
    """The packages that a spec means and that are installed, else those that provide it."""
    there = [one for one in packages if one.is_installed or with_configuration]
    own = [one for one in there if fnmatchcase(one.name, wanted.name) and _is_of(wanted, one)]
    return own or [one for one in there if one.is_installed and wanted.name in one.provides and not wanted.version]


def _is_of(wanted: Spec, found: Package) -> bool:
    return not wanted.architecture or wanted.architecture == found.architecture


def is_satisfied(wanted: Spec, packages: Sequence[Package]) -> bool:
    """Whether a package is installed, in the version that is asked for."""
    found = installed(wanted, packages)
    return bool(found) and all(not wanted.version or fnmatchcase(one.version, wanted.version) for one in found)


def parse_moves(printed: str) -> tuple[Move, ...]:
    """What `apt-get --simulate` printed; a package that comes back later in the list counts once."""
    found: dict[str, Move] = {}
    for line in printed.splitlines():
        step = _STEP.match(line)
        if step:
            name, new = step["name"], step["new"] if step["verb"] == "Inst" else ""
            before = found.get(name)
            old = step["old"] or (before.old if before else "")
            found[name] = Move(name=name, old=old, new=new or "")
    return tuple(found.values())
