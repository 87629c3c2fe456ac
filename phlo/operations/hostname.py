"""See to the name of the host: in the running kernel, and in /etc/hostname."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.host_program import ask
from phlo.operations.host_program import change as change_host
from phlo.operations.location import host_location
from phlo.values import Change

IS_FOR_HOSTS = True
_READ = "uname -n; [ ! -r /etc/hostname ] || head -n 1 /etc/hostname"
_SET = """
if [ -d /run/systemd/system ] && command -v hostnamectl >/dev/null; then exec hostnamectl set-hostname -- "$1"; fi
printf '%s\\n' "$1" > /etc/hostname && { [ "$(uname -n)" = "$1" ] || hostname -- "$1"; }
"""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the name."""

    name: str
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f'"{self.name}" is no name of a host')


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """running: the name of the kernel. written: that of /etc/hostname, "" without one."""

    running: str
    written: str


def observe(args: Args, host: ReadHost) -> Seen:
    """Read both names."""
    running, written = (*ask(host_location(host, args.root), _READ).splitlines(), "", "")[:2]
    return Seen(running=running, written=written.strip())


def decide(args: Args, seen: Seen) -> list[Change]:
    names = (("the name", seen.running), ("/etc/hostname", seen.written))
    causes = tuple(f"{what}: {found or 'none'} -> {args.name}" for what, found in names if found != args.name)
    return [Change(at="hostname", verb="update", causes=causes)] if causes else []


def diff(args: Args, seen: Seen) -> list[str]:
    """The name before and after."""
    return [f"-{seen.running}", f"+{args.name}"]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps."""
    return {"name": args.name}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Change it now and for the next start."""
    change_host(host_location(host, args.root), ("sh", "-c", _SET, "phlo", args.name))
    return facts(args, seen)
