"""What is known of a path of the host: whether it is there, its kind, owner, mode, times and checksum."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import injected
from phlo.operations.host_file import Entry, look
from phlo.operations.location import location_of
from phlo.values import Change

IS_FOR_HOSTS = True
_FLAGS = (("r", 4), ("w", 2), ("x", 1))
_SHIFTS = (("usr", 6), ("grp", 3), ("oth", 0))
_KINDS = {"isreg": "file", "isdir": "directory", "islnk": "link", "isfifo": "fifo", "issock": "socket"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """path: the path; `dest` and `name` are the same.
    follow: look at what a link leads to.
    get_checksum: the checksum of a file's content.
    checksum_algorithm: how it is made.
    get_mime: without effect; phlo does not look for the type of a content.
    get_attributes: without effect; phlo does not ask the file system for attributes.
    service: the service in whose container the path is; in a role of a service the role's own.
    container: a container's name instead of a service's.
    """

    path: str
    follow: bool = False
    get_checksum: bool = True
    checksum_algorithm: Literal["sha1", "sha224", "sha256", "sha384", "sha512", "md5"] = "sha1"
    get_mime: bool = True
    get_attributes: bool = True
    service: str = ""
    container: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")


def observe(args: Args, host: ReadHost) -> Entry | None:
    """Look at the path."""
    location = location_of(args, host, where="stat")
    digest = f"{args.checksum_algorithm}sum"
    return look(location, args.path, follow=args.follow, reads=args.get_checksum, digest=digest, most_bytes=0)


def decide(args: Args, seen: Entry | None) -> list[Change]:
    return []


def facts(args: Args, seen: Entry | None) -> dict[str, Any]:
    """What `register` keeps: `stat`, as Ansible has it."""
    if seen is None:
        return {"stat": {"exists": False}}
    flags = {f"{flag}{who}": bool(seen.mode >> shift & bit) for who, shift in _SHIFTS for flag, bit in _FLAGS}
    found: dict[str, Any] = {
        "exists": True,
        "path": args.path,
        "mode": f"{seen.mode:04o}",
        **{name: seen.kind == kind for name, kind in _KINDS.items()},
        **flags,
        "isuid": bool(seen.mode & 0o4000),
        "isgid": bool(seen.mode & 0o2000),
        "uid": seen.uid,
        "gid": seen.gid,
        "pw_name": seen.user,
        "gr_name": seen.group,
        "size": seen.size,
        "inode": seen.inode,
        "dev": seen.device,
        "nlink": seen.links,
        "atime": float(seen.atime),
        "mtime": float(seen.mtime),
        "ctime": float(seen.ctime),
    }
    if seen.digest:
        found["checksum"] = seen.digest
    if seen.kind == "link":
        found["lnk_target"] = seen.target
    return {"stat": found}


def apply(change: Change, args: Args, seen: Entry | None, host: Host) -> None:
    """Nothing: it only looks."""
