"""A service's image that is on the host, as upstream has it or as its recipe creates it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError
from phlo.frozen import dataclass, field
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.image_source import ImageSource
from phlo.images.present import (
    ImageSeen,
    built_before,
    copies,
    may_build,
    may_pull,
    not_there,
    present,
    published,
    wanted,
)
from phlo.images.registries import Registries
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """refresh: pull or build again even if the image exists. registries: shared by all image steps of a run."""

    source: ImageSource
    refresh: bool = False
    registries: Registries = field(default_factory=Registries, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """image: the existing image. is_outdated: the registry has another one.

    before: the newest tag that an earlier state of the recipe left.
    is_here: the control machine has it and can send it. is_sent: it will be sent when it cannot be pulled.
    no_pull: why it cannot be pulled, None when nothing speaks against trying; only asked when it could be built too.
    """

    image: ImageSeen | None
    before: str | None = None
    is_outdated: bool = False
    is_here: bool = False
    is_sent: bool = False
    no_pull: str | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    image = present(args.source, host)
    if image is None:
        is_here = host.image_sender is not None and host.image_sender.has(args.source)
        return Seen(
            image=None,
            before=built_before(args.source, host),
            is_here=is_here,
            is_sent=host.image_sender is not None,
            no_pull=None if is_here else _why_not_pull(args, host),
        )
    is_followed = args.source.pull_policy == "always" and image.reference == args.source.reference
    return Seen(image=image, is_outdated=is_followed and _has_moved(image.reference, host))


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"image:{wanted(args.source)[0]}"
    if seen.image is None:
        if args.source.pull_policy == "never" or not (
            may_build(args.source) or may_pull(args.source) or published(args.source)
        ):
            raise not_there(args.source)
        return [_obtaining(args.source, seen)]
    if args.refresh:
        return [Change(at=at, verb="pull" if may_pull(args.source) else "build", causes=("asked for",))]
    if seen.is_outdated:
        return [Change(at=at, verb="pull", causes=("pull_policy is always, and the registry may have another one",))]
    return []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> Mapping[str, Any]:
    """Obtain the image. The facts have the change that was made when it is not the one that was planned."""
    # Loaded here, because a run that changes nothing has no use for it.
    from phlo.images.obtain import obtain

    done = obtain(
        args.source,
        host,
        registries=args.registries,
        refresh=seen.image is not None,
        prefer_build=change.verb in ("build", "send"),
    )
    if done.how in ("", change.verb):
        return {}
    causes = (*change.causes, *done.problems)
    return {"changes": (Change(at=f"image:{done.image.reference}", verb=done.how, causes=causes),)}


def _obtaining(source: ImageSource, seen: Seen) -> Change:
    """The change for an image that is not there: a build when only that can work, or when it was built before."""
    names = published(source)
    is_pulled = bool(names) or (may_pull(source) and (seen.before is None or not may_build(source)))
    if is_pulled and seen.no_pull is None and not seen.is_here:
        origin = f", and looked for in {_prefixes(source)}" if names else ""
        return Change(at=f"image:{wanted(source)[0]}", verb="pull", causes=(f"not on the host{origin}",))
    tag = wanted(source)[-1]
    if seen.before is not None and seen.before != tag:
        causes: tuple[str, ...] = (f"recipe changed: {seen.before} -> {tag}",)
    else:
        causes = ("not on the host", *([f"cannot be pulled: {seen.no_pull}"] if seen.no_pull else []))
    return Change(at=f"image:{tag}", verb="send" if seen.is_sent else "build", causes=causes)


def _why_not_pull(args: Args, host: ReadHost) -> str | None:
    """Ask the registries, through the engine, for an image that could be pulled or built; None when one may have it."""
    source = args.source
    if not may_build(source):
        return None
    names = [
        *published(source),
        *copies(source),
        *([source.reference] if source.reference and may_pull(source) else []),
    ]
    reasons = [_why_not_from(name, args.registries, host) for name in names]
    return None if None in reasons else "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or None


def _why_not_from(reference: str, registries: Registries, host: ReadHost) -> str | None:
    from phlo.images.pull import PullProblem, Reference, classify

    registry = Reference.parse(reference).registry
    where = f"{registry or 'docker.io'}: "
    if registries.why_unreachable(host.name, registry) is not None:
        return where + PullProblem.UNREACHABLE.value
    try:
        host.engine.get(f"/distribution/{path_part(reference)}/json")
    except EngineError as error:
        problem = classify(error.message)
        if problem is PullProblem.UNREACHABLE:
            registries.mark_unreachable(host.name, registry, error.message)
        # Without a login the registry may say no to this question and still let the pull through.
        return where + problem.value if problem in (PullProblem.UNREACHABLE, PullProblem.MISSING) else None
    return None


def _prefixes(source: ImageSource) -> str:
    return ", ".join(registry.prefix for registry in source.registries if registry.mirrors is None)


def _has_moved(reference: str, host: ReadHost) -> bool:
    """Whether the registry's image is another one than the host's; True when the registry cannot tell."""
    found = host.engine.get(f"/images/{path_part(reference)}/json")
    try:
        there = host.engine.get(f"/distribution/{path_part(reference)}/json")
    except EngineError:
        return True
    digest = there["Descriptor"]["digest"]
    return not any(known.endswith(f"@{digest}") for known in found.get("RepoDigests") or ())
