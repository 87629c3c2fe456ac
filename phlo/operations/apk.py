"""See to packages of Alpine Linux on the host, with apk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.location import host_location
from phlo.operations.package_names import package_names
from phlo.values import Change

IS_FOR_HOSTS = True
# $1: "1" to ask for newer versions. Then the packages. Prints `is NAME` for what is installed, `old NAME-VERSION`.
_LOOK = r"""
command -v apk >/dev/null || { echo "there is no apk; write package, apt or dnf" >&2; exit 1; }
newer=$1; shift
for one in "$@"; do ! apk info -e "$one" >/dev/null 2>&1 || echo "is $one"; done
[ -z "$newer" ] || apk version -l '<' 2>/dev/null | sed -n 's/^\([^ ]*-[0-9][^ ]*\) *< *\(.*\)$/old \1 \2/p'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the packages.
    state: present, latest or absent; installed and removed are the same as present and absent.
    update_cache: update the lists of packages first.
    upgrade: upgrade all packages.
    no_cache: use no files of packages that were downloaded before.
    repository: repositories to use instead of the host's own.
    """

    name: tuple[str, ...] = ()
    state: Literal["present", "installed", "latest", "absent", "removed"] = "present"
    update_cache: bool = False
    upgrade: bool = False
    no_cache: bool = False
    repository: tuple[str, ...] = ()
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.names and not self.update_cache and not self.upgrade:
            raise ValueError("needs name, upgrade or update_cache")

    @property
    def names(self) -> tuple[str, ...]:
        return package_names(self.name)

    @property
    def is_removing(self) -> bool:
        return self.state in ("absent", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """there: the packages of the task that are installed. old: NAME-VERSION -> the newest version."""

    there: tuple[str, ...]
    old: dict[str, str]


def observe(args: Args, host: ReadHost) -> Seen:
    """Ask apk for what is installed, and where it matters for newer versions."""
    asks = "1" if args.state == "latest" or args.upgrade else ""
    return parse(ask(host_location(host, args.root), _LOOK, asks, *args.names))


def parse(printed: str) -> Seen:
    """What the script printed."""
    rows = [line.split() for line in printed.splitlines()]
    return Seen(
        there=tuple(row[1] for row in rows if row[0] == "is"),
        old={row[1]: row[2] for row in rows if row[0] == "old" and len(row) > 2},
    )


def _causes(args: Args, seen: Seen) -> Iterator[str]:
    if args.upgrade:
        yield from (f"{name} -> {version}" for name, version in seen.old.items())
    for word in args.names:
        if args.is_removing:
            if word in seen.there:
                yield f"{word} is removed"
        elif word not in seen.there:
            yield f"{word}: not installed"
        elif args.state == "latest":
            newer = [f"{one} -> {new}" for one, new in seen.old.items() if one.rsplit("-", 2)[0] == word]
            yield from newer


def decide(args: Args, seen: Seen) -> list[Change]:
    causes = tuple(_causes(args, seen))
    at = f"apk:{','.join(args.names) or 'packages'}"
    if causes:
        return [Change(at=at, verb="remove" if args.is_removing else "install", causes=causes)]
    return [Change(at=at, verb="update", causes=("asked for",), is_counted=False)] if args.update_cache else []


def diff(args: Args, seen: Seen) -> list[str]:
    """What comes and goes."""
    return [f"{'-' if args.is_removing else '+'}{cause}" for cause in _causes(args, seen)]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    return {"packages": [], "msg": "package(s) already as they should be"}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Let apk make the change."""
    location = host_location(host, args.root)
    if args.update_cache:
        change_host(location, ("apk", "update"))
        seen = observe(args, host.reader())
    causes = list(_causes(args, seen))
    if not causes:
        return {**facts(args, seen), "changed": False, "changes": []}
    done = change_host(location, command(args, seen))
    told = done.facts()
    return {"packages": list(args.names), "stdout": told["stdout"], "stdout_lines": told["stdout_lines"]}


def command(args: Args, seen: Seen) -> tuple[str, ...]:
    """The command that makes the change."""
    sources = tuple(word for one in args.repository for word in ("-X", one))
    words = ("apk", *sources, *(("--no-cache",) if args.no_cache else ()))
    if args.upgrade:
        return (*words, "upgrade")
    if args.is_removing:
        return (*words, "del", *(one for one in args.names if one in seen.there))
    return (*words, "add", *(("--upgrade",) if args.state == "latest" else ()), *args.names)
