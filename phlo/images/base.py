"""Make `phlo/base` on a host: from a registry's Debian where there is one, else out of Debian's own packages."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.errors import HostError, OperationError, PhloError
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.images.base_recipe import BaseRecipe, read_base_recipe
from phlo.images.bootstrap import bootstrap
from phlo.images.build_lock import image_build_lock
from phlo.images.extend import extend
from phlo.images.registries import Registries


def ensure_base(
    suite: str,
    host: Host,
    *,
    registries: Registries,
    environ: Mapping[str, str],
    prefer_packages: bool = False,
    start: str = "debian:{suite}-slim",
) -> str:
    """Make sure that the base for a Debian release is on a host, and give its tag.

    prefer_packages: bootstrap it even where a registry could be asked.
    start: the image a registry would have for it.
    Several services wait for one base; the first makes it, in this process or another.
    Raises OperationError that says all that was tried.
    """
    recipe = read_base_recipe(suite)
    if _is_there(recipe, host):
        return recipe.tag
    with image_build_lock(recipe.tag, host, environ):
        if not _is_there(recipe, host):
            _make(recipe, host, registries, environ, prefer_packages, start.format(suite=suite))
    return recipe.tag


def _is_there(recipe: BaseRecipe, host: Host) -> bool:
    return host.engine.get_or_none(f"/images/{path_part(recipe.tag)}/json") is not None


def _make(
    recipe: BaseRecipe,
    host: Host,
    registries: Registries,
    environ: Mapping[str, str],
    prefer_packages: bool,
    start: str,
) -> None:
    def from_registry() -> None:
        extend(start, recipe, host, registries=registries, environ=environ)

    def from_packages() -> None:
        bootstrap(recipe, host)

    ways = [from_packages, from_registry] if prefer_packages else [from_registry, from_packages]
    problems: list[PhloError] = []
    for way in ways:
        try:
            return way()
        except (OperationError, HostError) as error:
            problems.append(error)
            host.progress(error.what)
    raise OperationError(
        f"the base image {recipe.tag} could not be made",
        where=host.name,
        detail=[str(problem) for problem in problems] + [line for problem in problems for line in problem.detail],
        fix="One of the two ways has to work: a registry that has Debian's image, or Debian mirrors in apt's sources.",
    )
