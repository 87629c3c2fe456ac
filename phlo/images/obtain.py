"""Have a service's image on a host, by the way its policy allows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.image_source import ImagePolicy, ImageSource
from phlo.images.base import ensure_base
from phlo.images.build import build
from phlo.images.build_lock import image_build_lock
from phlo.images.present import (
    ImageSeen,
    copies,
    may_build,
    may_pull,
    name_of,
    not_there,
    present,
    published,
    wanted,
)
from phlo.images.pull import PullError, pull_if_reachable
from phlo.images.recipe import base_suite, content_tag
from phlo.images.registries import Registries


@dataclass(frozen=True, slots=True, kw_only=True)
class Obtained:
    """An image that is on the host now. how: pull, send or build; "" when it was there. problems: what did not work."""

    image: ImageSeen
    how: str = ""
    problems: tuple[str, ...] = ()


def obtain(
    source: ImageSource,
    host: Host,
    *,
    registries: Registries,
    environ: Mapping[str, str] = os.environ,
    refresh: bool = False,
    prefer_build: bool = False,
) -> Obtained:
    """Use the existing image; else pull; else send from this machine, or build. An image of this machine is sent.

    refresh: pull or build even when an image that would do is there.
    prefer_build: send or build first where pulling is allowed as well.
    registries: what this run knows about registries that cannot be reached; shared by all services.
    Raises OperationError that says all that was tried and what to do.
    """
    there = present(source, host.reader())
    if there is not None and not refresh:
        return Obtained(image=there)
    problems: list[OperationError] = []
    for how, way in _ways(source, host, prefer_build=prefer_build):
        try:
            way(source, host, registries, environ)
        except OperationError as error:
            problems.append(error)
            continue
        found = present(source, host.reader())
        if found is not None:
            return Obtained(image=found, how=how, problems=tuple(problem.what for problem in problems))
        problems.append(OperationError(f"the engine does not have {name_of(source)} for platform {source.platform}"))
    raise _failure(source, host, problems)


_Way = Callable[[ImageSource, Host, Registries, Mapping[str, str]], None]


def _ways(source: ImageSource, host: Host, *, prefer_build: bool) -> list[tuple[str, _Way]]:
    if source.pull_policy == "never":
        return []
    pulled: list[tuple[str, _Way]] = [("pull", _pull)] if may_pull(source) or published(source) else []
    made: list[tuple[str, _Way]] = [("send", _send)] if host.image_sender else []
    made += [("build", _build)] if may_build(source) else []
    is_here = host.image_sender is not None and host.image_sender.has(source)
    return [*made, *pulled] if prefer_build or is_here else [*pulled, *made]


def _pull(source: ImageSource, host: Host, registries: Registries, environ: Mapping[str, str]) -> None:
    """Pull the image from the first registry that has it, and give it the name that it is known by here."""
    wanted_name = wanted(source)[0]
    names = [
        *published(source),
        *copies(source),
        *([source.reference] if source.reference and may_pull(source) else []),
    ]
    problems: list[PullError] = []
    for name in names:
        try:
            pull_if_reachable(name, host, registries, platform=source.platform, named=source.registries)
        except PullError as error:
            problems.append(error)
            continue
        if name != wanted_name:
            repository, _, tag = wanted_name.rpartition(":")
            host.engine.post(f"/images/{path_part(name)}/tag", repo=repository or wanted_name, tag=tag)
        return
    if may_build(source):
        host.progress(f"{problems[-1].problem.value}: building it instead")
    if len(problems) > 1:
        what = "; ".join(problem.what for problem in problems)
        raise OperationError(what, where=host.name, fix=problems[-1].fix)
    raise problems[-1]


def _send(source: ImageSource, host: Host, registries: Registries, environ: Mapping[str, str]) -> None:
    assert host.image_sender is not None
    host.image_sender.send(source, host)


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
    with image_build_lock(tag, host, environ):
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
        f"no image for {name_of(source)} could be obtained: it could neither be pulled nor built",
        where=host.name,
        fix=problems[-1].fix,
        detail=[line for problem in problems for line in (str(problem), *(f"    {line}" for line in problem.detail))],
    )
