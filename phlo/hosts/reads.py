"""What was read of an engine, so that it can be asked later whether all of that still holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.errors import EngineError, PhloError
from phlo.labels import LABEL_PROJECT

# Facts about the engine and about registries: no run of phlo changes them.
_LASTING = ("info", "version", "distribution", "_ping")
_LISTS = {"/containers/json": None, "/networks": None, "/volumes": "Volumes"}
_STAT = "x-docker-container-path-stat"

Ask = Callable[[], Any]


class Reads:
    """The answers that an engine gave, and how to ask for each of them again. Any thread may add one."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[Any, Ask]] = {}
        self._is_lasting = True

    def add(self, path: str, query: Mapping[str, Any], answer: Any, ask: Ask) -> None:
        """Note an answer, or the EngineError in its place. ask: asks the same again."""
        if path.split("/")[1] in _LASTING:
            return
        key, value = f"{path} {query}", _comparable(path, answer)
        known, _ = self._answers.setdefault(key, (value, ask))
        if not _is_same(path, known, value):
            self._is_lasting = False  # it was asked for twice, and something changed in between

    def give_up(self) -> None:
        """Something was read that cannot be read again for comparison (a stream, or what a command printed)."""
        self._is_lasting = False

    def still_hold(self, project: str) -> bool:
        """Whether the engine answers everything as before, as far as a project is concerned.

        Raises HostError when it cannot be reached.
        """
        if not self._is_lasting:
            return False
        for key, (known, ask) in list(self._answers.items()):
            path = key.partition(" ")[0]
            try:
                now = ask()
            except EngineError as error:
                now = error
            if _of_project(path, known, project) != _of_project(path, _comparable(path, now), project):
                return False
        return True


def _is_same(path: str, known: Any, now: Any) -> bool:
    """Whether two answers are the same, but for lists: whose they concern is only known later."""
    return path in _LISTS or bool(known == now)


def _comparable(path: str, answer: Any) -> Any:
    """An answer without what changes on its own: times of health checks, and how long a container has been running."""
    if isinstance(answer, EngineError):
        return answer.status
    if isinstance(answer, PhloError):
        return str(answer)
    if not isinstance(answer, Mapping):
        return answer
    if path.startswith("/images/") and "Id" in answer:
        return answer["Id"]
    if path.endswith("/archive"):
        return answer.get(_STAT)
    if path.startswith("/containers/") and "State" in answer:
        return _lasting_of_container(answer)
    return answer


def _lasting_of_container(found: Mapping[str, Any]) -> Mapping[str, Any]:
    state = {key: value for key, value in found["State"].items() if key != "Health"}
    state["Health"] = (found["State"].get("Health") or {}).get("Status")
    ports = (found.get("NetworkSettings") or {}).get("Ports") or {}
    return {
        **found,
        "State": state,
        "ExecIDs": None,
        "Mounts": _in_order(found.get("Mounts")),
        "NetworkSettings": {
            **(found.get("NetworkSettings") or {}),
            "Ports": {port: _in_order(bindings) for port, bindings in ports.items()},
        },
    }


def _in_order(entries: Any) -> list[Any]:
    """The entries of a list that an engine gives in any order."""
    return sorted(entries or (), key=str)


def _of_project(path: str, answer: Any, project: str) -> Any:
    """Of a list the entries of a project, of which nobody else's run makes, changes or removes any."""
    if path not in _LISTS or isinstance(answer, int):
        return answer
    key = _LISTS[path]
    entries = (answer[key] or ()) if key else answer
    mine = [entry for entry in entries if (entry.get("Labels") or {}).get(LABEL_PROJECT) == project]
    if path != "/containers/json":
        return _in_order(mine)
    return _in_order(_lasting_of_entry(entry) for entry in mine)


def _lasting_of_entry(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A container of a list, without how long it has been running and how its health checks went."""
    kept = {name: value for name, value in entry.items() if name not in ("Status", "Health")}
    return {**kept, "Mounts": _in_order(entry.get("Mounts")), "Ports": _in_order(entry.get("Ports"))}
