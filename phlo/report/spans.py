"""A run as OpenTelemetry spans: one for the run, and in it one for each step and each roll-back.

Made of events alone, so that what is masked there is masked here. Needs the extra `phlo[otel]`; nothing of it is
loaded unless spans are asked for. Source of names and forms: the OpenTelemetry specification, Trace API and SDK.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import phlo
from phlo.events import (
    Event,
    ItemFinished,
    Note,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
    UndoFinished,
    UndoStarted,
)
from phlo.report.run_state import BAD
from phlo.values import Status

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span, Tracer


def send_spans(
    project: str, events: Sequence[Event], *, endpoint: str | None, environ: Mapping[str, str]
) -> str | None:
    """Send the spans of one run over OTLP/HTTP. Gives what went wrong, None when they were taken.

    endpoint: base address of the receiver; None takes the standard variables. TRACEPARENT (W3C Trace Context) in
    `environ` makes the run a part of the caller's trace.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    resource = Resource.create({"service.name": environ.get("OTEL_SERVICE_NAME") or "phlo"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    add_spans(provider.get_tracer("phlo", phlo.__version__), project, events, environ.get("TRACEPARENT", ""))
    finished: tuple[ReadableSpan, ...] = kept.get_finished_spans()
    url = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
    told = _Told()
    logger = logging.getLogger("opentelemetry")
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(told)
    try:
        exporter = OTLPSpanExporter(endpoint=url)
        is_taken = exporter.export(finished) is SpanExportResult.SUCCESS
        exporter.shutdown()  # type: ignore[no-untyped-call]
    finally:
        logger.removeHandler(told)
        logger.propagate = propagates
    return None if is_taken else (told.lines[-1] if told.lines else "the receiver did not take them")


class _Told(logging.Handler):
    """Keeps what the exporter would have logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def add_spans(tracer: Tracer, project: str, events: Iterable[Event], parent: str = "") -> None:
    """Start and end the spans of the events of one run, at the times that the events have."""
    from opentelemetry.trace import set_span_in_context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    above = TraceContextTextMapPropagator().extract({"traceparent": parent})
    run: Span | None = None
    last = 0.0
    undone: dict[tuple[str, str], float] = {}
    progress: dict[str, list[StepProgress]] = {}
    items: dict[str, list[ItemFinished]] = {}
    for event in events:
        last = event.time
        if run is None:
            facts = {"phlo.project": project, "phlo.run": event.run, "phlo.version": phlo.__version__}
            title = event.title if isinstance(event, RunStarted) else ""
            run = tracer.start_span(f"phlo {title}".strip(), above, attributes=facts, start_time=_ns(event.time))
        within = set_span_in_context(run)
        match event:
            case StepStarted():
                progress[str(event.step)] = []
            case StepProgress():
                progress.setdefault(str(event.step), []).append(event)
            case ItemFinished():
                items.setdefault(str(event.step), []).append(event)
            case StepFinished():
                name = " ".join(filter(None, (event.step.operation, event.step.service))) or str(event.step)
                began = event.time - (event.seconds or 0.0)
                span = tracer.start_span(name, within, attributes=_attributes(event), start_time=_ns(began))
                for line in progress.pop(str(event.step), ()):
                    span.add_event(line.message, timestamp=_ns(line.time))
                for item in items.pop(str(event.step), ()):
                    inside = set_span_in_context(span)
                    began = item.time - (item.seconds or 0.0)
                    of_item = tracer.start_span(item.item, inside, attributes=_attributes(item), start_time=_ns(began))
                    _end(of_item, item)
                _end(span, event)
            case UndoStarted():
                undone[event.host, event.service] = event.time
            case UndoFinished():
                began = undone.pop((event.host, event.service), event.time)
                name = f"roll back {event.service}"
                span = tracer.start_span(name, within, attributes=_attributes(event), start_time=_ns(began))
                _end(span, event)
            case Note():
                run.add_event(event.message, timestamp=_ns(event.time))
            case RunFinished():
                run.set_attribute("phlo.result", event.result)
                _mark(run, event.result in ("failed", "rolled_back", "unreachable"), event.result)
    if run is not None:
        run.end(_ns(last))


def _attributes(event: ItemFinished | StepFinished | UndoFinished) -> dict[str, Any]:
    step = None if isinstance(event, UndoFinished) else event.step
    about = event if isinstance(event, UndoFinished) else event.step
    changes = () if isinstance(event, UndoFinished) else event.changes
    counted = [change for change in changes if change.is_counted]
    found = {
        "phlo.step": str(step) if step else None,
        "phlo.host": about.host,
        "phlo.service": about.service,
        "phlo.operation": step.operation if step else None,
        "phlo.status": event.status.value,
        "phlo.changes": [f"{change.verb} {change.at}" for change in counted],
        "phlo.causes": [cause for change in counted for cause in change.causes],
        "phlo.detail": list(event.detail),
    }
    return {key: value for key, value in found.items() if value}


def _end(span: Span, event: ItemFinished | StepFinished | UndoFinished) -> None:
    is_tolerated = not isinstance(event, UndoFinished) and event.is_tolerated
    _mark(span, event.status in BAD and event.status is not Status.BLOCKED and not is_tolerated, event.message)
    span.end(_ns(event.time))


def _mark(span: Span, is_bad: bool, message: str) -> None:
    from opentelemetry.trace import StatusCode

    if is_bad:
        span.set_status(StatusCode.ERROR, message)


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
