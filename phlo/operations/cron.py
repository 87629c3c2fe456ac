"""See to a job, or a variable, of a user's crontab on the host, or of a file of /etc/cron.d."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.file_attributes import Attributes
from phlo.operations.host_file import Entry, look
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.host_put import PutSeen, Wanted, put, text_diff
from phlo.operations.location import host_location
from phlo.operations.suffix import backup_suffix
from phlo.values import Change

IS_FOR_HOSTS = True
MARK = "#Ansible: "
FOLDER = "/etc/cron.d"
_VARIABLE = re.compile(r"\s*(\w+)\s*=")
# $1: the user, "" for the one who is signed in. A user without a crontab is no error.
_READ = """
command -v crontab >/dev/null || { echo "there is no crontab" >&2; exit 1; }
crontab ${1:+-u "$1"} -l 2>/dev/null || true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the job, in a comment before it; with `env` the variable.
    job: the command; with `env` the value.
    state: present or absent.
    user: whose crontab; of a file of /etc/cron.d the user that the job runs as.
    cron_file: a file of /etc/cron.d, or its path, instead of a crontab; absent without a name removes it.
    env: it is a variable.
    insertafter: the variable that a new one comes after.
    insertbefore: the variable that a new one comes before.
    minute: the minutes.
    hour: the hours.
    day: the days of the month; `dom` is the same.
    month: the months.
    weekday: the days of the week; `dow` is the same.
    special_time: a word instead of them all.
    disabled: keep the job as a comment.
    backup: keep a copy of the file before; of files only.
    """

    name: str = ""
    job: str | None = None
    state: Literal["present", "absent"] = "present"
    user: str | None = None
    cron_file: str | None = None
    env: bool = False
    insertafter: str | None = None
    insertbefore: str | None = None
    minute: str = "*"
    hour: str = "*"
    day: str = "*"
    month: str = "*"
    weekday: str = "*"
    special_time: Literal["annually", "daily", "hourly", "monthly", "reboot", "weekly", "yearly", ""] = ""
    disabled: bool = False
    backup: bool = False
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")

    def __post_init__(self) -> None:
        if any("\n" in (text or "") for text in (self.name, self.job, *self.times)):
            raise ValueError("a job is one line")
        if self.state == "present" and (not self.name or self.job is None):
            raise ValueError("state: present needs name and job")
        if not self.name and not self.cron_file:
            raise ValueError("state: absent needs name or cron_file")
        if self.special_time and set(self.times) != {"*"}:
            raise ValueError("special_time excludes minute, hour, day, month and weekday")
        if (self.insertafter or self.insertbefore) and not self.env:
            raise ValueError("insertafter and insertbefore are for env: true")
        if self.backup and not self.cron_file:
            raise ValueError("backup is for cron_file")

    @property
    def times(self) -> tuple[str, ...]:
        return (self.minute, self.hour, self.day, self.month, self.weekday)

    @property
    def path(self) -> str:
        """The file; "" for a crontab."""
        return "" if not self.cron_file else str(Path(FOLDER) / self.cron_file)

    @property
    def line(self) -> str:
        """The job, or the variable, as it is written."""
        if self.env:
            return f'{self.name}="{self.job}"'
        times = f"@{self.special_time}" if self.special_time else " ".join(self.times)
        user = f" {self.user or 'root'}" if self.cron_file else ""
        return f"{'#' if self.disabled else ''}{times}{user} {self.job}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """before, after: the whole text, as it is and as it should be. file: the file, None for a crontab or no file."""

    before: str
    after: str
    file: Entry | None = None

    @property
    def is_removed(self) -> bool:
        """Whether the file as a whole goes."""
        return self.file is not None and not self.after


def observe(args: Args, host: ReadHost) -> Seen:
    """Read the crontab or the file."""
    location = host_location(host, args.root)
    if not args.path:
        try:
            before = ask(location, _READ, args.user or "")
        except OperationError as error:
            raise OperationError(error.what, where=location.name, fix="Install cron there.") from None
        return Seen(before=before, after=edited(args, before))
    file = look(location, args.path, follow=True, reads=True)
    before = (file.content or b"").decode(errors="surrogateescape") if file else ""
    return Seen(before=before, after=edited(args, before) if args.name else "", file=file)


def edited(args: Args, text: str) -> str:
    """The text with the job or the variable, or without it."""
    lines = text.splitlines()
    if args.env:
        lines = _with_variable(args, lines)
    else:
        mark = MARK + args.name
        own = next((number for number, line in enumerate(lines) if line == mark), None)
        if args.state == "present":
            new = [mark, args.line]
            lines = [*lines, *new] if own is None else [*lines[:own], *new, *lines[own + 2 :]]
        elif own is not None:
            del lines[own : own + 2]
    return "".join(f"{line}\n" for line in lines)


def _with_variable(args: Args, lines: list[str]) -> list[str]:
    names = [found[1] if (found := _VARIABLE.match(line)) else "" for line in lines]
    own = names.index(args.name) if args.name in names else None
    if args.state == "absent":
        return [line for number, line in enumerate(lines) if number != own]
    if own is not None:
        return [*lines[:own], args.line, *lines[own + 1 :]]
    place = 0
    for name, step in ((args.insertafter, 1), (args.insertbefore, 0)):
        if name is not None:
            if name not in names:
                raise OperationError(f"there is no variable {name} in the crontab", where=args.name)
            place = names.index(name) + step
    return [*lines[:place], args.line, *lines[place:]]


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.before.splitlines() == seen.after.splitlines() and not (seen.is_removed and not args.name):
        return []
    if args.state == "absent":
        verb, cause = "remove", "not wanted"
    else:
        is_there = any(line == MARK + args.name for line in seen.before.splitlines())
        verb, cause = ("update", "it differs") if is_there else ("create", "not found")
    return [Change(at=f"cron:{args.name or args.path}", verb=verb, causes=(cause,))]


def diff(args: Args, seen: Seen) -> list[str]:
    """What changes in the crontab or the file."""
    return text_diff(*(text.encode(errors="surrogateescape") for text in (seen.before, seen.after)))


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps: the names of all jobs and variables, as Ansible has them."""
    lines = seen.after.splitlines()
    found: dict[str, Any] = {"cron_file": args.cron_file} if args.cron_file else {}
    found["jobs"] = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
    found["envs"] = [variable[1] for line in lines if (variable := _VARIABLE.match(line))]
    return found


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Write the crontab or the file; a file of which nothing is left is removed."""
    location = host_location(host, args.root)
    content = seen.after.encode(errors="surrogateescape")
    if not args.path:
        user = ("-u", args.user) if args.user else ()
        change_host(location, ("crontab", *user, "-"), stdin=content)
    elif seen.is_removed:
        change_host(location, ("rm", "-f", "--", args.path))
    else:
        mode = Attributes(mode=None if seen.file else 0o644)
        backup = backup_suffix(args.clock()) if args.backup else ""
        wanted = Wanted(path=args.path, content=content, attributes=mode, backup=backup, folder_mode="-", follow=True)
        put(location, PutSeen(wanted=wanted, there=seen.file, location=location.name))
    return facts(args, seen)
