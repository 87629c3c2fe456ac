"""Have a service's image on a host, by the way its policy allows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from phlo.errors import OperationError
from phlo.hosts.engine import path_part
from phlo.hosts.host import Host
from phlo.images.alone import alone
from phlo.images.base import ensure_base
from phlo.images.build import build
from phlo.images.present import ImageSeen, may_build, may_pull, name_of, not_there, present
from phlo.images.pull import PullError, pull_if_reachable
from phlo.images.recipe import base_suite, content_tag
from phlo.images.registries import Registries
from phlo.values import ImagePolicy, ImageSource


def obtain(
    source: ImageSource,
    host: Host,
    *,
    registries: Registries,
    environ: Mapping[str, str] = os.environ,
    refresh: bool = False,
    prefer_build: bool = False,
) -> ImageSeen:
    """Use what is there; else what this machine has; else pull the pinned upstream image; else make it, here or there.

    refresh: pull or build even when an image that would do is there.
    prefer_build: send or build first where pulling is allowed as well.
    registries: what this run knows about registries that cannot be reached; shared by all services.
    Raises OperationError that says all that was tried and what to do.
    """
    there = present(source, host.reader())
    if there is not None and not refresh:
        return there
    problems: list[OperationError] = []
    for way in _ways(source, host, prefer_build=prefer_build):
        try:
            way(source, host, registries, environ)
        except OperationError as error:
            problems.append(error)
            continue
        found = present(source, host.reader())
        if found is not None:
            return found
        problems.append(OperationError(f"the engine does not have {name_of(source)} for platform {source.platform}"))
    raise _failure(source, host, problems)


_Way = Callable[[ImageSource, Host, Registries, Mapping[str, str]], None]


def _ways(source: ImageSource, host: Host, *, prefer_build: bool) -> list[_Way]:
    if source.pull_policy == "never":
        return []
    pulled: list[_Way] = [_pull] if may_pull(source) else []
    made: list[_Way] = [_send] if host.supply else []
    made += [_build] if may_build(source) else []
    is_here = host.supply is not None and host.supply.has(source)
    return [*made, *pulled] if prefer_build or is_here else [*pulled, *made]


def _pull(source: ImageSource, host: Host, registries: Registries, environ: Mapping[str, str]) -> None:
    try:
        pull_if_reachable(source.reference or "", host, registries, platform=source.platform)
    except PullError as error:
        if may_build(source):
            host.progress(f"{error.problem.value}: building it instead")
        raise


def _send(source: ImageSource, host: Host, registries: Registries, environ: Mapping[str, str]) -> None:
    assert host.supply is not None
    host.supply.send(source, host)


def _build(source: ImageSource, host: Host, registries: Registries, environ: Mapping[str, str]) -> None:
    recipe = source.recipe
    assert recipe is not None
    suite = base_suite(recipe)
    base = None
    if suite is not None:
        prefer = source.policy is ImagePolicy.BUILD
        base = ensure_base(suite, host, registries=registries, environ=environ, prefer_packages=prefer)
    tag = content_tag(recipe)
    was_there = _is_there(tag, host)
    with alone(tag, host, environ):
        # Another service may have the same recipe, and have built it meanwhile.
        if was_there or not _is_there(tag, host):
            build(recipe, host, base=base, environ=environ, platform=source.platform)


def _is_there(tag: str, host: Host) -> bool:
    return host.engine.get_or_none(f"/images/{path_part(tag)}/json") is not None


def _failure(source: ImageSource, host: Host, problems: list[OperationError]) -> OperationError:
    if not problems:
        return not_there(source)
    if len(problems) == 1:
        return problems[0]
    return OperationError(
        f"no image for {name_of(source)} could be had: neither pulled nor built",
        where=host.name,
        fix=problems[-1].fix,
        detail=[line for problem in problems for line in (str(problem), *(f"    {line}" for line in problem.detail))],
    )
