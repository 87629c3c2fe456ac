from __future__ import annotations

import subprocess
import sys

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from phlo.events import Event, TaskId
from phlo.report.spans import add_spans
from phlo.values import Change, Status
from tests.support.events import event


def spans_of(*events: Event) -> list[ReadableSpan]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    add_spans(provider.get_tracer("test"), "lake", events)
    return list(kept.get_finished_spans())


def test_each_item_of_a_loop_is_a_span_of_its_own() -> None:
    task = TaskId(host="local", play="site", number=1, name="copy files", operation="copy")
    items = [
        event("item_finished", task, time=2.0 + item, item=str(item), status=Status.CHANGED, seconds=1.0)
        for item in range(2)
    ]
    end = event("step_finished", task, time=3.0, status=Status.CHANGED, seconds=2.0)
    spans = spans_of(event("run_started", time=1.0, title="play"), event("step_started", task, time=1.0), *items, end)
    times = [(span.name, span.start_time, span.end_time) for span in spans]
    assert times[:2] == [("0", 1_000_000_000, 2_000_000_000), ("1", 2_000_000_000, 3_000_000_000)]
    assert times[2:] == [("copy", 1_000_000_000, 3_000_000_000), ("phlo play", 1_000_000_000, 3_000_000_000)]
    assert {span.parent and span.parent.span_id for span in spans[:2]} == {spans[2].context.span_id}


def test_a_run_that_was_cut_off_has_a_span_all_the_same() -> None:
    assert [span.name for span in spans_of(event("run_started", time=1.0, title="up"))] == ["phlo up"]


def test_a_tidy_up_is_no_change_and_what_is_blocked_is_no_error() -> None:
    tidy = Change(at="container:a", verb="remove", causes=("left over",), is_counted=False)
    ended = event("step_finished", "local/a/container", time=2.0, status=Status.BLOCKED, changes=(tidy,))
    span = spans_of(event("run_started", time=1.0, title="up"), ended)[0]
    assert span.attributes is not None
    assert "phlo.changes" not in span.attributes
    assert span.status.is_unset


def test_nothing_of_opentelemetry_is_loaded_before_spans_are_sent() -> None:
    code = "import sys, phlo.cli.traced, phlo.report.spans; sys.exit('opentelemetry' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
