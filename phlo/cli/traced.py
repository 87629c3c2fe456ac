"""Sending a run to an OpenTelemetry receiver, when that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from phlo.cli.shell import Shell
from phlo.errors import ConfigError
from phlo.events import Emit, Event

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_INSTALL = "Install it: pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http."


@contextmanager
def traced(shown: Emit, project: str, options: Any, shell: Shell) -> Iterator[Emit]:
    """Pass events on, and send them as spans once the run has ended.

    Asked for by --otel-endpoint, or by the standard variables. What comes from the variables, which may be meant for
    other programs, never makes a run fail; neither does a receiver that does not answer.
    """
    endpoint = getattr(options, "otel_endpoint", None)
    if endpoint is None and not _is_asked_for(shell.environ):
        yield shown
        return
    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        fix = "Write http:// or https:// before it, e.g. http://localhost:4318."
        raise ConfigError(f'"{endpoint}" is not an address', where="--otel-endpoint", fix=fix)
    reason = _reason_against(endpoint, shell.environ)
    if reason is not None:
        if endpoint is not None:
            raise ConfigError(reason, where="--otel-endpoint", fix=_INSTALL)
        _warn(options, shell, f"{_asking(shell.environ)}: {reason}; no spans are sent")
        yield shown
        return
    events: list[Event] = []

    def take(event: Event) -> None:
        events.append(event)
        shown(event)

    try:
        yield take
    finally:
        if events:
            from phlo.report.spans import send_spans

            problem = send_spans(project, events, endpoint=endpoint, environ=shell.environ)
            if problem is not None:
                _warn(options, shell, f"the spans of this run were not delivered: {problem}")


def _is_asked_for(environ: Mapping[str, str]) -> bool:
    is_off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none"
    return bool(_asking(environ)) and not is_off


def _asking(environ: Mapping[str, str]) -> str:
    """The variable that asks for spans."""
    return next((name for name in _ENDPOINTS if environ.get(name)), "")


def _reason_against(endpoint: str | None, environ: Mapping[str, str]) -> str | None:
    """Why no spans can be sent, None when they can."""
    from importlib.util import find_spec

    protocol = next((environ[name] for name in _PROTOCOLS if environ.get(name)), _PROTOCOL)
    if endpoint is None and protocol != _PROTOCOL:
        return f'phlo speaks {_PROTOCOL}, not "{protocol}"'
    try:
        is_there = find_spec("opentelemetry.exporter.otlp.proto.http.trace_exporter") is not None
    except ImportError:
        is_there = False
    return None if is_there else "OpenTelemetry is not installed"


def _warn(options: Any, shell: Shell, text: str) -> None:
    shell.tell(f"{shell.style(options, err=True).sign('!')} {text}")
