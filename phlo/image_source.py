"""Where the image of a service comes from, and what a builder makes it of."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass, field
from phlo.values import Secret, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSecret:
    """A secret that only `RUN --mount=type=secret,id=ID` sees; the image does not have it.

    source: its name among the project's `secrets`. content: None until the project's secrets were read.
    """

    id: str
    source: str
    content: Secret | bytes | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSettings:
    """Further options of a builder; None and empty: the builder's own choice.

    tags: further names of the image. extra_hosts: `name:address`. ulimits: as the Engine API has them.
    dockerfile_text: a Dockerfile that is written in the service's `build` itself.
    platforms: those that the image may be built for; empty: any.
    contexts: further contexts by name: the absolute path of a folder, or a URL (`docker-image://alpine:3`).
    ssh:      `default`, or `ID=PATH` of a key or of an agent's socket.
    cache_from, cache_to, entitlements: as `docker buildx build` takes them.
    """

    labels: Mapping[str, Text] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    no_cache: bool = False
    pull: bool = False
    network: str | None = None
    extra_hosts: tuple[str, ...] = ()
    shm_size: int | None = None
    ulimits: tuple[Mapping[str, Any], ...] = ()
    dockerfile_text: str | None = None
    platforms: tuple[str, ...] = ()
    contexts: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[BuildSecret, ...] = ()
    ssh: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    entitlements: tuple[str, ...] = ()

    @property
    def buildkit_keys(self) -> tuple[str, ...]:
        """The attributes of `build` that are given and that only BuildKit has."""
        given = {
            "additional_contexts": self.contexts,
            "entitlements": self.entitlements,
            "secrets": self.secrets,
            "ssh": self.ssh,
        }
        return tuple(name for name, value in given.items() if value)


class ImagePolicy(enum.StrEnum):
    """Where the image of a service with a recipe comes from, when it is not on the host.

    AUTO:     the recipe's image: pulled from the registries that the project names, else built.
    PULL:     pulled, never built. BUILD: built, never pulled.
    UPSTREAM: upstream's image instead of the recipe's.
    """

    AUTO = "auto"
    PULL = "pull"
    BUILD = "build"
    UPSTREAM = "upstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecipe:
    """A Dockerfile and all that goes into it.

    name: repository and version part of the tag, e.g. `phlo/postgres:17`; the content hash is appended.
    base: name of the bootstrapped base the Dockerfile starts from through `ARG BASE`
          (`trixie`, `bookworm`; None: the Dockerfile's own FROM stands).
    has_guard: the build context also has the files of phlo's HTTP guard, in `.phlo/guard/`.
    written: files that phlo writes before it builds, which may be missing or different before the first `up`.
    """

    name: str
    context: Path
    dockerfile: str = "Dockerfile"
    args: Mapping[str, Text] = field(default_factory=dict)
    target: str | None = None
    base: str | None = None
    has_guard: bool = False
    settings: BuildSettings = BuildSettings()
    written: Mapping[Path, bytes] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRegistry:
    """A registry that the project names.

    prefix:  what is in front of the names of its images, such as `registry.example.com/lake`.
    mirrors: the registry whose images it has copies of; None: it has the images of recipes.
    password: of `username`; without both, the login that `docker login` stored is used.
    """

    prefix: str
    mirrors: str | None = None
    username: str = ""
    password: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSource:
    """Where a service's image comes from: a reference, a recipe, or both (then `policy` decides).

    pull_policy: Compose's `pull_policy` (always, never, missing, build), None: by `policy`.
    registries:  where the recipe's image, or a copy of the reference's, may be pulled from, first choice first.
    """

    reference: str | None
    recipe: BuildRecipe | None = None
    policy: ImagePolicy = ImagePolicy.AUTO
    platform: str | None = None
    pull_policy: str | None = None
    registries: tuple[ImageRegistry, ...] = field(default=(), compare=False, repr=False)

    @property
    def family(self) -> str:
        """The image without its version: `phlo/postgres` for a recipe, `postgres` for upstream's."""
        name = self.recipe.name if self.recipe is not None else (self.reference or "").partition("@")[0]
        head, separator, version = name.rpartition(":")
        return head if separator and "/" not in version else name
