from __future__ import annotations

from typing import Any

import pytest

from phlo.image_source import ImageSource
from phlo.operations.container.args import Args
from phlo.operations.container.ending import is_done, may_end, was_stopped


def args(**given: Any) -> Args:
    plain = {"project": "lake", "service": "job", "instance": 1, "name": "lake-job-1", "body": {}, "may_end": True}
    return Args(image=ImageSource(reference="a"), **{**plain, **given})


@pytest.mark.parametrize(
    ("given", "image", "expected"),
    [
        ({}, {}, True),
        ({"may_end": False}, {}, False),
        ({}, {"ExposedPorts": {"80/tcp": {}}}, False),
        ({}, {"Healthcheck": {"Test": ["CMD", "a"]}}, False),
        ({}, {"Healthcheck": {"Test": ["NONE"]}}, True),
        ({"body": {"Cmd": ["psql"]}}, {"ExposedPorts": {"5432/tcp": {}}}, True),
        ({"body": {"Entrypoint": ["psql"]}}, {"Healthcheck": {"Test": ["CMD", "a"]}}, True),
    ],
)
def test_an_image_that_serves_counts_unless_another_command_runs(
    given: dict[str, Any], image: dict[str, Any], expected: bool
) -> None:
    assert may_end(args(**given), image) is expected


def container(status: str, code: int, policy: str = "no", label: str = "no") -> dict[str, Any]:
    return {
        "Config": {"Labels": {"phlo.may-end": label} if label else {}},
        "State": {"Status": status, "ExitCode": code},
        "HostConfig": {"RestartPolicy": {"Name": policy}},
    }


@pytest.mark.parametrize(
    ("found", "done", "stopped"),
    [
        (container("exited", 0), True, False),
        (container("exited", 0, label=""), False, False),
        (container("exited", 3), False, False),
        (container("exited", 143), False, False),
        (container("running", 0), False, False),
        (container("exited", 0, policy="on-failure", label="on-failure"), True, False),
        (container("exited", 0, policy="unless-stopped"), False, True),
        (container("running", 0, policy="unless-stopped"), False, False),
        (container("exited", 0, policy="unless-stopped", label=""), False, False),
    ],
)
def test_a_finished_job_is_told_from_what_was_stopped(found: dict[str, Any], done: bool, stopped: bool) -> None:
    assert (is_done(found), was_stopped(found)) == (done, stopped)
