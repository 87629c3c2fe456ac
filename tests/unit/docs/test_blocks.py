"""Every command that the documentation shows is run by a test, or listed with the reason why not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.docs.blocks import ROOT, commands, shown_pages, unclear_blocks
from tests.support.pages import PLACES, Run, not_run, runs

PAGES = [str(page.relative_to(ROOT)) for page in shown_pages()]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_or_listed(page: str) -> None:
    shown = commands(text_of(page))
    ran = {command.at for run in runs() if run.page == page for command in run.commands()}
    left_out = not_run().get(page, {})

    missing = [one.text for one in shown if one.at not in ran and one.name not in left_out]
    assert missing == [], "say in tests/support/pages.yaml how to run them, or in not_run.yaml why not"


@pytest.mark.parametrize("page", PAGES)
def test_it_is_clear_what_is_a_command(page: str) -> None:
    assert list(unclear_blocks(text_of(page))) == []


def test_what_is_not_run_is_still_there_and_has_a_reason() -> None:
    stale = [
        (page, name)
        for page, entries in not_run().items()
        for name, reason in entries.items()
        if not reason or page not in PAGES or name not in {command.name for command in commands(text_of(page))}
    ]
    assert stale == []


def test_every_run_has_something_to_run_at_a_known_place() -> None:
    for run in runs():
        assert run.place in PLACES, run.id
        assert run.commands(), run.id


def test_what_a_run_says_of_its_page_is_there() -> None:
    for run in runs():
        for step in run.steps:
            assert run.text.count(step["at"]) == 1, f"{run.id}: {step['at']}"
        named = {*run.meanwhile, *run.codes, *run.varies}
        assert named <= {command.name for command in run.commands()}, run.id
        typed = "\n".join(command.text for command in run.commands())
        assert [shown for shown in run.instead if shown not in typed] == [], run.id


# A command of a page that returns while a run of phlo that it has started goes on.
BACKGROUND = re.compile(r"\bphlo (up|down|rollback|restart)\b.*&$|/api/v1/(actions/|services/\S+/(restart|actions/))")
CHANGES = re.compile(r"\bphlo (?:run )?(?:up|down|stop|start|restart|rollback|remove)\b.*")


def does_not_wait(run: Run) -> list[str]:
    """The commands of a run's set-up that change the project and would fail while a run of the page goes on."""
    started = [one.at for one in run.commands() if BACKGROUND.search(one.text)]
    later = [step["run"] for step in run.steps if started and run.text.index(step["at"]) >= started[0]]
    return [found for script in later for found in CHANGES.findall(script) if "--lock-timeout" not in found]


@pytest.mark.parametrize("run", runs(), ids=lambda run: run.id)
def test_a_set_up_waits_for_the_run_that_its_page_left_in_the_background(run: Run) -> None:
    assert does_not_wait(run) == []


def test_a_set_up_that_does_not_wait_is_found() -> None:
    (api,) = (run for run in runs() if run.page == "docs/guides/api.md")
    hasty = [{**step, "run": step["run"].replace("--lock-timeout", "--forks")} for step in api.steps]

    assert len(does_not_wait(replace(api, steps=hasty))) == 1


# -- reading a page ------------------------------------------------------------------------------------------


def test_a_session_is_commands_with_what_they_print(tmp_path: Path) -> None:
    text = "# A\n\n```console\n$ one \\\n    more\nsaid\n$ two   # a remark\n```\n"

    first, second = commands(text)

    assert (first.text, first.shown, first.under) == ("one \\\n    more", ("said",), "A")
    assert (second.name, second.shown) == ("two", ())
    assert text[second.at :].startswith("$ two")


def test_a_script_is_a_command_for_each_line_or_one_when_it_names_its_shell() -> None:
    assert [one.text for one in commands("```sh\none\n\n# remark\ntwo \\\n  more\n```\n")] == ["one", "two \\\n  more"]
    assert [one.text for one in commands("```sh\n#!/bin/sh\none\ntwo\n```\n")] == ["#!/bin/sh\none\ntwo\n"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```\nphlo up\n```\n", "without a language"),
        ("```text\n$ phlo up\n```\n", "in a block of text"),
        ("Text.\n\n    phlo up\n", "an indented block"),
        ("1. A list\n\n   with text\n\n```yaml\na: b\n```\n", None),
    ],
)
def test_a_block_that_may_hold_commands_unseen_is_found(text: str, problem: str | None) -> None:
    found = list(unclear_blocks(text))

    assert [bool(problem and problem in one) for one in found] == ([True] if problem else [])
