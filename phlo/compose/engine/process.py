"""What runs in a container: attributes with a form of their own in the Engine API."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from phlo.compose.engine.column import DockerNames, without_empty
from phlo.compose.engine.fact import Fact, Facts, duration
from phlo.values import join

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService

SECOND = 1_000_000_000

_HEALTH_TIMES = (
    ("Interval", "interval"),
    ("Timeout", "timeout"),
    ("StartPeriod", "start_period"),
    ("StartInterval", "start_interval"),
)


def command(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (None if service.command is None else list(service.command),)


def entrypoint(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """An empty list clears the image's entry point, and keeps its command."""
    return (None if service.entrypoint is None else list(service.entrypoint),)


def environment(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """A name without "=" removes the image's variable."""
    given = [join((name, "=", value)) for name, value in sorted(service.environment.items())]
    return ([*given, *service.environment_from_host],)


def folder_facts(term: str, path: str | None) -> Facts:
    folder = posixpath.normpath(path or "/")
    if folder != "/":
        yield term, Fact(folder, folder)


def stop_grace_period(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """In whole seconds, which is all that the engine takes."""
    period = service.stop_grace_period
    return (None if period is None else math.ceil(period / SECOND),)


def healthcheck(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    check = service.healthcheck
    if check is None:
        return (None,)
    given = {
        "Test": list(check.test),
        "Interval": check.interval,
        "Timeout": check.timeout,
        "StartPeriod": check.start_period,
        "StartInterval": check.start_interval,
        "Retries": check.retries,
    }
    return (without_empty(given),)


def health_facts(term: str, check: Mapping[str, Any] | None) -> Facts:
    check = check or {}
    if check.get("Test"):
        yield f"{term}.test", Fact(tuple(check["Test"]))
    for key, part in _HEALTH_TIMES:
        if check.get(key):
            yield f"{term}.{part}", Fact(check[key], duration(check[key]))
    if check.get("Retries"):
        yield f"{term}.retries", Fact(check["Retries"], str(check["Retries"]))


def restart(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    policy = service.restart
    return (policy and {"Name": policy.name, "MaximumRetryCount": policy.max_retries},)


def restart_facts(term: str, policy: Mapping[str, Any] | None) -> Facts:
    policy = policy or {}
    name, count = policy.get("Name", ""), policy.get("MaximumRetryCount") or 0
    if name not in ("", "no"):
        yield term, Fact((name, count), name + (f":{count}" if count else ""))


def logging(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    log = service.logging
    return (log and {"Type": log.driver or "", "Config": dict(sorted(log.options.items()))},)


def logging_facts(term: str, log: Mapping[str, Any] | None) -> Facts:
    log = log or {}
    if log.get("Type", "") not in ("", "json-file"):
        yield f"{term}.driver", Fact(log["Type"], log["Type"])
    for name, value in (log.get("Config") or {}).items():
        yield f"{term}.options.{name}", Fact(value)
