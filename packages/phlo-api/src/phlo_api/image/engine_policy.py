"""Which requests the view of the engine answers, and what of the engine's answers it shows. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

LABEL_PROJECT, LABEL_LOCK = "phlo.project", "phlo.lock"
_COMPOSE = "com.docker.compose."
# Labels of a container that Docker Compose made, and of the volume that marks a container as adopted by `phlo adopt`.
_COMPOSE_PROJECT = f"{_COMPOSE}project"
_COMPOSE_LABELS = (_COMPOSE_PROJECT, f"{_COMPOSE}service", f"{_COMPOSE}container-number")
LABEL_MARK, LABEL_MARK_PROJECT = "phlo.adopted", "phlo.adopted.project"
_MARK_LABELS = (LABEL_MARK, LABEL_MARK_PROJECT, "phlo.adopted.service", "phlo.adopted.instance")
# Labels that are shown of everybody's resources: whose they are and who holds a lock, but no digest and no cause.
_SHOWN_LABELS = frozenset({LABEL_PROJECT, "phlo.service", "phlo.image", LABEL_LOCK, *_COMPOSE_LABELS, *_MARK_LABELS})
_LONGEST_PATH = 1024


class _Labels:
    """Marks a field that holds labels: those of `_SHOWN_LABELS` are kept."""


class _Names:
    """Marks a list of `NAME=value`: the names are kept, the values are not."""


# A shape says what is kept of a value: True all of it, a dict those fields, a list applies its one shape to every item.
_PORT = {"IP": True, "PrivatePort": True, "PublicPort": True, "Type": True}
_HEALTH = {"Status": True, "FailingStreak": True}
_STATE = {
    "Status": True,
    "Running": True,
    "Restarting": True,
    "OOMKilled": True,
    "ExitCode": True,
    "StartedAt": True,
    "FinishedAt": True,
    "Health": _HEALTH,
}
_SUMMARY = {
    "Id": True,
    "Names": True,
    "Image": True,
    "ImageID": True,
    "Created": True,
    "State": True,
    "Status": True,
    "Ports": [_PORT],
    "Labels": _Labels,
}
_CONTAINER = {
    "Id": True,
    "Name": True,
    "Image": True,
    "Created": True,
    "RestartCount": True,
    "State": _STATE,
    "Config": {"Image": True, "Env": _Names, "Labels": _Labels},
    "NetworkSettings": {"Ports": True},
}
_SUBNETS = {"Driver": True, "Config": [{"Subnet": True, "Gateway": True, "IPRange": True}]}
_NETWORK = {"Id": True, "Name": True, "Driver": True, "Scope": True, "Labels": _Labels, "IPAM": _SUBNETS}
_VOLUME = {"Name": True, "Driver": True, "Scope": True, "CreatedAt": True, "Labels": _Labels}
_INFO = dict.fromkeys(
    (
        "ID",
        "Containers",
        "ContainersRunning",
        "ContainersPaused",
        "ContainersStopped",
        "Images",
        "Driver",
        "DriverStatus",
        "MemoryLimit",
        "SwapLimit",
        "CpuCfsQuota",
        "CgroupDriver",
        "CgroupVersion",
        "KernelVersion",
        "OperatingSystem",
        "OSType",
        "Architecture",
        "NCPU",
        "MemTotal",
        "DockerRootDir",
        "IndexServerAddress",
        "SystemTime",
        "SecurityOptions",
        "ServerVersion",
        "Warnings",
    ),
    True,
)
_INFO |= {"Swarm": {"LocalNodeState": True, "ControlAvailable": True, "Error": True}}  # type: ignore[dict-item]
_INFO |= {"RegistryConfig": {"IndexConfigs": True}}  # type: ignore[dict-item]

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_IMAGE = r"[A-Za-z0-9][A-Za-z0-9_.-]*(?::[0-9]+)?(?:/[A-Za-z0-9_.-]+)*(?:[:@][A-Za-z0-9_.:@-]+)?"
_SEGMENT = re.compile(r"[A-Za-z0-9_.:@-]+")
_VERSION = re.compile(r"/v[0-9]{1,2}\.[0-9]{1,3}(?=/)")

_LISTING = frozenset({"all", "limit", "filters", "digests", "verbose"})
_LOGS = frozenset({"follow", "stdout", "stderr", "since", "until", "timestamps", "tail", "details"})


class Route(NamedTuple):
    """A kind of request that may be made.

    shape: of a view, what of the answer is shown; None for a request that is passed on with its answer as it comes.
    owner: the kind of resource that the path names and that has to be the project's own, "" for none.
    query: the names of query parameters that are passed on; None for any. upgrades: whether the connection may become
    a stream in both directions (Engine API, "Hijacking").
    """

    methods: frozenset[str]
    pattern: re.Pattern[str]
    shape: Any = None
    owner: str = ""
    query: frozenset[str] | None = frozenset()
    upgrades: bool = False


def _route(methods: str, path: str, **more: Any) -> Route:
    return Route(frozenset(methods.split()), re.compile(path), **more)


VIEWS: tuple[Route, ...] = tuple(
    _route("GET HEAD", path, shape=shape, query=_LISTING)
    for path, shape in (
        ("/_ping", True),
        ("/version", True),
        ("/info", _INFO),
        ("/containers/json", [_SUMMARY]),
        (rf"/containers/{_NAME}/json", _CONTAINER),
        ("/images/json", True),
        (rf"/images/{_IMAGE}/json", True),
        ("/networks", [_NETWORK]),
        (rf"/networks/{_NAME}", _NETWORK),
        ("/volumes", {"Volumes": [_VOLUME], "Warnings": True}),
        (rf"/volumes/{_NAME}", _VOLUME),
    )
)
_CONTAINERS = rf"/containers/(?P<name>(?!create/|json/|prune/){_NAME})"
# Passed on as they come, of the project's own containers alone.
READING: tuple[Route, ...] = (
    _route("GET HEAD", f"{_CONTAINERS}/logs", owner="container", query=_LOGS),
    _route("GET HEAD", f"{_CONTAINERS}/archive", owner="container", query=frozenset({"path"})),
    _route("GET HEAD", f"{_CONTAINERS}/top", owner="container"),
    _route("GET HEAD", f"{_CONTAINERS}/stats", owner="container", query=frozenset({"stream", "one-shot"})),
)
# What phlo does that brings the project up.
WRITING: tuple[Route, ...] = (
    _route("POST", "/containers/create", query=None),
    _route(
        "POST",
        f"{_CONTAINERS}/(?:start|stop|restart|kill|pause|unpause|rename|update|wait|resize|exec)",
        owner="container",
        query=None,
    ),
    _route("POST", f"{_CONTAINERS}/attach", owner="container", query=None, upgrades=True),
    _route("PUT", f"{_CONTAINERS}/archive", owner="container", query=None),
    _route("DELETE", rf"/containers/(?P<name>{_NAME})", owner="container", query=None),
    _route("POST", rf"/exec/(?P<name>{_NAME})/start", owner="exec", upgrades=True),
    _route("POST", rf"/exec/(?P<name>{_NAME})/resize", owner="exec", query=None),
    _route("GET HEAD", rf"/exec/(?P<name>{_NAME})/json", owner="exec"),
    _route("POST", "/images/(?:create|load)", query=None),
    _route("GET HEAD", "/images/get", query=None),
    _route("GET HEAD", rf"/images/{_IMAGE}/get", query=None),
    _route("POST", rf"/images/{_IMAGE}/(?:tag|push)", query=None),
    _route("DELETE", rf"/images/{_IMAGE}", query=None),
    _route("GET HEAD", rf"/distribution/{_IMAGE}/json"),
    _route("POST", "/build", query=None),
    _route("POST", "/auth"),
    _route("POST", "/networks/create"),
    _route("POST", rf"/networks/{_NAME}/(?:connect|disconnect)", owner="member"),
    _route("DELETE", rf"/networks/(?P<name>{_NAME})", owner="network"),
    _route("POST", "/volumes/create"),
    _route("DELETE", rf"/volumes/(?P<name>{_NAME})", owner="volume", query=None),
)


def plain_path(raw: str) -> tuple[str, str] | None:
    """The API version ("/v1.41" or "") and the path of a request's target; None for a path in no canonical form.

    The path is a sequence of plain segments: no empty one, no "." or "..", nothing percent-encoded but "@" and ":".
    So the engine cannot read it as another path than the one that was checked.
    """
    if len(raw) > _LONGEST_PATH:
        return None
    path = re.sub("%40", "@", re.sub("%3[Aa]", ":", raw))
    found = _VERSION.match(path)
    version = found[0] if found else ""
    path = path.removeprefix(version)
    start, *segments = path.split("/")
    if start or not segments:
        return None
    if any(segment in (".", "..") or not _SEGMENT.fullmatch(segment) for segment in segments):
        return None
    return version, path


def find_route(method: str, path: str, *, writes: bool) -> tuple[Route, re.Match[str]] | None:
    """The route of a request, with what its path names. path: as `plain_path` gives it. None: it may not be made."""
    for route in (*VIEWS, *READING, *(WRITING if writes else ())):
        if method in route.methods and (found := route.pattern.fullmatch(path)):
            return route, found
    return None


def has_path(path: str) -> bool:
    """Whether there is a view at `path`, whatever the method."""
    return any(route.pattern.fullmatch(path) for route in (*VIEWS, *READING))


def plain_query(route: Route, query: str) -> str | None:
    """The query for the engine, written anew from what was understood of it.

    Parameters that the route does not have are left out. None when the query cannot be parsed, or when a parameter of a
    reading route is given twice, because the engine may choose the other one.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict") if query else []
    except ValueError:
        return None
    if route.query is None:
        return urlencode(pairs)
    kept = [(name, value) for name, value in pairs if name in route.query]
    return None if len(dict(kept)) < len(kept) else urlencode(kept)


def keep(value: Any, shape: Any) -> Any:
    """What of an engine's answer gets through."""
    if value is None or shape is True:
        return value
    if shape is _Labels:
        return {name: text for name, text in value.items() if name in _SHOWN_LABELS}
    if shape is _Names:
        return [f"{entry.partition('=')[0]}=***" for entry in value]
    if isinstance(shape, list):
        return [keep(item, shape[0]) for item in value]
    return {name: keep(value[name], inner) for name, inner in shape.items() if name in value}


def shown(answer: Any, shape: Any, project: str, marked: Collection[str] = ()) -> Any:
    """What of an answer is shown: the project's own resources whole, of others what is listed.

    marked: the ids of containers that `phlo adopt` marked as the project's.
    """
    if isinstance(shape, list):
        return [shown(entry, shape[0], project, marked) for entry in answer]
    if isinstance(shape, dict) and "Volumes" in shape:
        volumes = [shown(entry, shape["Volumes"][0], project) for entry in answer.get("Volumes") or ()]
        return {"Volumes": volumes, "Warnings": answer.get("Warnings")}
    if isinstance(shape, dict) and (is_of(answer, project) or is_adopted(answer, project, marked)):
        return answer
    return keep(answer, shape)


def is_of(resource: Any, project: str) -> bool:
    """Whether an inspected or listed resource carries the project's label."""
    return bool(project) and _labels(resource).get(LABEL_PROJECT) == project


def is_adopted(resource: Any, project: str, marked: Collection[str] = ()) -> bool:
    """Whether a container, network or volume of the Compose project of the same name, or a marked container.

    Those of another phlo project are not, whatever labels their image hands them; nor are Compose's one-off containers.
    """
    labels = _labels(resource)
    if not project or LABEL_PROJECT in labels or labels.get(f"{_COMPOSE}oneoff") == "True":
        return False
    is_container = "Config" in resource or "Names" in resource
    needed = _COMPOSE_LABELS if is_container else (_COMPOSE_PROJECT,)
    if labels.get(_COMPOSE_PROJECT) == project and all(name in labels for name in needed):
        return True
    return is_container and resource.get("Id") in marked


def is_mark_of(volume: Any, project: str) -> bool:
    """Whether a volume marks a container as adopted by the project."""
    return bool(project) and _labels(volume).get(LABEL_MARK_PROJECT) == project


def _labels(resource: Any) -> Mapping[str, str]:
    holder = resource.get("Config") or {} if "Config" in resource else resource
    return holder.get("Labels") or {}
