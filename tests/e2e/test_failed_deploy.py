"""examples/failed-deploy: what a client notices of a deploy that fails, and of one that works."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.conftest import Example

EXAMPLE = "failed-deploy"


@contextmanager
def asking(argv: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_no_request_is_lost_but_while_a_host_port_is_handed_over(
    example: Example, capsys: pytest.CaptureFixture[str]
) -> None:
    example.phlo("up")
    ask = ["perl", str(example.folder / "client" / "ask"), f"127.0.0.1:{example.ports[0]}"]
    with asking(ask) as outside:
        assert outside.stdout is not None
        assert outside.stdout.readline() == "version 1\n"
        example.edit('VERSION: "1"', "VERSION: broken")
        told = example.phlo("up", code=5)
        assert "is unhealthy" in told
        assert "putting back" in told
        while_failing = example.phlo("logs", "client")
        example.edit("VERSION: broken", 'VERSION: "2"')
        example.phlo("up")
        deadline = time.monotonic() + 60
        while "version 2" not in example.phlo("logs", "client"):
            assert time.monotonic() < deadline, "the client never met version 2"
        example.phlo("stop", "client")
        outside.send_signal(signal.SIGTERM)
        at_port = outside.stdout.read()
    by_name = example.phlo("logs", "client")

    assert while_failing.splitlines() == ["version 1"]
    assert by_name.splitlines()[:2] == ["version 1", "version 2"]
    assert re.search(r"^\d+ requests, 0 failed$", by_name, re.MULTILINE), by_name
    # Only once, on the way to the version that works: nothing stands before it.
    assert re.match(r"(worked again after [\d.]+ s\n)?version 2\n\d+ requests, \d+ failed\n$", at_port), at_port
    with capsys.disabled():
        print(
            f"\nfailed-deploy: by name: {by_name.splitlines()[-1]}; at a host port: {'; '.join(at_port.splitlines())}"
        )
