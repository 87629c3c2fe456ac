"""From files that changed to what is to be done."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from phlo.compose.model import WatchRule
from phlo.frozen import dataclass
from phlo.images.context import Ignore

Rules = Mapping[str, tuple[WatchRule, ...]]

# What editors and version control leave around, besides what no build takes.
_NEVER = ("**/.git", "**/*~", "**/.*.sw?", "**/.#*", "**/*.pyc")


class Changed(NamedTuple):
    """A file or folder that was changed or removed."""

    path: Path
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What is to be done for one service.

    put:    path in the container -> file. remove: paths in the container.
    causes: the files that changed, as a person would name them.
    """

    service: str
    put: Mapping[str, Path]
    remove: tuple[str, ...] = ()
    restarts: bool = False
    rebuilds: bool = False
    commands: tuple[tuple[str, ...], ...] = ()
    causes: tuple[str, ...] = ()


def reactions(rules: Rules, changes: Iterable[Changed], *, root: Path) -> list[Reaction]:
    """What follows from changes, a service at a time. A rebuild makes all else of the service needless.

    root: the project's folder, from which causes are named.
    """
    changes = sorted(changes)
    found = (_reaction(service, own, changes, root) for service, own in rules.items())
    return [one for one in found if one is not None]


def _reaction(service: str, rules: tuple[WatchRule, ...], changes: list[Changed], root: Path) -> Reaction | None:
    put: dict[str, Path] = {}
    remove: dict[str, None] = {}
    hit: dict[WatchRule, list[Path]] = {}
    for rule in rules:
        matches = _Matcher(rule)
        for change in changes:
            inside = matches.inside(change.path)
            if inside is None:
                continue
            hit.setdefault(rule, []).append(change.path)
            if rule.target is None or not rule.action.startswith("sync"):
                continue
            place = posixpath.normpath(posixpath.join(rule.target, inside))
            if change.is_gone:
                remove[place] = None
            else:
                put[place] = change.path
    if not hit:
        return None
    causes = tuple(dict.fromkeys(_shown(path, root) for paths in hit.values() for path in paths))
    actions = {rule.action for rule in hit}
    if "rebuild" in actions:
        return Reaction(service=service, put={}, rebuilds=True, causes=causes)
    return Reaction(
        service=service,
        put=put,
        remove=tuple(remove),
        restarts=any(action.endswith("restart") for action in actions),
        commands=tuple(dict.fromkeys(rule.exec for rule in hit if rule.exec)),
        causes=causes,
    )


def first_sync(rules: Rules, *, again: bool = False) -> list[Reaction]:
    """What is put into containers at the beginning; again: into a new container, by every rule that syncs."""
    found = []
    for service, own in rules.items():
        put: dict[str, Path] = {}
        for rule in own:
            if rule.target is not None and (rule.initial_sync or again) and rule.action.startswith("sync"):
                put.update(_all_files(rule, rule.target))
        if put:
            found.append(Reaction(service=service, put=put, causes=(f"{len(put)} file{'s' * (len(put) != 1)}",)))
    return found


def _all_files(rule: WatchRule, target: str) -> Iterator[tuple[str, Path]]:
    matcher = _Matcher(rule)
    paths = [rule.path] if rule.path.is_file() else sorted(rule.path.rglob("*"))
    for path in paths:
        inside = matcher.inside(path)
        if inside is not None and path.is_file():
            yield posixpath.normpath(posixpath.join(target, inside)), path


class _Matcher:
    """Whether a rule is about a path."""

    def __init__(self, rule: WatchRule) -> None:
        self._path = rule.path
        self._is_ignored = Ignore([*_NEVER, *rule.ignore])
        self._is_included = Ignore(list(rule.include)) if rule.include else None

    def inside(self, path: Path) -> str | None:
        """The path from the rule's on, "" for the rule's own file; None when the rule is not about it."""
        if path == self._path:
            return "" if not path.is_dir() else None
        if not path.is_relative_to(self._path):
            return None
        name = path.relative_to(self._path).as_posix()
        if self._is_ignored(name) or (self._is_included is not None and not self._is_included(name)):
            return None
        return name


def _shown(path: Path, root: Path) -> str:
    return os.path.relpath(path, root) if path.is_relative_to(root) else str(path)
