"""Runs as OpenTelemetry spans, at a receiver that speaks OTLP over HTTP."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.integration.conftest import STAY, Phlo

SENTINEL = "s3ntinel-of-the-spans"
PROJECT = """
name: {name}
services:
  defaults: false
  web:
    type: inline
    image: phlo/test-busybox:1
    command: {stay}
    env_vars: {{TOKEN: {{secret: true}}}}
    environment: {{TOKEN: "${{TOKEN}}", COLOUR: blue}}
    stop_grace_period: 1s
"""


class Receiver:
    """Keeps the spans that are sent to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                is_packed = self.headers.get("Content-Encoding") == "gzip"
                receiver.bodies.append(gzip.decompress(body) if is_packed else body)
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def spans(self) -> dict[str, Span]:
        """The spans that came since the last call, by name."""
        bodies, self.bodies = self.bodies, []
        found = {}
        for body in bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found.update({span.name: span for scope in resource.scope_spans for span in scope.spans})
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, stay=json.dumps(STAY)))
    (tmp_path / ".phlo").mkdir()
    (tmp_path / ".phlo" / ".env").write_text(f"TOKEN={SENTINEL}\n")
    return tmp_path


def fact(span: Span, name: str) -> Any:
    value = next(pair.value for pair in span.attributes if pair.key == name)
    return [one.string_value for one in value.array_value.values] or value.string_value


def test_a_run_is_a_span_with_one_for_each_step_in_it(phlo: Phlo, receiver: Receiver, project: str) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    traceparent = f"00-{trace}-b7ad6b7169203331-01"
    phlo("up", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, TRACEPARENT=traceparent)
    spans = receiver.spans()
    run, made = spans["phlo up"], spans["container web"]
    assert run.trace_id.hex() == trace
    assert run.parent_span_id.hex() == "b7ad6b7169203331"
    assert fact(run, "phlo.project") == project
    assert fact(run, "phlo.result") == "changed"
    assert made.parent_span_id == run.span_id
    assert run.start_time_unix_nano <= made.start_time_unix_nano < made.end_time_unix_nano <= run.end_time_unix_nano
    assert fact(made, "phlo.status") == "changed"
    assert fact(made, "phlo.changes") == [f"create container:{project}-web-1"]
    assert fact(made, "phlo.causes") == ["not found"]


def test_what_failed_and_what_was_put_back_is_told_without_a_secret(
    phlo: Phlo, receiver: Receiver, folder: Path
) -> None:
    phlo("up")
    assert receiver.bodies == []
    text = (folder / "phlo.yaml").read_text()
    broken = json.dumps(["sh", "-c", "echo the token is $$TOKEN; exit 3"])
    (folder / "phlo.yaml").write_text(text.replace(json.dumps(STAY), broken))
    phlo("up", "--otel-endpoint", receiver.url, code=5)
    assert all(SENTINEL.encode() not in body for body in receiver.bodies)
    spans = receiver.spans()
    assert spans["wait web"].status.code == Status.STATUS_CODE_ERROR
    assert "exit status 3" in spans["wait web"].status.message
    assert "  the token is ***" in fact(spans["wait web"], "phlo.detail")
    assert fact(spans["roll back web"], "phlo.status") == "rolled-back"
    assert spans["phlo up"].status.code == Status.STATUS_CODE_ERROR


def test_a_playbook_is_told_as_well(phlo: Phlo, receiver: Receiver, folder: Path) -> None:
    (folder / "site.yaml").write_text("- hosts: all\n  tasks:\n    - {name: say it, debug: {msg: hello}}\n")
    phlo("run", "play", "site.yaml", "--otel-endpoint", receiver.url)
    assert "debug" in receiver.spans()


def test_a_receiver_that_does_not_answer_is_a_warning(phlo: Phlo) -> None:
    told = phlo("up", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT="1").stderr
    assert "the spans of this run were not delivered" in told
    assert "Traceback" not in told


def test_without_the_extra_it_is_said_what_to_install(phlo: Phlo, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden" / "opentelemetry"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError\n")
    told = phlo("up", "--otel-endpoint", "http://127.0.0.1:9", code=3, PYTHONPATH=str(hidden.parent)).stderr
    assert "OpenTelemetry is not installed. Install it: pip install opentelemetry-sdk" in told
    told = phlo("up", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", PYTHONPATH=str(hidden.parent)).stderr
    assert "OTEL_EXPORTER_OTLP_ENDPOINT: OpenTelemetry is not installed; no spans are sent" in told


@pytest.mark.parametrize(
    "variable",
    [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}, {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}],
)
def test_the_standard_switches_are_heeded(variable: dict[str, str], phlo: Phlo, receiver: Receiver) -> None:
    phlo("up", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **variable)
    assert receiver.bodies == []
