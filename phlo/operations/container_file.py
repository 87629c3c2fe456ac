"""A file in a running container: its present content, how it differs from the desired one, and writing it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.archive import put_files
from phlo.operations.file import differences_of, read_in_container
from phlo.operations.file_attributes import PRESERVE, parse_mode, symbolic
from phlo.operations.service_container import Target
from phlo.values import Change, FileSpec, Secret

LONGEST_DIFF = 200
DEFAULT_MODE = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """wanted: the file as it should be. there: as it is, None when it does not exist."""

    target: Target
    wanted: FileSpec
    there: FileSpec | None


def look(target: Target, wanted: FileSpec, host: ReadHost) -> Seen:
    """See what of a file is there."""
    return Seen(target=target, wanted=wanted, there=read_in_container(target.id, wanted.path, host))


def changes(seen: Seen) -> list[Change]:
    causes = differences_of(seen.wanted, seen.there)
    if not causes:
        return []
    verb = "create" if seen.there is None else "update"
    return [Change(at=f"file:{seen.target.name}:{seen.wanted.path}", verb=verb, causes=causes)]


def put(seen: Seen, host: Host) -> None:
    """Put the file there; into the volume when one is mounted on its folder."""
    put_files(host.engine, seen.target.id, [seen.wanted], seen.target.mounts)


def diff_lines(seen: Seen) -> list[str]:
    """The difference line by line; none for secrets and for what is not a text."""
    before = b"" if seen.there is None else seen.there.data()
    if isinstance(seen.wanted.content, Secret):
        return []
    try:
        old, new = before.decode().splitlines(), seen.wanted.data().decode().splitlines()
    except UnicodeDecodeError:
        return []
    lines = list(difflib.unified_diff(old, new, "before", "after", lineterm=""))
    left = len(lines) - LONGEST_DIFF
    return lines[:LONGEST_DIFF] + ([f"... and {left} more lines"] if left > 0 else [])


def spec(path: str, content: bytes | Secret, mode: Any, owner: str | None) -> FileSpec:
    """The file as it should be; mode 0644 and root's unless the task sets others."""
    wanted = None if mode == PRESERVE else parse_mode(mode)
    uid, gid = owner_of(owner or "0:0")
    bits = (
        DEFAULT_MODE if wanted is None else wanted if isinstance(wanted, int) else symbolic(wanted, 0, is_folder=False)
    )
    return FileSpec(path=path, content=content, mode=bits, uid=uid, gid=gid)


def refuse_host_arguments(args: Any, names: Iterable[str]) -> None:
    """Raise ValueError for arguments that only count on a host."""
    for name in names:
        if getattr(args, name):
            raise ValueError(f"{name} is for files of a host, not of a container")


def owner_of(text: str) -> tuple[int, int]:
    """`999` or `999:998` as user and group id. Raises ValueError."""
    user, _, group = text.partition(":")
    if not user.isdigit() or (group and not group.isdigit()):
        raise ValueError(f'owner should be a user id such as "999" or "999:999", got "{text}"')
    return int(user), int(group or user)
