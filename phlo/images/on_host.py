"""The images that a host has of a project: where each came from, and who uses it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.engine_reader import EngineReader
from phlo.image_source import ImageRegistry
from phlo.images.base_recipe import NAME as BASE
from phlo.images.present import full_name
from phlo.images.recipe import LABEL_IMAGE
from phlo.labels import LABEL_PROJECT, LABEL_SERVICE, is_set_aside

KEPT = "kept for rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostImage:
    """An image on a host.

    names:  all its tags; empty for one that is used and has lost them. origin: `built`, or `pulled from REGISTRY`.
    created: in seconds since the epoch. users: services of the project, and `PROJECT/SERVICE` of others.
    is_ours: phlo made it, or its registry has it from a phlo: a build or a pull brings it back.
    """

    id: str
    names: tuple[str, ...]
    origin: str
    size: int
    created: int
    users: tuple[str, ...]
    is_ours: bool

    @property
    def reference(self) -> str:
        return min(self.names, key=len, default=self.id.removeprefix("sha256:")[:12])


def images_on(
    engine: EngineReader, project: str, repositories: Collection[str], registries: Sequence[ImageRegistry]
) -> list[HostImage]:
    """The images of a project's containers, and those of its recipes that no container uses.

    repositories: of the project's recipes, such as `phlo/postgres`. registries: those that the project names.
    """
    prefixes = [one.prefix for one in registries if one.mirrors is None]
    users = _users(engine, project)
    ours = {*repositories, BASE} if repositories else set()  # without a recipe the base image is of no concern
    found = []
    for entry in engine.get("/images/json"):
        names = tuple(sorted(name for name in entry.get("RepoTags") or () if name != "<none>:<none>"))
        is_ours = any(_repository(name, prefixes) in ours for name in names)
        used = users.get(entry["Id"], ())
        if not is_ours and not any(is_own for _, is_own in used):
            continue
        found.append(
            HostImage(
                id=entry["Id"],
                names=names,
                origin=_origin(entry, names, prefixes),
                size=int(entry["Size"]),
                created=int(entry["Created"]),
                users=tuple(sorted({user for user, _ in used})),
                is_ours=is_ours,
            )
        )
    return sorted(found, key=lambda image: image.reference)


def unused(images: Iterable[HostImage], wanted: Collection[str]) -> list[HostImage]:
    """Return the images of recipes that no container uses and no service needs. wanted: tags that services need."""
    return [image for image in images if image.is_ours and not image.users and not set(image.names) & set(wanted)]


def _repository(name: str, prefixes: Iterable[str]) -> str:
    """The repository of a tag, without the registry of the project that it is in."""
    for prefix in prefixes:
        name = name.removeprefix(f"{prefix}/")
    return name.rpartition(":")[0]


def _users(engine: EngineReader, project: str) -> Mapping[str, list[tuple[str, bool]]]:
    """Image id -> who has a container of it, and whether that is the project itself."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for entry in engine.get("/containers/json", all=True):
        labels: Mapping[str, str] = entry.get("Labels") or {}
        name = str(entry["Names"][0]).lstrip("/")
        owner, service = labels.get(LABEL_PROJECT), labels.get(LABEL_SERVICE, name)
        user = service if owner == project else f"{owner}/{service}" if owner else name
        kept = f" ({KEPT})" if is_set_aside(name) else ""
        found[entry["ImageID"]].append((f"{user}{kept}", owner == project))
    return found


def _origin(entry: Mapping[str, Any], names: Sequence[str], prefixes: Sequence[str]) -> str:
    for prefix in prefixes:
        if any(name.startswith(f"{prefix}/") for name in (*names, *(entry.get("RepoDigests") or ()))):
            return f"pulled from {prefix}"
    if LABEL_IMAGE in (entry.get("Labels") or {}):
        return "built"
    digests = [name for name in entry.get("RepoDigests") or () if not name.startswith("<none>")]
    return f"pulled from {full_name(digests[0]).partition('/')[0]}" if digests else "loaded"
