"""A service's image that is on the host, as upstream has it or as its recipe makes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from phlo.errors import EngineError
from phlo.hosts.engine import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.images.present import ImageSeen, built_before, may_pull, not_there, present, wanted
from phlo.images.registries import Registries
from phlo.values import Change, ImageSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """refresh: pull or build anew even when it is there. registries: shared by all image steps of a run."""

    source: ImageSource
    refresh: bool = False
    registries: Registries = field(default_factory=Registries, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """image: what is there. before: the newest tag of an earlier recipe. is_outdated: the registry has another one."""

    image: ImageSeen | None
    before: str | None = None
    is_outdated: bool = False


def observe(args: Args, host: ReadHost) -> Seen:
    image = present(args.source, host)
    if image is None:
        return Seen(image=None, before=built_before(args.source, host))
    is_followed = args.source.pull_policy == "always" and image.reference == args.source.reference
    return Seen(image=image, is_outdated=is_followed and _has_moved(image.reference, host))


def decide(args: Args, seen: Seen) -> list[Change]:
    at = f"image:{wanted(args.source)[0]}"
    is_built = not may_pull(args.source) or seen.before is not None
    if seen.image is None:
        if args.source.pull_policy == "never":
            raise not_there(args.source)
        if not is_built:
            return [Change(at=at, verb="pull", causes=("not on the host",))]
        tag = wanted(args.source)[-1]
        changed = (f"recipe changed: {seen.before} -> {tag}",) if seen.before not in (None, tag) else ()
        return [Change(at=f"image:{tag}", verb="build", causes=changed or ("not on the host",))]
    if args.refresh:
        return [Change(at=at, verb="build" if is_built else "pull", causes=("asked for",))]
    if seen.is_outdated:
        return [Change(at=at, verb="pull", causes=("pull_policy is always, and the registry may have another one",))]
    return []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    # Loaded here, because a run that changes nothing has no use for it.
    from phlo.images.obtain import obtain

    obtain(
        args.source,
        host,
        registries=args.registries,
        refresh=seen.image is not None,
        prefer_build=change.verb == "build",
    )


def _has_moved(reference: str, host: ReadHost) -> bool:
    """Whether the registry's image is another one than the host's; True when the registry cannot tell."""
    found = host.engine.get(f"/images/{path_part(reference)}/json")
    try:
        there = host.engine.get(f"/distribution/{path_part(reference)}/json")
    except EngineError:
        return True
    digest = there["Descriptor"]["digest"]
    return not any(known.endswith(f"@{digest}") for known in found.get("RepoDigests") or ())
