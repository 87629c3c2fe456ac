"""A run's events as lines, as a live picture, as a plan and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from phlo.events import Event, StepFinished, StepProgress
from phlo.events_json import event_from_json, event_line, event_to_json
from phlo.frozen import replace
from phlo.report.jsonl import JsonLines
from phlo.report.lines import Lines
from phlo.report.plan import plan_data, plan_text
from phlo.report.plan_markdown import MOST_CHARACTERS, plan_markdown
from phlo.report.run_state import RunState
from phlo.report.style import Style
from phlo.values import Change, Status, Step
from tests.support.events import event

PLAIN = Style(is_coloured=False, width=80)


def change(at: str, verb: str, *causes: str, is_counted: bool = True) -> Change:
    return Change(at=at, verb=verb, causes=causes, is_counted=is_counted)


def step(service: str, operation: str, host: str = "local") -> Step:
    return Step(host=host, service=service, name=operation, operation=operation, args=None)


NETWORK, WEB_IMAGE, WEB, WEB_READY, DB, DB_READY, JOB = (
    step("", "network"),
    step("web", "image"),
    step("web", "container"),
    step("web", "wait"),
    step("db", "container"),
    step("db", "wait"),
    step("job", "container"),
)
STEPS = (NETWORK, WEB_IMAGE, WEB, WEB_READY, DB, DB_READY, JOB)


def good_run() -> Iterator[Event]:
    yield event("run_started", title="up")
    yield event("step_started", NETWORK)
    yield event(
        "step_finished", NETWORK, status=Status.CHANGED, changes=(change("network:lake", "create", "not found"),)
    )
    yield event("step_started", WEB_IMAGE, time=1)
    yield event("step_progress", WEB_IMAGE, time=2, message="step 1/9")
    yield event("step_progress", WEB_IMAGE, time=7, message="step 4/9")
    yield event("step_progress", WEB_IMAGE, time=8, message="step 5/9")
    build = change("image:lake/web:1-ab", "build", "recipe changed: 1-aa -> 1-ab")
    yield event("step_finished", WEB_IMAGE, time=9, status=Status.CHANGED, changes=(build,), seconds=8.0)
    yield event("step_started", WEB, time=9)
    causes = ("image: 1-aa -> 1-ab", "environment.A added", "environment.B added", "ports changed", "user: 0 -> 1")
    yield event(
        "step_finished",
        WEB,
        time=9.5,
        status=Status.CHANGED,
        changes=(change("container:lake-web-1", "recreate", *causes),),
        seconds=0.5,
    )
    yield event("step_started", WEB_READY, time=9.5)
    waited = change("container:lake-web-1", "wait", "health: starting", is_counted=False)
    yield event("step_finished", WEB_READY, time=12, status=Status.OK, changes=(waited,), seconds=2.5)
    yield event("step_finished", DB, time=12, status=Status.OK, seconds=0.01)
    yield event("step_finished", DB_READY, time=12, status=Status.OK, seconds=0.01)
    yield event("step_finished", JOB, time=12, status=Status.SKIPPED, message="nothing changed that it follows")
    yield event("run_finished", time=12, result="changed", seconds=12.0)


def failed_run() -> Iterator[Event]:
    yield event("run_started", title="up")
    yield event("step_started", DB)
    yield event(
        "step_finished", DB, status=Status.CHANGED, changes=(change("container:lake-db-1", "recreate", "asked for"),)
    )
    yield event(
        "step_finished",
        DB_READY,
        time=3,
        status=Status.FAILED,
        message="local db: is unhealthy. See its log.",
        detail=("last log lines:", "  no room"),
        seconds=3.0,
    )
    yield event("undo_started", time=3, host="local", service="db")
    yield event("undo_finished", time=4, host="local", service="db", status=Status.ROLLED_BACK)
    yield event("step_finished", WEB, time=4, status=Status.BLOCKED, message="needs local/db/wait")
    yield event("step_finished", WEB_READY, time=4, status=Status.BLOCKED, message="needs local/web/container")
    yield event("run_finished", time=4, result="rolled_back", seconds=4.0)


def lines(events: Iterable[Event], **options: object) -> list[str]:
    written: list[str] = []
    show = Lines(written.append, PLAIN, STEPS, **options)  # type: ignore[arg-type]
    for one in events:
        show(one)
    return written


def test_a_line_for_each_change_with_cause_and_seconds() -> None:
    few = "image: 1-aa -> 1-ab; environment.A added; environment.B added and 2 more"
    assert lines(good_run()) == [
        "+ (project)  created network lake (not found)",
        "  web        image: step 4/9 (6.0s)",
        "+ web        built image lake/web:1-ab (recipe changed: 1-aa -> 1-ab)  8.0s",
        f"~ web        recreated container lake-web-1 ({few})  0.5s",
        "✓ web        ready  2.5s",
        "✓ 1 created, 1 recreated, 1 unchanged in 12s",
    ]


def test_diff_shows_every_cause() -> None:
    shown = "\n".join(lines(good_run(), is_full=True))
    assert "ports changed; user: 0 -> 1)" in shown


def test_verbose_shows_what_did_not_change_and_very_verbose_what_was_skipped() -> None:
    once, twice = lines(good_run(), verbosity=1), lines(good_run(), verbosity=2)
    assert "  db         container unchanged" in once
    assert not any("skipped" in line or "follows" in line for line in once)
    assert any("nothing changed that it follows" in line for line in twice)


def test_a_failure_shows_its_details_the_roll_back_and_what_it_holds_up() -> None:
    assert lines(failed_run()) == [
        "~ db         recreated container lake-db-1",
        "✗ db         is unhealthy. See its log.  3.0s",
        "    last log lines:",
        "      no room",
        "! db         restoring the previous version",
        "✓ db         rolled back",
        "! web        needs local/db/wait",
        "✗ 1 rolled back, 1 left as they were in 4.0s",
    ]


def test_quiet_says_only_what_went_wrong() -> None:
    assert lines(good_run(), is_quiet=True) == []
    shown = lines(failed_run(), is_quiet=True)
    assert shown[0].startswith("✗ db")
    assert not any(line.startswith(("~", "+")) for line in shown)


def test_a_run_with_nothing_to_do_is_one_line() -> None:
    ended = [event("step_finished", one, status=Status.OK, seconds=0.001) for one in (WEB, DB)]
    assert lines([event("run_started", title="up"), *ended, event("run_finished", result="ok", seconds=0.1)]) == [
        "✓ Nothing to do: all 2 services are as they should be (0.1s)"
    ]


def test_with_several_hosts_each_line_names_its_host() -> None:
    steps = [step("db", "container", host) for host in ("data-1", "data-2")]
    written: list[str] = []
    show = Lines(written.append, PLAIN, steps)
    for one in steps:
        made = change("container:lake-db-1", "create", "not found")
        show(event("step_finished", one, status=Status.CHANGED, changes=(made,)))
    assert [line.split("  ")[0] for line in written] == ["+ data-1 db", "+ data-2 db"]


def check_run() -> Iterator[Event]:
    """`good_run` as check mode has it."""
    for one in good_run():
        match one:
            case StepFinished(status=Status.CHANGED):
                yield replace(one, time=0.0, status=Status.PENDING, seconds=None)
            case StepFinished(status=Status.OK) if one.step.operation == "wait" and one.changes:
                yield replace(one, time=0.0, status=Status.UNKNOWN, seconds=None)
            case StepProgress():
                continue
            case _:
                yield one


def planned() -> RunState:
    state = RunState(STEPS)
    for one in check_run():
        state.take(one)
    return state


def test_a_plan_has_a_cause_on_every_change_and_the_counts() -> None:
    assert plan_text(planned(), PLAIN).splitlines() == [
        "  + (project)  create network lake (not found)",
        "  + web        build image lake/web:1-ab (recipe changed: 1-aa -> 1-ab)",
        "  ~            recreate container lake-web-1",
        "                 image: 1-aa -> 1-ab",
        "                 environment.A added",
        "                 environment.B added",
        "                 ports changed",
        "                 user: 0 -> 1",
        "",
        "1 to create, 1 to recreate, 0 to remove, 1 unchanged",
    ]


def test_a_plan_in_markdown_is_a_table_with_the_causes() -> None:
    cell = "`image: 1-aa -> 1-ab; environment.A added; environment.B added and 2 more`"
    assert plan_markdown(planned(), project="lake", warnings=["a_b is <old>"]).splitlines() == [
        "### phlo plan: `lake`",
        "",
        "**1 to create, 1 to recreate, 0 to remove, 1 unchanged**",
        "",
        "- ⚠️ a\\_b is \\<old\\>",
        "",
        "| | service | change | cause |",
        "|---|---|---|---|",
        "| + | `(project)` | create network lake | `not found` |",
        "| + | `web` | build image lake/web:1-ab | `recipe changed: 1-aa -> 1-ab` |",
        f"| ~ | `web` | recreate container lake-web-1 | {cell} |",
    ]
    assert "`environment.A added`<br>`environment.B added`" in plan_markdown(planned(), project="lake", is_full=True)


def test_a_plan_in_markdown_without_changes_has_no_table() -> None:
    state = RunState([DB])
    state.take(event("step_finished", DB, status=Status.OK))
    assert plan_markdown(state, project="lake").splitlines()[2:] == [
        "**✓ Nothing to do: the service is as it should be**"
    ]


def test_foreign_text_in_markdown_cannot_break_the_table_or_mention_anyone() -> None:
    state = RunState([DB])
    cause = "command: `a` | b\n| c <b>@team</b>"
    state.take(
        event("step_finished", DB, status=Status.PENDING, changes=(change("container:@db|x", "recreate", cause),))
    )
    row = plan_markdown(state, project="lake").splitlines()[-1]
    assert row == "| ~ | `db` | recreate container @\u200bdb\\|x | `command: 'a' \\| b \\| c <b>@team</b>` |"


def test_a_failed_step_is_a_row_of_the_markdown_plan() -> None:
    state = RunState([DB])
    state.take(event("step_finished", DB, status=Status.FAILED, message="local db: no engine", detail=("line 1",)))
    assert "| ✗ | `db` | no engine | `line 1` |" in plan_markdown(state, project="lake").splitlines()


def test_a_long_plan_in_markdown_is_cut_below_the_limit_of_a_comment() -> None:
    steps = [step(f"service-{number}", "container") for number in range(300)]
    state = RunState(steps)
    for one in steps:
        made = change(f"container:{one.service}", "create", "x" * 400)
        state.take(event("step_finished", one, status=Status.PENDING, changes=(made,)))
    text = plan_markdown(state, project="lake")
    assert len(text) <= MOST_CHARACTERS + 100
    assert text.splitlines()[-1].endswith("more rows do not fit here; `phlo plan` prints them.")


def test_a_verbose_plan_lists_unchanged_services() -> None:
    assert "    db         unchanged" in plan_text(planned(), PLAIN, verbosity=1).splitlines()


def test_a_plan_without_changes_says_so() -> None:
    state = RunState([DB])
    state.take(event("step_finished", DB, status=Status.OK))
    assert plan_text(state, PLAIN) == "✓ Nothing to do: the service is as it should be"
    assert plan_data(state, project="lake")["has_changes"] is False


def test_a_plan_as_json_has_what_the_text_has() -> None:
    data = json.loads(json.dumps(plan_data(planned(), project="lake")))
    assert data["v"] == 2
    assert data["has_changes"] is True
    assert (data["counts"]["create"], data["counts"]["recreate"], data["counts"]["unchanged"]) == (1, 1, 1)
    web = next(one for one in data["steps"] if one["id"] == "local/web/container")
    assert web["changes"][0]["causes"][1] == "environment.A added"


def test_every_event_survives_json() -> None:
    for one in [*good_run(), *failed_run()]:
        assert event_from_json(json.loads(event_line(one))) == one


def test_events_are_printed_as_versioned_lines_without_empty_keys() -> None:
    written: list[str] = []
    show = JsonLines(written.append)
    for one in good_run():
        show(one)
    data = [json.loads(line) for line in written]
    assert {one["v"] for one in data} == {2}
    assert all(value not in (None, [], "") for one in data for key, value in one.items() if key != "service")


def test_a_changes_private_data_is_not_in_its_json() -> None:
    secretive = Change(at="file:x", verb="create", causes=("not found",), data={"password": "hunter22"})
    assert "hunter22" not in json.dumps(
        event_to_json(event("step_finished", WEB, status=Status.CHANGED, changes=(secretive,)))
    )


def test_a_script_is_shown_by_its_first_line() -> None:
    script = change("command:sh -ec create() {\n  psql\n}\ncreate", "run", "asked for")
    lines: list[str] = []
    Lines(lines.append, PLAIN, [WEB])(event("step_finished", WEB, status=Status.CHANGED, changes=(script,)))
    assert lines == ["~ web  ran command sh -ec create() { …"]
