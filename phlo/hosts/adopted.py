"""Containers that Docker Compose made or somebody started by hand, seen as those of a phlo project.

Labels of a container cannot be changed. So the answers of an engine are changed: a container with Compose's labels and
without phlo's gets phlo's labels in place of them (docs/architecture/decisions/0024), and Compose goes on seeing its
own containers. A container started by hand has no labels to translate: `phlo adopt` makes an empty volume, named for
the container's id, whose labels say which service it is adopted for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from phlo.errors import EngineError
from phlo.labels import (
    LABEL_ADOPTED,
    LABEL_INSTANCE,
    LABEL_LOCK,
    LABEL_ONE_OFF,
    LABEL_PROJECT,
    LABEL_SERVICE,
    ORCHESTRATOR_LABELS,
)

# GET of a path with a query, the answer as the engine gives it.
Ask = Callable[[str, Mapping[str, Any]], Any]

# Values of LABEL_ADOPTED: who made the container.
BY_COMPOSE = "compose"
BY_HAND = "hand"
COMPOSE = "com.docker.compose."
# A container with one of these labels is phlo's: of a service, of `phlo run-once`, or a deploy lock.
_OWNED = (LABEL_PROJECT, LABEL_ONE_OFF, LABEL_LOCK)
_ONE_OFF = f"{COMPOSE}oneoff"
# phlo's label -> Compose's.
_LABELS = {
    LABEL_PROJECT: f"{COMPOSE}project",
    LABEL_SERVICE: f"{COMPOSE}service",
    LABEL_INSTANCE: f"{COMPOSE}container-number",
}
# phlo's label of a container -> the label of its mark.
_MARK_LABELS = {name: f"{LABEL_ADOPTED}.{name.removeprefix('phlo.')}" for name in _LABELS}


def compose_labels(labels: Sequence[str]) -> list[str] | None:
    """The filter that finds Compose's containers for a filter by phlo's labels, None when it means only phlo's."""
    pairs = [label.partition("=") for label in labels]
    names = [name for name, _, _ in pairs]
    if LABEL_PROJECT not in names or not all(name in _LABELS and value for name, _, value in pairs):
        return None
    return [f"{_LABELS[name]}={value}" for name, _, value in pairs]


def adopted_labels(labels: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """The labels that phlo sees: its own, in place of Compose's, where only Compose has labelled the container."""
    if not labels or LABEL_PROJECT in labels or labels.get(_ONE_OFF) == "True":
        return labels
    if any(name not in labels for name in _LABELS.values()):
        return labels
    own = {ours: labels[theirs] for ours, theirs in _LABELS.items()}
    others = {name: text for name, text in labels.items() if not name.startswith(COMPOSE)}
    return {**others, **own, LABEL_ADOPTED: BY_COMPOSE}


def mark_name(container: str) -> str:
    """The name of the volume that marks a container started by hand as adopted; container: its whole id."""
    return f"phlo-adopted.{container}"


def mark_body(container: str, project: str, service: str) -> dict[str, Any]:
    """The Engine API's body of VolumeCreate for the mark of a container: instance 1 of a service."""
    own = {LABEL_PROJECT: project, LABEL_SERVICE: service, LABEL_INSTANCE: "1"}
    labels = {LABEL_ADOPTED: container, **{_MARK_LABELS[name]: text for name, text in own.items()}}
    return {"Name": mark_name(container), "Labels": labels}


def adopted_list(found: Sequence[Mapping[str, Any]], query: Mapping[str, Any], ask: Ask) -> list[Mapping[str, Any]]:
    """The containers of a list, as phlo sees them. One by phlo's labels gets those that are adopted as well."""
    filters = query.get("filters") or {}
    asked = filters.get("label", ())
    labels = compose_labels(asked)
    if labels is None:
        marks = _marks(ask, [LABEL_ADOPTED]) if any(may_be_marked(entry.get("Labels")) for entry in found) else {}
        return [_adopted_entry(entry, marks) for entry in found]
    marks = _marks(ask, [_mark_label(label) for label in asked])
    others = list(ask("/containers/json", {**query, "filters": {**filters, "label": labels}}))
    if marks:
        without_labels = {name: texts for name, texts in filters.items() if name != "label"}
        others += ask("/containers/json", {**query, "filters": {**without_labels, "id": list(marks)}})
    known = {entry["Id"] for entry in found}
    adopted = [entry for one in others if (entry := _adopted_entry(one, marks)) is not one]
    return [*found, *(entry for entry in adopted if entry["Id"] not in known)]


def adopted_answer(found: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """A container's inspect answer, as phlo sees it."""
    config = found.get("Config") or {}
    labels = config.get("Labels")
    marks = _mark_of(found["Id"], ask) if may_be_marked(labels) else {}
    seen = _seen_labels(found["Id"], labels, marks)
    return found if seen is labels else {**found, "Config": {**config, "Labels": seen}}


def adopted_event(event: Mapping[str, Any], ask: Ask) -> Mapping[str, Any]:
    """An event of a container, whose attributes hold the container's labels, as phlo sees it."""
    actor = event["Actor"]
    labels = actor.get("Attributes")
    marks = _mark_of(actor["ID"], ask) if may_be_marked(labels) else {}
    seen = _seen_labels(actor["ID"], labels, marks)
    return event if seen is labels else {**event, "Actor": {**actor, "Attributes": seen}}


def may_be_marked(labels: Mapping[str, str] | None) -> bool:
    """Whether a container may have been started by hand: neither phlo, Compose nor an orchestrator made it.

    Images that phlo or Compose built hand labels of theirs to every container, but none of these.
    """
    names = set(labels or ())
    is_owned = not names.isdisjoint(_OWNED) or any(name.startswith(ORCHESTRATOR_LABELS) for name in names)
    return not is_owned and not names.issuperset(_LABELS.values())


def _adopted_entry(entry: Mapping[str, Any], marks: Mapping[str, Mapping[str, str]]) -> Mapping[str, Any]:
    labels = entry.get("Labels")
    seen = _seen_labels(entry["Id"], labels, marks)
    return entry if seen is labels else {**entry, "Labels": seen}


def _seen_labels(
    container: str, labels: Mapping[str, str] | None, marks: Mapping[str, Mapping[str, str]]
) -> Mapping[str, str] | None:
    if container in marks and may_be_marked(labels):
        own = {name: marks[container][mark] for name, mark in _MARK_LABELS.items()}
        return {**(labels or {}), **own, LABEL_ADOPTED: BY_HAND}
    return adopted_labels(labels)


def _mark_label(label: str) -> str:
    name, equals, value = label.partition("=")
    return f"{_MARK_LABELS[name]}{equals}{value}"


def _marks(ask: Ask, labels: list[str]) -> dict[str, Mapping[str, str]]:
    """Id of the container -> labels of its mark, of the marks with these labels."""
    volumes = ask("/volumes", {"filters": {"label": labels}})["Volumes"] or ()
    return _by_container(volume.get("Labels") for volume in volumes)


def _mark_of(container: str, ask: Ask) -> dict[str, Mapping[str, str]]:
    try:
        return _by_container([ask(f"/volumes/{mark_name(container)}", {}).get("Labels")])
    except EngineError as error:
        if error.status == 404:
            return {}
        raise


def _by_container(marks: Iterable[Mapping[str, str] | None]) -> dict[str, Mapping[str, str]]:
    """Volumes that have only some of the labels of a mark are left out."""
    wanted = {LABEL_ADOPTED, *_MARK_LABELS.values()}
    return {labels[LABEL_ADOPTED]: labels for labels in marks if labels and wanted <= set(labels)}


def is_container(path: str) -> bool:
    """Whether a path is that of a container's inspect answer."""
    parts = path.split("/")
    return len(parts) == 4 and parts[1] == "containers" and parts[3] == "json"
