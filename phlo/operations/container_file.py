"""A file in a running container: what is there, how it differs from what shall be, and putting it there."""

from __future__ import annotations

import difflib

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.archive import put_files
from phlo.operations.file import differences_of, read_in_container
from phlo.operations.service_container import Target
from phlo.values import Change, FileSpec, Secret

LONGEST_DIFF = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """wanted: the file as it shall be. there: as it is, None when it is not there."""

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
    """The difference line by line; none for secrets and for what is no text."""
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


def owner_of(text: str) -> tuple[int, int]:
    """`999` or `999:998` as user and group id. Raises ValueError."""
    user, _, group = text.partition(":")
    if not user.isdigit() or (group and not group.isdigit()):
        raise ValueError(f'owner should be a user id such as "999" or "999:999", got "{text}"')
    return int(user), int(group or user)
