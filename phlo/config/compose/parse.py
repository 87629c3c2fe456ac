"""From one service in Compose-specification syntax to a `ComposeService`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.config.compose.attributes import HONOURED, REFUSED, WARNED
from phlo.config.compose.conflicts import check
from phlo.config.compose.files import LabelFiles, SecurityOptions
from phlo.config.compose.limits import Deploy, Devices
from phlo.config.compose.model import ComposeService, ServiceNetwork
from phlo.config.compose.networks import dependency
from phlo.config.compose.reading import At, mapping
from phlo.errors import did_you_mean, first_of
from phlo.frozen import replace
from phlo.values import Text


def parse_service(raw: Mapping[str, Any], *, where: Callable[..., str], root: Path) -> ComposeService:
    """Check and normalize one service.

    raw:   its attributes, merged and interpolated; texts are `str | Secret`.
    where: the position of a key path in the user's files, for errors: `where("ports", 0)`.
    root:  the folder that relative paths start at.
    Raises ConfigError with every error found.
    """
    at = At(where, root)
    values: dict[str, Any] = {}
    for name, value in mapping(raw, at).items():
        _read(name, value, at, values)
    service = _assembled(values, at)
    if at.errors:
        raise first_of(at.errors)
    return replace(service, warnings=tuple(at.warnings))


def _read(name: str, value: Any, at: At, values: dict[str, Any]) -> None:
    if name.startswith("x-") or value is None:
        return
    if name in HONOURED:
        parsed = at[name].attempt(HONOURED[name], value)
        if parsed is not None:
            values[name] = parsed
    elif name in WARNED:
        at[name].warn(WARNED[name])
    elif name in REFUSED:
        at.errors.append(at[name].error("is not supported", REFUSED[name]))
    else:
        known = (*HONOURED, *WARNED, *REFUSED)
        at.errors.append(at[name].error(f'"{name}" is not an attribute of a service', did_you_mean(name, known)))


def _assembled(values: dict[str, Any], at: At) -> ComposeService:
    """Bring together what several attributes say of one thing."""
    values.pop("isolation", None)  # `default` is the only one there is on Linux
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


def _fold_deploy(values: dict[str, Any], at: At) -> None:
    deploy: Deploy = values.pop("deploy", Deploy())
    for name, value in deploy.attributes.items():
        if values.setdefault(name, value) != value:
            what = f"{name} ({values[name]}) and deploy ({value}) say different things"
            at.errors.append(at[name].error(what, "Keep one of the two."))
    if deploy.restart and values.setdefault("restart", deploy.restart) != deploy.restart:
        at["deploy"]["restart_policy"].warn('is not used, for "restart" is given')
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
            found.setdefault(service, dependency("service_started", restart=True))
    for other in (*values["links"], *values.get("volumes_from", ())):
        if other.service:
            found.setdefault(other.service, dependency("service_started"))
    return found
