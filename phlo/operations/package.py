"""See to packages of the host with the host's own package manager: apt, dnf, yum or apk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations import apk, apt, dnf
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.location import host_location
from phlo.values import Change

IS_FOR_HOSTS = True
_WHICH = "for one in apt-get dnf yum apk; do ! command -v $one >/dev/null || { echo $one; exit; }; done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the packages.
    state: present, latest or absent; installed and removed are the same as present and absent.
    use: the package manager; auto: the one that the host has.
    update_cache: update the lists of packages first.
    """

    name: tuple[str, ...]
    state: Literal["present", "installed", "latest", "absent", "removed"] = "present"
    use: Literal["auto", "apt", "dnf", "dnf5", "yum", "apk"] = "auto"
    update_cache: bool = False
    root: Path = injected("root")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """manager: the operation of the host's package manager. args, seen: its arguments, and what it saw."""

    manager: ModuleType
    args: Any
    seen: Any


def _apt(args: Args, state: Any) -> Any:
    return apt.Args(name=args.name, state=state, update_cache=args.update_cache, root=args.root)


def _dnf(args: Args, state: Any) -> Any:
    return dnf.Args(name=args.name, state=state, update_cache=args.update_cache, root=args.root)


def _apk(args: Args, state: Any) -> Any:
    return apk.Args(name=args.name, state=state, update_cache=args.update_cache, root=args.root)


_MANAGERS: dict[str, tuple[ModuleType, Callable[[Args, str], Any]]] = {
    "apt": (apt, _apt),
    "dnf": (dnf, _dnf),
    "apk": (apk, _apk),
}
_NAMES = {"apt-get": "apt", "dnf5": "dnf", "yum": "dnf"}


def observe(args: Args, host: ReadHost) -> Seen:
    """Find the package manager, and look with it."""
    found: str = args.use
    if found == "auto":
        location = host_location(host, args.root)
        found = ask(location, _WHICH).strip()
        if not found:
            fix = "Write `command` for another package manager."
            raise OperationError("there is no apt, dnf, yum or apk", where=location.name, fix=fix)
    manager, make = _MANAGERS[_NAMES.get(found, found)]
    own = make(args, {"installed": "present", "removed": "absent"}.get(args.state, args.state))
    return Seen(manager=manager, args=own, seen=manager.observe(own, host))


def decide(args: Args, seen: Seen) -> list[Change]:
    found: list[Change] = seen.manager.decide(seen.args, seen.seen)
    return found


def diff(args: Args, seen: Seen) -> list[str]:
    """The packages that come and go."""
    found: list[str] = seen.manager.diff(seen.args, seen.seen)
    return found


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing changes."""
    found: dict[str, Any] = seen.manager.facts(seen.args, seen.seen)
    return found


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Let the package manager make the change."""
    found: dict[str, Any] = seen.manager.apply(change, seen.args, seen.seen, host)
    return found
