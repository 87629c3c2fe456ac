"""The programs that create, change and remove a user: those of shadow(8), or BusyBox's."""

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Iterator

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.operations.accounts import Accounts
from phlo.operations.user_arguments import Args, has_other_lock, has_other_password, moved_groups
from phlo.values import reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A program, and what it reads. Secrets are only in what it reads: other users see the arguments of programs."""

    argv: tuple[str, ...]
    stdin: str = ""


def steps(verb: str, args: Args, accounts: Accounts, *, where: str) -> Iterator[Step]:
    """What makes a change. Raises OperationError for what BusyBox cannot do."""
    is_small = accounts.program("useradd", "adduser", where=where) == "adduser"
    if verb == "remove":
        yield Step(argv=_removing(args, is_small=is_small))
        return
    if verb == "create":
        yield Step(argv=_creating_small(args) if is_small else _creating(args, accounts))
    if is_small and "usermod" not in accounts.programs:
        yield from _changing_small(verb, args, accounts, where=where)
    elif verb == "update" and len(words := _changing(args, accounts)) > 1:
        yield Step(argv=(*words, args.name))
    if args.password is not None and (verb == "create" or has_other_password(args, accounts.shadow)):
        yield Step(argv=("chpasswd", "-e"), stdin=f"{args.name}:{_hash(args)}\n")
    elif args.password_lock and verb == "create":
        yield Step(argv=("usermod", "-L", args.name))
    days = tuple(_days(args))
    if days:
        yield Step(argv=("chage", *days, args.name))


def _hash(args: Args) -> str:
    """The password as shadow(5) has it: behind a `!` when it is locked."""
    return ("!" if args.password_lock else "") + reveal(args.password or "")


def _removing(args: Args, *, is_small: bool) -> tuple[str, ...]:
    if is_small:
        return ("deluser", *(["--remove-home"] if args.remove else []), args.name)
    return ("userdel", *(["-f"] if args.force else []), *(["-r"] if args.remove else []), args.name)


def _creating(args: Args, accounts: Accounts) -> tuple[str, ...]:
    words = ["useradd", *_number(args)]
    if args.group:
        words += ["-g", args.group]
    elif accounts.group(args.name):
        words += ["-N"]  # else useradd makes a group of this name
    if args.further_groups:
        words += ["-G", ",".join(args.further_groups)]
    for option, text in (("-c", args.comment), ("-d", args.home), ("-s", args.shell)):
        words += [option, text] if text is not None else []
    words += ["-e", _end(args.expires)] if args.expires is not None else []
    words += ["-m", *(["-k", args.skeleton] if args.skeleton else [])] if args.create_home else ["-M"]
    for key, value in (("UMASK", args.umask), ("UID_MIN", args.uid_min), ("UID_MAX", args.uid_max)):
        words += ["-K", f"{key}={value}"] if value is not None else []
    return (*words, *(["-r"] if args.system else []), args.name)


def _number(args: Args) -> list[str]:
    return ["-u", str(args.uid), *(["-o"] if args.non_unique else [])] if args.uid is not None else []


def _end(expires: float) -> str:
    """The day of `expires` as useradd and usermod read it; "": never."""
    return "" if expires < 0 else str(datetime.datetime.fromtimestamp(expires, datetime.UTC).date())


def _changing(args: Args, accounts: Accounts) -> tuple[str, ...]:
    there = accounts.user
    assert there is not None
    words = ["usermod"]
    if args.uid is not None and args.uid != there.uid:
        words += _number(args)
    primary = accounts.group(args.group) if args.group else None
    if primary and primary.gid != there.gid:
        words += ["-g", args.group or ""]
    added, removed = moved_groups(args, accounts)
    if removed:
        words += ["-G", ",".join(args.further_groups or ())]
    elif added:
        words += ["-a", "-G", ",".join(added)]
    if args.comment is not None and args.comment != there.comment:
        words += ["-c", args.comment]
    if args.home is not None and args.home != there.home:
        words += ["-d", args.home, *(["-m"] if args.move_home else [])]
    if args.shell is not None and args.shell != there.shell:
        words += ["-s", args.shell]
    if args.expires is not None:
        words += ["-e", _end(args.expires)]
    if has_other_lock(args, accounts.shadow) and not has_other_password(args, accounts.shadow):
        words += ["-L" if args.password_lock else "-U"]
    return tuple(words)


def _days(args: Args) -> Iterator[str]:
    for option, days in (
        ("-M", args.password_expire_max),
        ("-m", args.password_expire_min),
        ("-W", args.password_expire_warn),
        ("-I", args.password_expire_account_disable),
    ):
        if days is not None:
            yield from (option, str(days))


def _creating_small(args: Args) -> tuple[str, ...]:
    words = ["adduser", "-D", *(["-S"] if args.system else []), *([] if args.create_home else ["-H"])]
    words += ["-u", str(args.uid)] if args.uid is not None else []
    for option, text in (("-G", args.group), ("-g", args.comment), ("-h", args.home), ("-s", args.shell)):
        words += [option, text] if text is not None else []
    return (*words, args.name)


def _changing_small(verb: str, args: Args, accounts: Accounts, *, where: str) -> Iterator[Step]:
    """Change the groups, which is all that BusyBox can change of a user."""
    if verb == "update":
        there = accounts.user
        assert there is not None
        for name in ("uid", "comment", "home", "shell"):
            if getattr(args, name) not in (None, getattr(there, name)):
                fix = "Install the package shadow there."
                raise OperationError(
                    f"the {name} of {args.name} cannot be changed without usermod", where=where, fix=fix
                )
    added, removed = moved_groups(args, accounts)
    yield from (Step(argv=("addgroup", args.name, one)) for one in added)
    yield from (Step(argv=("delgroup", args.name, one)) for one in removed)


def key_commands(args: Args, accounts: Accounts, path: str) -> Iterator[tuple[str, ...]]:
    """What makes an SSH key that belongs to the user."""
    assert accounts.user is not None
    owner, folder = f"{accounts.user.uid}:{accounts.user.gid}", posixpath.dirname(path)
    yield ("install", "-d", "-m", "0700", "-o", str(accounts.user.uid), "-g", str(accounts.user.gid), folder)
    bits = ("-b", str(args.ssh_key_bits)) if args.ssh_key_bits else ()
    comment = args.ssh_key_comment or f"ansible-generated on {args.name}"
    yield ("ssh-keygen", "-q", "-t", args.ssh_key_type, *bits, "-C", comment, "-f", path, "-N", "")
    yield ("chown", owner, path, f"{path}.pub")
