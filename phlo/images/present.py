"""Which image of those that would do is on a host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import ReadHost
from phlo.image_source import ImagePolicy, ImageSource
from phlo.images.recipe import LABEL_IMAGE, content_tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSeen:
    """An image that is on a host.

    reference: the name it was found by. config: its part of `docker inspect` of that name.
    """

    reference: str
    id: str
    config: Mapping[str, Any]


def present(source: ImageSource, host: ReadHost) -> ImageSeen | None:
    """The image a service would run from, None when none that would do is on the host."""
    for reference in wanted(source):
        found = host.engine.get_or_none(f"/images/{path_part(reference)}/json")
        if found and _fits(source.platform, found):
            return ImageSeen(reference=reference, id=found["Id"], config=found.get("Config") or {})
    return None


def wanted(source: ImageSource) -> tuple[str, ...]:
    """The names that would do, best first: the reference, then the recipe's content tag."""
    references = []
    if may_pull(source) and source.reference:
        references.append(source.reference)
    if source.recipe and (may_build(source) or source.reference is None):
        references.append(content_tag(source.recipe))
    return tuple(references)


def published(source: ImageSource) -> tuple[str, ...]:
    """The names that the recipe's image may have in the registries of the project."""
    is_wanted = source.policy is not ImagePolicy.BUILD and source.pull_policy != "build"
    prefixes = [registry.prefix for registry in source.registries if registry.mirrors is None]
    if not prefixes or source.recipe is None or source.reference is not None or not is_wanted:
        return ()
    tag = content_tag(source.recipe)
    return tuple(f"{prefix}/{tag}" for prefix in prefixes)


def copies(source: ImageSource) -> tuple[str, ...]:
    """The names that copies of the reference have in the mirrors of the project."""
    if source.reference is None or not may_pull(source):
        return ()
    registry, _, path = full_name(source.reference).partition("/")
    return tuple(f"{one.prefix}/{path}" for one in source.registries if one.mirrors == registry)


def full_name(reference: str) -> str:
    """A reference with its registry: `postgres:17` is `docker.io/library/postgres:17`."""
    head, slash, _ = reference.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        return reference
    return f"docker.io/{reference}" if slash else f"docker.io/library/{reference}"


def may_pull(source: ImageSource) -> bool:
    """Whether the image that the reference names would do."""
    if source.reference is None:
        return False
    return source.recipe is None or (source.policy is not ImagePolicy.BUILD and source.pull_policy != "build")


def may_build(source: ImageSource) -> bool:
    """Whether an image built from the recipe would do."""
    return source.recipe is not None and source.policy not in (ImagePolicy.PULL, ImagePolicy.UPSTREAM)


def built_before(source: ImageSource, host: ReadHost) -> str | None:
    """The newest tag that an earlier state of the recipe left on the host."""
    if source.recipe is None:
        return None
    found = host.engine.get("/images/json", filters={"label": [f"{LABEL_IMAGE}={source.recipe.name}"]})
    tagged = [image for image in found if image.get("RepoTags")]
    return max(tagged, key=lambda image: int(image["Created"]))["RepoTags"][0] if tagged else None


def not_there(source: ImageSource) -> OperationError:
    """The error for an image that is missing, and that there is no way to obtain."""
    if source.pull_policy != "never":
        return OperationError(
            f"the image {name_of(source)} is not on the host, and its image_source is {source.policy}",
            fix="Name a registry that has it under `registries` in phlo.yaml, or change the image_source.",
        )
    return OperationError(
        f"the image {name_of(source)} is not on the host, and its pull_policy is never",
        fix="Load it there (`docker load`), or change the pull_policy.",
    )


def name_of(source: ImageSource) -> str:
    """What a person calls the image."""
    return source.reference or (source.recipe.name if source.recipe else "")


def _fits(platform: str | None, found: Mapping[str, Any]) -> bool:
    """Whether an image is made for a platform, written `os/architecture[/variant]`."""
    if platform is None:
        return True
    system, _, rest = platform.partition("/")
    architecture = rest.partition("/")[0]
    return found.get("Os") == system and (not architecture or found.get("Architecture") == architecture)
