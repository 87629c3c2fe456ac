"""A run of playbooks as lines, as a picture, and in its recap."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.events import Event, TaskId
from phlo.report.drawing import drawn
from phlo.report.play_picture import PlayState
from phlo.report.plays import PlayLines, recap
from phlo.report.style import Style
from phlo.values import Change, Status
from tests.support.events import event

PLAIN = Style()
SCRIPT = "set -e\n" + "sleep 1\n" * 14 + "echo done"


def task(name: str, host: str = "local", number: int = 1) -> TaskId:
    return TaskId(host=host, play="deploy", number=number, name=name, operation="command")


def lines(*events: Event, **form: Any) -> list[str]:
    written: list[str] = []
    show = PlayLines(written.append, PLAIN, **form)
    for one in events:
        show(one)
    return written


def ended(name: str, status: Status, **fields: Any) -> Event:
    return event("step_finished", task(name), status=status, **fields)


def test_a_failed_task_names_its_file_and_line() -> None:
    found = lines(ended("check", Status.FAILED, message="web: exit 3", where="site.yaml:12", detail=("last line",)))
    assert found == ["  ✗ check  web: exit 3", "      at site.yaml:12", "      last line"]


@pytest.mark.parametrize(("field", "word"), [("is_ignored", "ignored"), ("is_rescued", "rescued")])
def test_a_failure_that_does_not_count_looks_like_one_that_does_not(field: str, word: str) -> None:
    found = lines(ended("check", Status.FAILED, message="exit 3", where="site.yaml:12", **{field: True}))
    assert found[0] == f"  ! check  {word}: exit 3"
    assert "at site.yaml:12" in found[1]


def test_a_task_that_is_named_after_its_script_takes_one_line() -> None:
    change = Change(at=f"command:{SCRIPT}", verb="run", causes=("asked for",))
    assert lines(ended(SCRIPT, Status.CHANGED, changes=(change,))) == ["  ~ set -e …  ran command set -e …"]
    assert "sleep 1" in "\n".join(lines(ended(SCRIPT, Status.CHANGED, changes=(change,)), verbosity=1))


def test_a_diff_has_colours() -> None:
    written: list[str] = []
    PlayLines(written.append, Style(True))(ended("write", Status.CHANGED, detail=("@@ -1 +1 @@", "-red", "+blue")))
    assert [line[2:4] for line in written[1:]] == ["36", "31", "32"]


def test_items_take_the_place_of_their_task() -> None:
    item = event("item_finished", task("sleep"), item="0.3", status=Status.CHANGED)
    assert lines(item, ended("sleep", Status.CHANGED)) == ["  ~ sleep  [0.3]"]


def test_the_picture_shows_the_tasks_that_run_and_counts_what_does_not_fit() -> None:
    state = PlayState()
    state.take(event("run_started", title="play site.yaml"))
    state.take(event("play_started", play="deploy", hosts=("a", "b")))
    state.take(event("step_started", task("check", "a", 1)))
    state.take(event("step_finished", task("check", "a", 1), status=Status.OK))
    for host in ("a", "b", "c"):
        state.take(event("step_started", task("install", host, 2), time=1))
    state.take(event("step_progress", task("install", "b", 2), time=2, message="[red]half[/red]"))
    style = Style(width=60, is_terminal=True)
    whole = drawn(state.picture(3.0, 24), style).splitlines()
    assert whole[0].split(maxsplit=1)[1] == "deploy  1 task done  3.0s"
    assert "b install: [red]half[/red]" in whole[2]
    assert whole[2].endswith("2.0s")
    assert drawn(state.picture(3.0, 3), style).splitlines()[-1].split() == ["…", "2", "more"]


def test_what_was_rescued_or_ignored_does_not_count_as_failed() -> None:
    hosts = {"a": {"ok": 3, "failed": 2, "rescued": 1, "ignored": 1}, "b": {"ok": 1, "failed": 1}}
    found = recap(hosts, PLAIN, 1.0).splitlines()
    assert found[0] == "✓ a  3 ok, 1 rescued, 1 ignored"
    assert found[1].startswith("✗ b  1 ok, 1 failed")
