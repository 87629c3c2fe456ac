"""Plays: order, conditions, loops, blocks, handlers, includes, and signals."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from phlo.errors import ConfigError
from phlo.events import ItemFinished, RunFinished
from phlo.hosts.host import Host
from phlo.values import Change
from tests.unit.playbook.conftest import RunPlay, Touch, TouchArgs


def test_a_task_changes_something_once(play: RunPlay) -> None:
    touch = Touch()
    text = "- hosts: all\n  tasks: [{name: t, touch: one}]"

    assert play(text, touch=touch).ended("t") == ["changed"]
    assert play(text, touch=touch).ended("t") == ["ok"]


def test_check_mode_applies_nothing_and_says_what_would_change(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: t, touch: one, register: r}
            - {name: later, debug: {msg: "{{ r.path }}"}}
        """,
        check=True,
    )

    assert ran.touched == {}
    assert (ran.ended("t"), ran.ended("later")) == (["pending"], ["unknown"])
    assert ran.outcome.status == "pending"


CONDITIONS = {
    "when: false": "skipped",
    "when: 1 == 1": "changed",
    "when: [true, rank is defined]": "skipped",
    "when: missing | default(false)": "skipped",
    "when: \"'yes' | bool\"": "changed",
    "changed_when: false": "ok",
    "changed_when: r.path == 'two'": "ok",
    "failed_when: r.path == 'one'": "failed",
}


@pytest.mark.parametrize("keyword", CONDITIONS)
def test_conditions_decide_how_a_task_ends(keyword: str, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  tasks:\n    - name: t\n      touch: one\n      register: r\n      {keyword}\n")

    assert ran.ended("t") == [CONDITIONS[keyword]]


def test_a_loop_registers_every_item_and_labels_it(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          vars: {things: [one, two]}
          tasks:
            - name: loop
              touch: "{{ thing }}-{{ index }}"
              loop: "{{ things }}"
              loop_control: {loop_var: thing, index_var: index, label: "<{{ thing }}>"}
              register: r
            - name: told
              debug: {msg: "{{ r.results | map(attribute='thing') | join(' ') }} {{ r.changed }}"}
        """
    )

    assert ran.touched == {"local": ["one-0", "two-1"]}
    assert [event.item for event in ran.events if isinstance(event, ItemFinished)] == ["<one>", "<two>"]
    assert ran.said("told") == "one two True"


def test_a_loop_over_nothing_is_skipped(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{name: t, touch: '{{ item }}', loop: []}]")

    assert ran.ended("t") == ["skipped"]


def test_a_task_is_repeated_until_it_is_so(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: t, touch: {path: x, fails_times: 2}, register: r, until: r is succeeded, retries: 3, delay: 0}
            - {name: told, debug: {msg: "{{ r.attempts }}"}}
        """
    )

    assert ran.ended("t") == ["changed"]
    assert ran.said("told") == "3"


def test_a_task_that_never_gets_there_fails(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{name: t, touch: x, register: r, until: false, retries: 1, delay: 0}]")

    assert ran.ended("t") == ["failed"]
    assert "after 2 tries" in ran.said("t")


BLOCK = """
- hosts: all
  tasks:
    - block:
        - {name: breaks, touch: {path: one, fails_on: [local]}}
        - {name: not done, touch: two}
      rescue:
        - {name: rescue, debug: {msg: "{{ ansible_failed_task.name }}: {{ phlo_failed_result.msg }}"}}
      always:
        - {name: always, touch: three}
    - {name: after, touch: four}
"""


def test_rescue_knows_what_failed_and_the_play_goes_on(play: RunPlay) -> None:
    ran = play(BLOCK)

    assert ran.said("rescue") == "breaks: cannot touch one"
    assert ran.touched == {"local": ["three", "four"]}
    assert ran.outcome.status == "changed"
    assert ran.outcome.hosts["local"]["rescued"] == 1


def test_without_rescue_always_still_runs_and_the_host_stays_failed(play: RunPlay) -> None:
    ran = play(BLOCK.replace("      rescue:\n", "      x:\n").replace("      x:\n", "", 1).replace(
        '        - {name: rescue, debug: {msg: "{{ ansible_failed_task.name }}: {{ phlo_failed_result.msg }}"}}\n', ""
    ))  # fmt: skip

    assert ran.touched == {"local": ["three"]}
    assert ran.outcome.status == "failed"


def test_an_unreachable_host_is_not_rescued(play: RunPlay) -> None:
    ran = play(BLOCK.replace("fails_on", "gone_on"))

    assert ran.names() == ["breaks"]
    assert ran.outcome.status == "unreachable"


def test_an_ignored_failure_lets_the_play_go_on(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: t, touch: {path: x, fails_on: [local]}, ignore_errors: true, register: r}
            - {name: after, touch: y, when: r is failed}
        """
    )

    assert (ran.ended("t"), ran.ended("after")) == (["failed"], ["changed"])
    assert [(end.is_ignored, end.is_rescued, end.where) for end in ran.ends() if end.step.name == "t"] == [
        (True, False, "site.yaml:4")
    ]
    assert ran.outcome.status == "changed"


HANDLERS = """
- hosts: all
  tasks:
    - {name: one, touch: one, notify: [restart, topic]}
    - {name: two, touch: two, notify: restart}
    - {name: flush, meta: FLUSH}
    - {name: three, touch: three}
  handlers:
    - {name: restart, debug: {msg: restarted}, changed_when: true, notify: last}
    - {name: quiet, debug: {msg: never}}
    - {name: listening, debug: {msg: heard}, listen: topic}
    - {name: last, debug: {msg: last}}
"""


@pytest.mark.parametrize(
    ("flush", "order"),
    [
        ("noop", ["one", "two", "three", "restart", "listening", "last"]),
        ("flush_handlers", ["one", "two", "restart", "listening", "last", "three"]),
    ],
)
def test_handlers_run_once_in_their_order(flush: str, order: list[str], play: RunPlay) -> None:
    assert play(HANDLERS.replace("FLUSH", flush)).names() == order


def test_a_task_that_changes_nothing_notifies_nobody(play: RunPlay) -> None:
    touch = Touch(done={"local": ["one", "two", "three"]})

    assert play(HANDLERS.replace("FLUSH", "noop"), touch=touch).names() == ["one", "two", "three"]


def test_a_handler_that_is_not_there_is_told_before_anything_runs(play: RunPlay) -> None:
    touch = Touch()
    with pytest.raises(ConfigError, match='no handler "restrat"') as caught:
        play(HANDLERS.replace("FLUSH", "noop").replace("notify: restart}", "notify: restrat}"), touch=touch)
    assert caught.value.fix == 'Did you mean "restart"?'
    assert touch.done == {}


TAGGED = """
- hosts: all
  tags: play
  tasks:
    - {name: plain, touch: a}
    - {name: tagged, touch: b, tags: [web, db]}
    - {name: always, touch: c, tags: always}
    - {name: never, touch: d, tags: [never, rare]}
    - block: [{name: inherits, touch: e}]
      tags: web
"""


@pytest.mark.parametrize(
    ("only", "skip", "names"),
    [
        ((), (), ["plain", "tagged", "always", "inherits"]),
        (("web",), (), ["tagged", "always", "inherits"]),
        (("rare",), (), ["always", "never"]),
        (("play",), (), ["plain", "tagged", "always", "never", "inherits"]),
        (("web",), ("db",), ["always", "inherits"]),
        ((), ("always",), ["plain", "tagged", "inherits"]),
        (("all",), (), ["plain", "tagged", "always", "inherits"]),
    ],
)
def test_tags_choose_tasks(only: tuple[str, ...], skip: tuple[str, ...], names: list[str], play: RunPlay) -> None:
    assert play(TAGGED, only=frozenset(only), skip=frozenset(skip)).names() == names


def test_it_can_start_at_a_task(play: RunPlay) -> None:
    assert play(TAGGED, start_at="alw*").names() == ["always", "inherits"]


def test_the_user_is_asked_step_by_step(play: RunPlay) -> None:
    answers = iter(["n", "y", "c"])

    assert play(TAGGED, confirm=lambda question: next(answers)).names() == ["tagged", "always", "inherits"]


def test_imported_tasks_take_over_and_included_ones_come_with_their_variables(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - import_tasks: inner.yaml
              vars: {who: import}
              tags: imported
            - include_tasks: inner.yaml
              loop: [x, y]
              vars: {who: "include {{ item }}"}
            - include_tasks: inner.yaml
              when: false
              vars: {who: nobody}
        """,
        files={"inner.yaml": "- {name: inner, touch: '{{ who }}'}"},
    )

    assert ran.touched == {"local": ["import", "include x", "include y"]}


def test_a_role_of_tasks_has_defaults_handlers_and_templates_of_its_own(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          roles:
            - {role: greet, name_of: world}
        """,
        files={
            "roles/greet/defaults/main.yaml": "name_of: nobody\npunctuation: '!'",
            "roles/greet/tasks/main.yaml": "- {name: greet, touch: 'hello {{ name_of }}{{ punctuation }}', notify: t}",
            "roles/greet/handlers/main.yaml": "- {name: t, debug: {msg: '{{ role_name }}'}}",
        },
    )

    assert ran.touched == {"local": ["hello world!"]}
    assert ran.said("t") == "greet"


def test_a_role_runs_after_the_roles_it_depends_on_and_once(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  roles: [m, m]",
        files={
            "roles/m/meta/main.yml": "dependencies: [{role: dep, x: given}]",
            "roles/m/tasks/main.yml": "- {name: m, debug: {msg: \"{{ of_dep }} {{ x | default('-') }}\"}}",
            "roles/dep/tasks/main.yml": "- {name: dep, debug: {msg: '{{ x }}'}}",
            "roles/dep/defaults/main/a.yml": "of_dep: 1",
        },
    )

    assert ran.ended("dep") == ["ok"]
    assert ran.ended("m") == ["ok"]
    assert ran.said("dep") == "given"


def test_the_tasks_of_an_include_have_the_tags_around_it_not_its_own(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  tags: [p]\n  tasks: [{include_tasks: inner.yaml, tags: [i]}]",
        files={"inner.yaml": "- {name: inner, debug: {}}"},
        only=frozenset({"p"}),
    )

    assert ran.ended("inner") == ["ok"]


def test_an_imported_playbook_takes_the_condition_of_its_import(play: RunPlay) -> None:
    ran = play(
        "- {import_playbook: other.yaml, when: false}",
        files={"other.yaml": "- hosts: all\n  tasks: [{name: other, debug: {}}]"},
    )

    assert ran.ended("other") == ["skipped"]


def test_end_play_ends_it_without_a_failure(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  tasks: [{touch: one}, {meta: end_play}, {touch: two}]\n- hosts: all\n  tasks: [{touch: three}]"
    )

    assert ran.touched == {"local": ["one", "three"]}
    assert ran.outcome.status == "changed"


class Stopping(Touch):
    """Receives a signal while it touches the path `stop`."""

    def apply(self, change: Change, args: TouchArgs, seen: bool, host: Host) -> dict[str, Any]:
        if args.path == "stop":
            os.kill(os.getpid(), signal.SIGTERM)
            deadline = time.monotonic() + 60
            while not host.is_cancelled() and time.monotonic() < deadline:
                time.sleep(0.001)
        return super().apply(change, args, seen, host)


def test_a_signal_lets_the_task_under_way_end_and_starts_no_other(play: RunPlay) -> None:
    text = """
        - hosts: all
          tasks:
            - {name: first, touch: stop}
            - {name: second, touch: two}
        - hosts: all
          tasks: [{name: third, touch: three}]
        """
    ran = play(text, touch=Stopping())

    assert ran.touched == {"local": ["stop"]}
    assert ran.outcome.signal == signal.SIGTERM
    assert isinstance(ran.events[-1], RunFinished)
    assert ran.events[-1].result == "interrupted"


def test_a_signal_starts_no_further_item_and_no_further_try(play: RunPlay) -> None:
    loop = play("- hosts: all\n  tasks: [{name: t, touch: '{{ item }}', loop: [stop, two]}]", touch=Stopping())
    assert loop.touched == {"local": ["stop"]}

    tries = "- hosts: all\n  tasks: [{name: t, touch: stop, until: false, retries: 50, delay: 1}]"
    assert play(tries, touch=Stopping()).touched == {"local": ["stop"]}
