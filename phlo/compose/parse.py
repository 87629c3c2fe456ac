"""From the parts of one service to a `ComposeService`: interpolated, typed, merged, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from phlo.bounded import read_configuration
from phlo.compose import ports
from phlo.compose.attributes import ATTRIBUTES, Support
from phlo.compose.conflicts import check
from phlo.compose.files import LabelFiles, SecurityOptions
from phlo.compose.interpolate import interpolate_all
from phlo.compose.limits import Deploy, Devices
from phlo.compose.merge import UNSET, Merged
from phlo.compose.model import ComposeService, ServiceNetwork
from phlo.compose.networks import dependency
from phlo.compose.part import Lookup, Part, Rules
from phlo.compose.reading import At, Items, ReadFile, mapping
from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.frozen import replace
from phlo.values import Text
from phlo.yaml_source import RESET, Keys

# Attributes whose null means the image's own value.
_NULLABLE = ("command", "entrypoint")


Unset = Callable[[str, str], None]


class Parsed(NamedTuple):
    """A service, and the fragments it was made of, for their positions."""

    service: ComposeService
    merged: Merged


def parse_parts(
    parts: Sequence[Part],
    *,
    lookup: Lookup,
    unset: Unset | None = None,
    port: Any = None,
    read: ReadFile = read_configuration,
) -> Parsed:
    """The service that the parts describe, the lowest first.

    lookup: the variables that the service sees.
    unset:  called with the name and the place of a variable that is not set.
    read:   reads a file that an attribute names.
    port:   the host's port to move the first published one to, see `phlo.yaml`; from the last part.
    Raises ConfigError with every error found.
    """
    merged, whole = merge_parts(parts, lookup=lookup, unset=unset, read=read)
    if port is not None:
        whole.attempt(lambda value, at: _move_port(merged, parts[-1], value, at), port)
    service = _assembled(merged, whole)
    if whole.errors:
        raise first_of(whole.errors)
    return Parsed(replace(service, warnings=tuple(whole.warnings)), merged)


def merge_parts(
    parts: Sequence[Part], *, lookup: Lookup, unset: Unset | None = None, read: ReadFile = read_configuration
) -> tuple[Merged, At]:
    """The merged fragments of the parts, and the place of the whole service with the errors found."""
    merged = Merged()
    whole = At(merged.where, parts[-1].root, read=read)
    for part in parts:
        final, fragments = _read_part(part, lookup, unset, whole)
        merged.take(final, fragments)
    return merged, whole


def parse_service(raw: Mapping[str, Any], *, where: Callable[..., str], root: Path) -> ComposeService:
    """The service of one place whose attributes are final. where: the position of an attribute, for errors."""
    part = Part(attributes=raw, layer="", root=root, position=where)
    return parse_parts([part], lookup=lambda name: None).service


def _read_part(part: Part, lookup: Lookup, unset: Unset | None, whole: At) -> tuple[Part, dict[str, Any]]:
    """The part with the positions of what its lists name, and its fragments."""
    is_compose = part.rules is Rules.COMPOSE
    at = At(part.where, part.root, is_compose=is_compose, written=part.written).sharing(whole)
    kept = without(part.attributes, {keys for keys, tag in part.tags() if tag == RESET})
    fragments: dict[str, Any] = {}
    for name, value in mapping(kept, at).items():
        empty: list[tuple[str, str]] = []
        before = len(whole.errors)
        try:
            noted = _noting(unset, empty)
            given = interpolate_all(value, lookup, where=part.where, unset=noted, keys=(name,))
        except ConfigError as error:
            whole.errors.append(error)
        else:
            _read(name, given, at, fragments)
            _name_variables(whole.errors[before:], empty)
    return replace(part, positions={**part.positions, **at.listed}), fragments


def _noting(unset: Unset | None, empty: list[tuple[str, str]]) -> Unset:
    """Like `unset`, and add the variable and its place to `empty`."""

    def note(name: str, where: str) -> None:
        empty.append((name, where))
        if unset is not None:
            unset(name, where)

    return note


def _name_variables(errors: Sequence[PhloError], empty: Sequence[tuple[str, str]]) -> None:
    """Say of each error which variable of the value is not set, for then that is what has to be corrected."""
    for error in errors:
        names = dict.fromkeys(name for name, where in empty if where == str(error.where))
        if names and isinstance(error, ConfigError):
            listed = " and ".join(names)
            error.variable = next(iter(names))
            error.what += f" ({listed} {'is' if len(names) == 1 else 'are'} not set)"
            error.fix = f"Set {listed} in .phlo/.env, or write a default: ${{{error.variable}:-VALUE}}."


def without(value: Any, removed: set[Keys], keys: Keys = ()) -> Any:
    """A copy of nested `value` without what is at the keys `removed`."""
    if not removed:
        return value
    if isinstance(value, Mapping):
        inside = {key: (*keys, str(key)) for key in value}
        return {key: without(item, removed, inside[key]) for key, item in value.items() if inside[key] not in removed}
    if isinstance(value, (list, tuple)):
        return [
            without(item, removed, (*keys, index)) for index, item in enumerate(value) if (*keys, index) not in removed
        ]
    return value


def _read(name: str, value: Any, at: At, fragments: dict[str, Any]) -> None:
    if name.startswith("x-"):
        return
    if value is None:
        if name in _NULLABLE:
            fragments[name] = UNSET
        return
    row = ATTRIBUTES.get(name)
    if row is None:
        what = f'"{name}" is not an attribute of a service'
        at.errors.append(at[name].error(what, did_you_mean(name, ATTRIBUTES)))
    elif row.support is Support.REFUSED:
        at.errors.append(at[name].error("is not supported", row.note))
    elif row.support is Support.WARNED:
        at[name].warn(row.note)
    elif row.read is not None:
        fragment = at[name].attempt(row.read, value)
        # None: an empty text, which takes away what an earlier part says.
        fragments[name] = UNSET if fragment is None else fragment


def _move_port(merged: Merged, part: Part, value: Any, at: At) -> None:
    here = At(part.where, part.root)["port"].sharing(at)
    given = merged.values.get("ports")
    if not given:
        fix = f'Write ports: ["{value}:CONTAINER_PORT"] instead.'
        raise here.error("the service publishes no port that could be moved", fix)
    moved = ports.moved(given, value, here)
    merged.values["ports"] = Items.of(
        (port, place if port == before else (part, ("port",)))
        for (port, place), before in zip(moved.pairs, given, strict=True)
    )


def _assembled(merged: Merged, at: At) -> ComposeService:
    """Bring together what several attributes say of one thing."""
    values: dict[str, Any] = {}
    for name, fragment in merged.values.items():
        finish = ATTRIBUTES[name].finish
        value = _plain(fragment)
        values[name] = value if finish is None else at[name].attempt(finish, value)
    values = {name: value for name, value in values.items() if value is not None}
    values.pop("isolation", None)  # `default` is the only one on Linux
    _fold_deploy(values, at)
    _fold_environment(values)
    _fold_files(values)
    _fold_labels(values)
    _fold_devices(values)
    values["links"] = (*values.get("links", ()), *values.pop("external_links", ()))
    check(values, at)
    if "network_mode" not in values:
        values["networks"] = values.get("networks") or (ServiceNetwork(key="default"),)
    values["depends_on"] = _dependencies(values)
    return ComposeService(**values)


def _plain(fragment: Any) -> Any:
    """A fragment with tuples and mappings only."""
    if isinstance(fragment, Mapping):
        return {key: _plain(item) for key, item in fragment.items()}
    return tuple(fragment) if isinstance(fragment, Items) else fragment


def _fold_deploy(values: dict[str, Any], at: At) -> None:
    deploy: Deploy = values.pop("deploy", Deploy())
    for name, value in deploy.attributes.items():
        if values.setdefault(name, value) != value:
            what = f"{name} ({values[name]}) and deploy ({value}) say different things"
            at.errors.append(at[name].error(what, "Keep one of the two."))
    if deploy.restart:
        given = values.get("restart")
        if given and (given.name, given.max_retries) != (deploy.restart.name, deploy.restart.max_retries):
            at["restart"].warn("has no effect, because deploy.restart_policy is given")
        values["restart"] = deploy.restart
    values["in_swarm"] = deploy.in_swarm
    values["device_requests"] = (*values.pop("gpus", ()), *deploy.device_requests)


def _fold_environment(values: dict[str, Any]) -> None:
    given: Mapping[str, Text | None] = values.pop("environment", {})
    values["environment"] = {name: value for name, value in given.items() if value is not None}
    values["environment_from_host"] = tuple(name for name, value in given.items() if value is None)


def _fold_files(values: dict[str, Any]) -> None:
    """Label files below the labels given here, security options without their files."""
    label_files: LabelFiles = values.pop("label_file", LabelFiles())
    security: SecurityOptions = values.pop("security_opt", SecurityOptions())
    values["labels"] = {**label_files.labels, **values.get("labels", {})}
    values["security_opt"] = security.options
    values["read_files"] = (*label_files.paths, *security.paths)


def _fold_labels(values: dict[str, Any]) -> None:
    for name in ("labels", "annotations"):
        given: Mapping[str, Text | None] = values.get(name, {})
        values[name] = {key: "" if value is None else value for key, value in given.items()}


def _fold_devices(values: dict[str, Any]) -> None:
    devices: Devices = values.pop("devices", Devices())
    values["devices"] = devices.host
    values["device_requests"] = (*values["device_requests"], *devices.requests)


def _dependencies(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`depends_on`, with what links, volumes_from and `service:` modes need (as Compose infers them)."""
    found = dict(values.get("depends_on", {}))
    for name in ("network_mode", "ipc", "pid"):
        kind, _, service = (values.get(name) or "").partition(":")
        if kind == "service":
            # The namespace ends with the other one's process, whatever `depends_on` says.
            found[service] = {**found.get(service, dependency("service_started")), "restart": True}
    for link in values["links"]:
        if link.service:
            found.setdefault(link.service, dependency("service_started", restart=True))
    for other in values.get("volumes_from", ()):
        if other.service:
            found.setdefault(other.service, dependency("service_started"))
    return found
