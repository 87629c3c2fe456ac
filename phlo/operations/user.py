"""See to a user of the host: that it is there, with its groups, home and password, or that it is not."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.accounts import Accounts, Shadow, look_at_accounts
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.location import Location, host_location
from phlo.operations.user_arguments import Args, has_other_lock, has_other_password, key_path, moved_groups
from phlo.operations.user_commands import key_commands, steps
from phlo.values import Change

IS_FOR_HOSTS = True
_SECONDS_OF_A_DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """accounts: the user and the groups. has_key: whether its SSH key is there, where one is wanted."""

    accounts: Accounts
    has_key: bool = True


def observe(args: Args, host: ReadHost) -> Seen:
    """Read the user and the groups; raises OperationError for a group that is not there."""
    location = host_location(host, args.root)
    accounts = look_at_accounts(location, args.name, is_local=args.local)
    if args.state == "present":
        missing = [one for one in _groups(args) if accounts.group(one) is None]
        if missing:
            fix = "Make it with `group` before."
            raise OperationError(f"there is no group {missing[0]}", where=location.name, fix=fix)
    has_key = not args.generate_ssh_key or _has_key(args, accounts, location)
    return Seen(accounts=accounts, has_key=has_key)


def _groups(args: Args) -> tuple[str, ...]:
    return (*((args.group,) if args.group else ()), *(args.further_groups or ()))


def decide(args: Args, seen: Seen) -> list[Change]:
    at, there = f"user:{args.name}", seen.accounts.user
    if args.state == "absent":
        return [Change(at=at, verb="remove", causes=("not wanted",))] if there else []
    if there is None:
        return [Change(at=at, verb="create", causes=("not found",))]
    causes = tuple(_causes(args, seen))
    return [Change(at=at, verb="update", causes=causes)] if causes else []


def _causes(args: Args, seen: Seen) -> Iterator[str]:
    """How the user differs from what is wanted."""
    accounts, there = seen.accounts, seen.accounts.user
    assert there is not None
    for name in ("uid", "comment", "home", "shell"):
        wanted, found = getattr(args, name), getattr(there, name)
        if wanted is not None and wanted != found:
            yield f"{name}: {found} -> {wanted}"
    primary = accounts.group(args.group) if args.group else None
    if primary and primary.gid != there.gid:
        yield f"group: {there.gid} -> {primary.name}"
    for name, found in zip(("added to", "removed from"), moved_groups(args, accounts), strict=True):
        yield from (f"{name} the group {one}" for one in found)
    yield from _password_causes(args, accounts.shadow)
    if not seen.has_key:
        yield "ssh key not found"


def _password_causes(args: Args, shadow: Shadow | None) -> Iterator[str]:
    """How the password and its days differ; without the right to read shadow(5) there is nothing to compare."""
    if shadow is None:
        return
    if has_other_password(args, shadow):
        yield "password differs"
    elif has_other_lock(args, shadow):
        yield "password is not locked" if args.password_lock else "password is locked"
    if args.expires is not None:
        day = None if args.expires < 0 else int(args.expires // _SECONDS_OF_A_DAY)
        if day != shadow.expires_day:
            yield f"expires: {_date(shadow.expires_day)} -> {_date(day)}"
    for name, wanted, found in (
        ("password_expire_max", args.password_expire_max, shadow.most_days),
        ("password_expire_min", args.password_expire_min, shadow.least_days),
        ("password_expire_warn", args.password_expire_warn, shadow.warn_days),
        ("password_expire_account_disable", args.password_expire_account_disable, shadow.inactive_days),
    ):
        if wanted is not None and wanted != found:
            yield f"{name}: {'not set' if found is None else found} -> {wanted}"


def _date(day: int | None) -> str:
    return "never" if day is None else str(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps, as Ansible has it."""
    there = seen.accounts.user
    if args.state == "absent":
        gone = {"name": args.name, "state": args.state}
        return {**gone, "force": args.force, "remove": args.remove} if there else gone
    found: dict[str, Any] = {"name": args.name, "state": args.state}
    if there is not None:
        found |= {"uid": there.uid, "group": there.gid, "home": there.home, "shell": there.shell}
        found |= {"comment": there.comment, "append": args.append, "move_home": args.move_home}
    if args.groups is not None:
        found["groups"] = ",".join(args.further_groups or ())
    if args.password is not None:
        found["password"] = "NOT_LOGGING_PASSWORD"  # noqa: S105 - as Ansible has it
    return found


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Create, change or remove the user."""
    location = host_location(host, args.root)
    for step in steps(change.verb, args, seen.accounts, where=location.name):
        change_host(location, step.argv, stdin=step.stdin.encode())
    if change.verb == "remove":
        return facts(args, seen)
    accounts = look_at_accounts(location, args.name, is_local=args.local)
    if args.generate_ssh_key and not _has_key(args, accounts, location):
        for argv in key_commands(args, accounts, key_path(args, accounts)):
            change_host(location, argv)
    found = facts(args, Seen(accounts=accounts))
    if change.verb == "create":
        found |= {"create_home": args.create_home, "system": args.system}
        del found["append"], found["move_home"]
    return found


def _has_key(args: Args, accounts: Accounts, location: Location) -> bool:
    path = key_path(args, accounts)
    return bool(path) and ask(location, '[ ! -e "$1" ] || echo there', path) != ""
