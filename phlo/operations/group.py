"""See to a group of the host: that it is there, with its number, or that it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.accounts import Accounts, look_at_accounts
from phlo.operations.fields import injected
from phlo.operations.host_program import change as change_host
from phlo.operations.location import host_location
from phlo.values import Change

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the group.
    state: present or absent.
    gid: its number.
    system: a new group gets a number of the system's range.
    local: look at the host's own files only, not at a directory service.
    force: remove a group that is the primary group of a user.
    non_unique: the number may be that of another group, too.
    gid_min: the least number of a new group.
    gid_max: the highest number of a new group.
    """

    name: str
    state: Literal["present", "absent"] = "present"
    gid: int | None = None
    system: bool = False
    local: bool = False
    force: bool = False
    non_unique: bool = False
    gid_min: int | None = None
    gid_max: int | None = None
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.name or any(sign in self.name for sign in ":,\n/") or self.name.startswith("-"):
            raise ValueError(f'"{self.name}" is not a name of a group')
        if self.non_unique and self.gid is None:
            raise ValueError("non_unique needs gid")


def observe(args: Args, host: ReadHost) -> Accounts:
    """Read the groups of the host."""
    return look_at_accounts(host_location(host, args.root), is_local=args.local)


def decide(args: Args, seen: Accounts) -> list[Change]:
    there = seen.group(args.name)
    there = there if there and there.name == args.name else None
    at = f"group:{args.name}"
    if args.state == "absent":
        return [Change(at=at, verb="remove", causes=("not wanted",))] if there else []
    if there is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    if args.gid is not None and there.gid != args.gid:
        return [Change(at=at, verb="update", causes=(f"gid: {there.gid} -> {args.gid}",))]
    return []


def facts(args: Args, seen: Accounts) -> dict[str, Any]:
    """What `register` keeps, as Ansible has it."""
    there = seen.group(args.name) if args.state == "present" else None
    return {
        "name": args.name,
        "state": args.state,
        **({"system": args.system} if args.state == "present" else {}),
        **({"gid": there.gid} if there else {}),
    }


def apply(change: Change, args: Args, seen: Accounts, host: Host) -> dict[str, Any]:
    """Create, change or remove it."""
    location = host_location(host, args.root)
    change_host(location, command(change.verb, args, seen, where=location.name))
    return facts(args, look_at_accounts(location, is_local=args.local))


def command(verb: str, args: Args, seen: Accounts, *, where: str) -> tuple[str, ...]:
    """The program that makes a change: that of shadow(8), or BusyBox's."""
    usual = {"create": "groupadd", "update": "groupmod", "remove": "groupdel"}[verb]
    small = {"create": "addgroup", "update": "", "remove": "delgroup"}[verb]
    is_small = seen.program("groupadd", "addgroup", where=where) == "addgroup"
    if is_small and not small:
        fix = "Install the package shadow there."
        raise OperationError(f"the number of {args.name} cannot be changed without {usual}", where=where, fix=fix)
    if is_small:
        words = [*(["-g", str(args.gid)] if args.gid is not None else []), *(["-S"] if args.system else [])]
        return (small, *(words if verb == "create" else []), args.name)
    words = []
    if verb == "create":
        words += ["-r"] if args.system else []
        for key, number in (("GID_MIN", args.gid_min), ("GID_MAX", args.gid_max)):
            words += ["-K", f"{key}={number}"] if number is not None else []
    if verb != "remove" and args.gid is not None:
        words += ["-g", str(args.gid), *(["-o"] if args.non_unique else [])]
    if verb == "remove" and args.force:
        words += ["-f"]
    return (usual, *words, args.name)
