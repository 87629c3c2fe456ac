"""What playbooks would do, listed without doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phlo.playbook.model import Block, Entry, Play
from phlo.playbook.selection import has_tags


def task_list(plays: Sequence[Play], *, only: frozenset[str], skip: frozenset[str]) -> str:
    """Every task with its tags, play by play; files that are included later are not looked into."""
    lines = []
    for play in plays:
        lines.append(f"{play.name}  (hosts: {play.hosts.value})")
        found = [line for section in play.sections for line in _lines(section, only, skip)]
        lines += found or ["  no tasks"]
    return "\n".join(lines)


def tag_list(plays: Sequence[Play], *, only: frozenset[str], skip: frozenset[str]) -> str:
    """The tags of each play's tasks that would be run."""
    lines = []
    for play in plays:
        found = {tag for section in play.sections for tag in _tags_in(section, only, skip)}
        lines.append(f"{play.name}  [{', '.join(sorted(found))}]")
    return "\n".join(lines)


def host_list(plays: Sequence[Play], hosts: Sequence[Sequence[str]]) -> str:
    """The hosts of each play. hosts: by play."""
    lines = []
    for play, names in zip(plays, hosts, strict=True):
        lines.append(f"{play.name}  (hosts: {play.hosts.value})")
        lines += [f"  {name}" for name in names] or ["  no hosts"]
    return "\n".join(lines)


def _tags_in(entries: Sequence[Entry], only: frozenset[str], skip: frozenset[str]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, Block):
            yield from _tags_in((*entry.block, *entry.rescue, *entry.always), only, skip)
        elif has_tags(entry.directives.tags, only, skip):
            yield from entry.directives.tags


def _lines(entries: Sequence[Entry], only: frozenset[str], skip: frozenset[str]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, Block):
            yield from _lines((*entry.block, *entry.rescue, *entry.always), only, skip)
        elif has_tags(entry.directives.tags, only, skip):
            role = f"{entry.role.name} : " if entry.role else ""
            tags = f"  [{', '.join(entry.directives.tags)}]" if entry.directives.tags else ""
            yield f"  {role}{entry.name}{tags}"
