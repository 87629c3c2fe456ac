"""What a command asks of configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from phlo.config.secrets import random_secret
from phlo.frozen import dataclass
from phlo.image_source import BuildRecipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Which part of a project a run is about, and how.

    profiles: active besides those of phlo.yaml.
    services: what the run is about, with what these need; empty: everything that is enabled.
    profile_services: services whose profiles count as active.
    no_deps:  leave out what the services need.
    project_name: instead of the project's own.
    generate_secrets: store secrets that nobody gave in `.phlo/.env.local`; without, they get a placeholder.
    fetch_secrets: get secrets from where they are kept; without, they get a placeholder.
    needs_files: read the files that go into containers, and those of their environment; without, they have none.
    """

    profiles: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    profile_services: tuple[str, ...] = ()
    no_deps: bool = False
    dev: bool = False
    image_source: str | None = None
    project_name: str | None = None
    generate_secrets: bool = False
    fetch_secrets: bool = True
    needs_files: bool = True


def _no_bases(recipes: Iterable[BuildRecipe]) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What configuration uses of the machine besides files and variables.

    make_secret: a new random secret.
    ask:   gets a passphrase from a person; None: nobody is there.
    bases: what the images that recipes start from are made of on this machine, for `phlo_control`.
    cache: the user's cache folder, see `phlo.sections.accepted`; None: nothing is remembered.
    """

    make_secret: Callable[[], str] = random_secret
    ask: Callable[[str], str] | None = None
    bases: Callable[[Iterable[BuildRecipe]], Mapping[str, Any]] = _no_bases
    cache: Path | None = None
