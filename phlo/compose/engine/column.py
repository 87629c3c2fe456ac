"""The column of the table of attributes that is about the Docker engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from phlo.compose.engine.fact import FactReader, Facts
from phlo.frozen import dataclass

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService

Version = tuple[int, int]
OLDEST_API: Version = (1, 41)  # that phlo works with


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerNames:
    """The names in Docker of a project's volumes, networks and services' containers, by their keys in the file."""

    volumes: Mapping[str, str]
    networks: Mapping[str, str]
    containers: Mapping[str, str]

    def mode(self, mode: str | None) -> str | None:
        """`service:x` as `container:NAME`; any other mode as it is."""
        kind, _, service = (mode or "").partition(":")
        return f"container:{self.containers.get(service, service)}" if kind == "service" else mode


# Makes the values at the paths of a row, in their order. None: it is left out.
Writer = Callable[["ComposeService", DockerNames], tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One attribute in the Engine API: in the body of ContainerCreate, and in the answer to an inspection.

    paths:        where it is, `HostConfig.` in front for what is in there.
    facts:        reads what is compared out of the values at the paths, and at `also_reads`.
    also_reads:   further paths that its facts depend on.
    term:         what causes call it; "" is the attribute's name.
    write:        makes the values at the paths; None: the field of ComposeService with the attribute's name, as it is.
    keeps_empty:  an empty value says something: it is written, too.
    since:        the first API version that has it. parts_since: the same of parts of it, by name.
    is_supplied:  engines have defaults of their own, which nobody can change on a container that exists. They are
                  compared with the usual defaults only once the configuration has changed.
    is_optional:  engines leave it out, with a warning, where their kernel cannot do it.
    updatable:    keys of HostConfig that ContainerUpdate can change on a container that exists.
    has_items:    its facts are things of their own, which causes call added and removed.
    unset:        what causes show where nothing is asked for.
    """

    paths: tuple[str, ...]
    facts: FactReader
    also_reads: tuple[str, ...] = ()
    term: str = ""
    write: Writer | None = None
    keeps_empty: bool = False
    since: Version = OLDEST_API
    parts_since: Mapping[str, Version] = MappingProxyType({})
    is_supplied: bool = False
    is_optional: bool = False
    updatable: tuple[str, ...] = ()
    has_items: bool = False
    unset: str = "none"

    def written(self, name: str, service: ComposeService, names: DockerNames) -> Iterator[tuple[str, Any]]:
        """The paths and values that it writes. name: the attribute's."""
        values = self.write(service, names) if self.write else (plain(getattr(service, name)),)
        for path, value in zip(self.paths, values, strict=True):
            if value is not None and (self.keeps_empty or not is_empty(value)):
                yield path, value

    def read(self, name: str, container: Mapping[str, Any]) -> Facts:
        """The facts of a container. container: the body, or `Config` of an answer with its `HostConfig` inside."""
        found = self.facts(self.term or name, *(value_at(container, path) for path in (*self.paths, *self.also_reads)))
        return ((term, fact._replace(attribute=name)) for term, fact in found)


def setting(path: str, facts: FactReader, *, is_updatable: bool = False, **more: Any) -> Engine:
    """An attribute with one path. is_updatable: ContainerUpdate can change it on a container that exists."""
    updatable = (path.rpartition(".")[2],) if is_updatable else ()
    return Engine(paths=(path,), facts=facts, updatable=updatable, **more)


def value_at(whole: Mapping[str, Any], path: str) -> Any:
    """What is at a path with dots; None when it is not there."""
    *places, key = path.split(".")
    for place in places:
        whole = whole.get(place) or {}
    return whole.get(key)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def is_empty(value: Any) -> bool:
    """None, False, empty texts, lists and mappings are not given. A number is given, 0 too."""
    return value is None or value is False or (not value and not isinstance(value, (int, float)))


def without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not is_empty(value)}
