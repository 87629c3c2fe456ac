from __future__ import annotations

import subprocess
import sys

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from phlo.report.spans import add_spans
from phlo.values import Change, Event, Status


def spans_of(*events: Event) -> list[ReadableSpan]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    add_spans(provider.get_tracer("test"), "lake", events)
    return list(kept.get_finished_spans())


def event(kind: str, time: float, **fields: object) -> Event:
    return Event(kind=kind, time=time, run="r1", **fields)  # type: ignore[arg-type]


def test_each_item_of_a_loop_is_a_span_of_its_own() -> None:
    ends = [
        event("step_finished", 2.0 + item, step="1", operation="copy", status=Status.CHANGED, seconds=1.0)
        for item in range(2)
    ]
    spans = spans_of(event("run_started", 1.0, message="play"), event("step_started", 1.0, step="1"), *ends)
    times = [(span.name, span.start_time, span.end_time) for span in spans]
    assert times[:2] == [("copy", 1_000_000_000, 2_000_000_000), ("copy", 2_000_000_000, 3_000_000_000)]
    assert times[2] == ("phlo play", 1_000_000_000, 3_000_000_000)


def test_a_run_that_was_cut_off_has_a_span_all_the_same() -> None:
    assert [span.name for span in spans_of(event("run_started", 1.0, message="up"))] == ["phlo up"]


def test_a_tidy_up_is_no_change_and_what_is_blocked_is_no_error() -> None:
    tidy = Change(at="container:a", verb="remove", causes=("left over",), is_counted=False)
    ended = event("step_finished", 2.0, step="1", operation="container", status=Status.BLOCKED, changes=(tidy,))
    span = spans_of(event("run_started", 1.0), ended)[0]
    assert span.attributes is not None
    assert "phlo.changes" not in span.attributes
    assert span.status.is_unset


def test_nothing_of_opentelemetry_is_loaded_before_spans_are_sent() -> None:
    code = "import sys, phlo.cli.traced, phlo.report.spans; sys.exit('opentelemetry' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
