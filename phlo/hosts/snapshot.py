"""A host's engine as it was a moment ago: what many steps ask of it is asked once.

An engine answers one question in a millisecond, or in the time it takes to reach it, and every step of a service has
several. Most of them are the same questions, or are answered by a list: a container that is on no list is not there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from phlo.errors import EngineError, PhloError
from phlo.hosts.adopted import is_container
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.reads import Reads

FRESH_SECONDS = 2.0
_HEX = frozenset("0123456789abcdef")
# Writes to these make, rename and remove no container.
_LEAVE_CONTAINERS = ("networks", "volumes", "images", "exec")


class Snapshot(EngineReader):
    """Reads of containers, images, networks and volumes, answered from what the engine has said already.

    An answer holds until something is written that may change it (`forget`), and never for longer than
    `FRESH_SECONDS`. Everything else (files in containers, logs, the registry) goes to the engine each time.
    Nobody may change an answer: the next one gets the same.

    expected: the names of containers that will all be looked at. With the first of them the others are asked for, over
    the same connection.
    is_recorded: note all answers, so that `still_holds` can tell whether they are still right.
    """

    def __init__(
        self,
        engine: EngineReader,
        *,
        expected: Sequence[str] = (),
        is_recorded: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = engine._link
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[str, _Answer] = {}
        # The newest list of containers, which still tells what is not there: all but the names given since.
        self._list: _List | None = None
        self._given_names: set[str] = set()
        self._expected = expected
        self._reads = Reads() if is_recorded else None

    def get(self, path: str, /, **query: Any) -> Any:
        _, kind, *rest = path.split("/")
        filters = query.get("filters")
        if kind == "containers" and rest == ["json"] and query.get("all") and _is_simple(filters):
            return _matching(self._list_of_containers(path), filters, _names_of_container)
        if kind == "containers" and rest == ["json"] and "status" in (filters or {}) and set(query) == {"filters"}:
            others = {name: texts for name, texts in query["filters"].items() if name != "status"}
            if _is_simple(others):
                found = _matching(self._list_of_containers(path), others, _names_of_container)
                return [entry for entry in found if entry["State"] in query["filters"]["status"]]
        if kind == "containers" and len(rest) == 2 and rest[1] == "json" and not query:
            return self._container(path, rest[0])
        if kind == "images" and len(rest) > 1 and rest[-1] == "json" and not query:
            return self._once(path)
        if kind == "networks" and not rest and _is_simple(filters):
            return _matching(self._once(path), filters, _name)
        if kind == "volumes" and not rest and _is_simple(filters):
            return {"Volumes": _matching(self._once(path)["Volumes"] or (), filters, _name)}
        if kind == "volumes" and len(rest) == 1 and not query:
            return self._volume(path, rest[0])
        return self._noted(path, query, partial(super().get, path, **query))

    def head(self, path: str, /, **query: Any) -> Mapping[str, str] | None:
        ask = partial(super().head, path, **query)
        found: Mapping[str, str] | None = self._noted(path, query, ask)
        return found

    def get_bytes(self, path: str, /, *, timeout_factor: float = 1, **query: Any) -> Iterator[bytes]:
        if (reads := self._reads) is not None:
            reads.give_up()
        return super().get_bytes(path, timeout_factor=timeout_factor, **query)

    def still_holds(self, project: str) -> bool:
        """Whether the engine would answer all that it was asked as it did, as far as a project is concerned.

        From now on the answers are those that it gives now, and none is noted. Raises HostError.
        """
        reads, self._reads = self._reads, None
        with self._lock:
            known, self._list = self._answers, None
            self._answers = {}
            self._expected = tuple(path.split("/")[2] for path in known if is_container(path))
        return reads is not None and reads.still_hold(project)

    def forget(self, path: str, query: Mapping[str, Any]) -> None:
        """Somebody writes at this path: answers that it may change are asked for again."""
        _, kind, *rest = path.split("/")
        with self._lock:
            if kind == "containers":
                if name := query.get("name"):  # of one that is created, or renamed
                    self._given_names.add(name)
                elif rest == ["create"]:
                    self._list = None
            elif kind not in _LEAVE_CONTAINERS:
                self._list = None
            for key in [key for key in self._answers if self._is_touched(key, kind, rest)]:
                del self._answers[key]

    def _is_touched(self, key: str, kind: str, rest: Sequence[str]) -> bool:
        if kind == "containers":
            return key == "/containers/json" or (key.startswith("/containers/") and self._is_of(key, rest[0]))
        if kind == "networks":
            return key.startswith(("/networks", "/containers/"))
        if kind in ("volumes", "images"):
            return key.startswith(f"/{kind}")
        return kind != "exec"

    def _is_of(self, key: str, container: str) -> bool:
        """Whether the answer under `key` is about a container, which is known by its name and by its id."""
        found = self._answers[key].value
        return found is None or container in (found["Id"], found["Name"].lstrip("/"))

    def _note(self, path: str, query: Mapping[str, Any], answer: Any, ask: Callable[[], Any]) -> None:
        if (reads := self._reads) is not None:  # `still_holds` may be called meanwhile
            reads.add(path, query, answer, ask)

    def _noted(self, path: str, query: Mapping[str, Any], ask: Callable[[], Any]) -> Any:
        """What `ask` gives, noted with how to ask again; EngineErrors as well."""
        try:
            found = ask()
        except EngineError as error:
            found = error
        self._note(path, query, found, ask)
        if isinstance(found, EngineError):
            raise found
        return found

    def _list_of_containers(self, path: str) -> Any:
        found = self._once(path, all=True)
        with self._lock:
            answer = self._answers.get(path)
            if answer is None or answer.came_at is None or answer.value is not found:
                return found  # somebody has written meanwhile
            if self._list is None or self._list.came_at != answer.came_at:
                names = (name for entry in found for name in (entry["Id"], *_names_of_container(entry)))
                self._list = _List(answer.came_at, frozenset(names))
        return found

    def _container(self, path: str, container: str) -> Any:
        """A container's inspect answer; it is not asked for when a list says that it is not there."""
        with self._lock:
            if self._is_missing(container):
                raise self._missing(path, f"No such container: {container}")
            others = self._begin_expected() if container in self._expected else {}
        if others:
            self._finish_expected(others)
        return self._once(path)

    def _is_missing(self, container: str) -> bool:
        if _HEX.issuperset(container):  # it may be the beginning of an id
            return False
        listed = self._list
        return (
            listed is not None
            and listed.came_at >= self._clock() - FRESH_SECONDS
            and container not in listed.names
            and container not in self._given_names
        )

    def _begin_expected(self) -> dict[str, _Answer]:
        """The answers of all containers that are expected and may be there, by path; who wants one has to wait."""
        names, self._expected = self._expected, ()
        paths = [f"/containers/{path_part(name)}/json" for name in names if not self._is_missing(name)]
        begun = {path: _Answer() for path in paths if path not in self._answers}
        for answer in begun.values():
            answer.asking.acquire()
        self._answers.update(begun)
        return begun

    def _finish_expected(self, begun: Mapping[str, _Answer]) -> None:
        """Ask for them. Those that an engine which closes too early leaves out are asked for by who wants them."""
        found: list[Any] = []
        try:
            found = self.get_each(tuple(begun))
        except PhloError as error:
            found = [error] * len(begun)
        finally:
            for (path, answer), value in zip(begun.items(), found, strict=False):
                answer.take(value, self._clock())
                self._note(path, {}, value, partial(self.get, path))
            for answer in begun.values():
                answer.asking.release()

    def _again(self, path: str, **query: Any) -> Any:
        """The answer that `_once` gives: a container's together with those of all others that were asked for."""
        return self.get(path) if is_container(path) else self._once(path, **query)

    def _volume(self, path: str, name: str) -> Any:
        for volume in self._once("/volumes")["Volumes"] or ():
            if volume["Name"] == name:
                return volume
        raise self._missing(path, f"get {name}: no such volume")

    def _missing(self, path: str, message: str) -> EngineError:
        return EngineError(404, message, request=f"GET {path}", where=self._link.name)

    def _once(self, path: str, **query: Any) -> Any:
        """The answer to a question; of many who ask at once one asks the engine, and the others wait for it."""
        with self._lock:
            answer = self._answers.get(path)
            if answer is None or answer.is_older_than(self._clock() - FRESH_SECONDS):
                answer = self._answers[path] = _Answer()
        with answer.asking:
            if answer.came_at is None:
                try:
                    value = super().get(path, **query)
                except PhloError as error:
                    value = error
                answer.take(value, self._clock())
                self._note(path, query, value, partial(self._again, path, **query))
        if answer.error is not None:
            raise answer.error
        return answer.value


class _List(NamedTuple):
    """The names and ids of all containers, at a moment."""

    came_at: float
    names: frozenset[str]


class _Answer:
    """What the engine has said. came_at: None as long as it has not. error: what it said instead."""

    __slots__ = ("asking", "came_at", "error", "value")

    def __init__(self) -> None:
        self.asking = threading.Lock()
        self.value: Any = None
        self.error: PhloError | None = None
        self.came_at: float | None = None

    def take(self, value: Any, moment: float) -> None:
        if isinstance(value, PhloError):
            self.error = value
        else:
            self.value = value
        self.came_at = moment

    def is_older_than(self, moment: float) -> bool:
        return self.came_at is not None and self.came_at < moment


def _is_simple(filters: Mapping[str, Any] | None) -> bool:
    """Whether a list's filters are of those that are applied here."""
    return not set(filters or ()) - {"label", "name"}


def _matching(
    found: Sequence[Mapping[str, Any]],
    filters: Mapping[str, Any] | None,
    names: Callable[[Mapping[str, Any]], Sequence[str]],
) -> list[Mapping[str, Any]]:
    """Those that carry all labels (`name` or `name=value`) and one of the names."""
    labels = [label.partition("=") for label in (filters or {}).get("label", ())]
    wanted = (filters or {}).get("name")
    return [
        entry
        for entry in found
        if (wanted is None or any(name in wanted for name in names(entry)))
        and all(_has_label(entry.get("Labels") or {}, *label) for label in labels)
    ]


def _has_label(there: Mapping[str, str], name: str, equals: str, value: str) -> bool:
    return name in there and (not equals or there[name] == value)


def _name(entry: Mapping[str, Any]) -> Sequence[str]:
    return (entry["Name"],)


def _names_of_container(entry: Mapping[str, Any]) -> Sequence[str]:
    return [name.lstrip("/") for name in entry["Names"] or ()]
