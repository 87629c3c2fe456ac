"""Every keyword that a playbook may have does something, or is refused: none is taken and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent
from threading import Barrier, Lock
from typing import Any, NamedTuple

import pytest

from phlo.errors import ConfigError, PhloError
from phlo.events import PlayStarted
from phlo.playbook import keywords
from tests.unit.playbook.conftest import RunPlay, Touch

MARK = "@@"


class Effect(NamedTuple):
    """A playbook with a mark where a keyword is, and what else the run has. Without the keyword it ends otherwise."""

    keyword: str
    text: str
    more: Mapping[str, Any] = {}


def task(keyword: str, operation: str = "touch: x", handlers: str = "[]", **more: Any) -> Effect:
    text = f"- hosts: all\n  handlers: {handlers}\n  tasks:\n    - name: t\n      {operation}\n      {MARK}\n"
    return Effect(keyword, text, more)


def then(keyword: str, shown: str, operation: str, **more: Any) -> Effect:
    """A task with the keyword, and one that shows a value after it."""
    effect = task(keyword, operation, **more)
    return effect._replace(text=f'{effect.text}    - {{name: shown, debug: {{msg: "{shown}"}}}}\n')


def block(keyword: str, operation: str = "block: [{name: t, fail: }]", handlers: str = "[]") -> Effect:
    return Effect(keyword, f"- hosts: all\n  handlers: {handlers}\n  tasks:\n    - {operation}\n      {MARK}\n")


def of_play(keyword: str, told: str = "told", first: str = "{debug: }", **more: Any) -> Effect:
    hosts = "" if keyword.startswith("hosts:") else "  hosts: all\n"
    told = f'{{name: told, debug: {{msg: "{told}"}}}}'
    return Effect(keyword, f"- gather_facts: false\n{hosts}  {MARK}\n  tasks: [{first}, {told}]\n", more)


def loop(control: str, shown: str) -> Effect:
    text = f'- hosts: all\n  tasks:\n    - name: t\n      debug: {{msg: "{shown}"}}\n      loop: [1, 2]\n      {MARK}\n'
    return Effect(f"loop_control: {{{control}}}", text)


AB = {"hosts": ["a", "b"]}
SSH = {"inventory": "all: {hosts: {a: {ansible_host: 10.0.0.1, ansible_user: ops, ansible_port: 2222}}}\n"}
FAILS = "touch: {path: x, fails_on: [a]}"

OF_TASKS = {
    "name": Effect("name: other", "- hosts: all\n  tasks:\n    - touch: x\n      @@\n"),
    "when": task("when: false"),
    "tags": task("tags: [x]", only=frozenset({"x"})),
    "vars": task("vars: {v: 1}", 'debug: {msg: "{{ v | default(0) }}"}'),
    "environment": task("environment: {V: a}", 'command: {cmd: "test -z \\"$V\\"", shell: true}'),
    "ignore_errors": task("ignore_errors: true", "fail:"),
    "ignore_unreachable": task("ignore_unreachable: true", "touch: {path: x, gone_on: [local]}"),
    "any_errors_fatal": then("any_errors_fatal: true", "here", FAILS, **AB),
    "delegate_to": task("delegate_to: b", **AB, limit=["a"]),
    "delegate_facts": then(
        "delegate_facts: true", "{{ x is defined }}", "set_fact: {x: 1}\n      delegate_to: b", **AB, limit=["a"]
    ),
    "no_log": task("no_log: true", "debug: {msg: hi}"),
    "run_once": task("run_once: true", **AB),
    "check_mode": task("check_mode: true"),
    "throttle": task("throttle: some"),
    "module_defaults": task("module_defaults: {touch: {path: y}}", "touch:"),
    "debugger": task("debugger: on_failed"),
    "port": task("port: 22", **SSH),
    "remote_user": task("remote_user: root", **SSH),
    "loop": task("loop: [a, b]"),
    "loop_control": task(
        "loop_control: {loop_var: other}", 'debug: {msg: "{{ other | default(0) }}"}\n      loop: [1]'
    ),
    "register": then("register: r", "{{ r is defined }}", "touch: x"),
    "until": task("until: false\n      retries: 1\n      delay: 0"),
    "retries": task("retries: 1", "touch: {path: x, fails_times: 1}\n      delay: 0"),
    "delay": task("delay: '{{ nosuch }}'", "touch: {path: x, fails_times: 1}\n      retries: 1"),
    "diff": task("diff: true"),
    "changed_when": task("changed_when: false"),
    "failed_when": task("failed_when: true"),
    "args": task("args: {path: y}", "touch:"),
    "action": task("action: touch x", "tags: []"),
    "local_action": task("local_action: touch x", "tags: []"),
    "async": task("async: 10"),
    "notify": task("notify: h", handlers="[{name: h, debug: {}}]"),
    "listen": task("listen: topic"),
}
OF_BLOCKS = {
    "block": block("block: [{name: other, debug: {}}]", "tags: []"),
    "rescue": block("rescue: [{name: rescued, debug: {}}]"),
    "always": block("always: [{name: always, debug: {}}]"),
    "notify": block("notify: h", "block: [{name: t, touch: x}]", handlers="[{name: h, debug: {}}]"),
}
OF_PLAYS = {
    "hosts": of_play("hosts: a", "name: p", **AB),
    "name": of_play("name: p", told="{{ ansible_play_name }}"),
    "roles": of_play("roles: [r]", files={"roles/r/tasks/main.yml": "- {name: of role, debug: {}}\n"}),
    "pre_tasks": of_play("pre_tasks: [{name: before, debug: {}}]"),
    "tasks": Effect("tasks: [{debug: {}}]", "- hosts: all\n  @@\n"),
    "post_tasks": of_play("post_tasks: [{name: behind, debug: {}}]"),
    "handlers": of_play("handlers: [{name: h, debug: {}}]", first="{touch: x, notify: h}"),
    "vars_files": of_play("vars_files: [v.yml]", told="{{ v | default(0) }}", files={"v.yml": "v: 1\n"}),
    "vars_prompt": of_play("vars_prompt: [{name: v, default: 1}]", told="{{ v | default(0) }}"),
    "serial": of_play("serial: 1", told="{{ ansible_play_batch }}", **AB),
    "order": of_play("order: reverse_inventory", told="{{ ansible_play_batch }}", **AB),
    "max_fail_percentage": of_play("max_fail_percentage: 0", first="{touch: {path: x, fails_on: [a]}}", **AB),
    "force_handlers": Effect(
        "force_handlers: true",
        "- hosts: all\n  @@\n  tasks: [{touch: x, notify: h}, {fail: }]\n  handlers: [{name: h, debug: {}}]\n",
    ),
}
OF_LOOPS = {
    "loop_var": loop("loop_var: x", "{{ x | default(0) }}"),
    "index_var": loop("index_var: i", "{{ i | default(9) }}"),
    "label": loop("label: one", ""),
    "pause": loop("pause: '{{ nosuch }}'", ""),
    "extended": loop("extended: true", "{{ ansible_loop is defined }}"),
    "break_when": loop("break_when: item == 1", ""),
}
# Where a keyword cannot be shown by one run with it and one without it: the test that shows what it does.
SHOWN_ELSEWHERE = {
    "extended_allitems": "test_keywords.py::test_an_extended_loop_can_leave_the_list_of_items_out",
    "gather_facts": "test_facts.py::test_a_play_that_gathers_none_has_none_until_setup",
    "connection": "test_on_the_host.py::test_a_task_can_run_on_the_control_machine_instead",
    "become": "test_on_the_host.py::test_become_is_a_word_of_plays_blocks_and_tasks_and_a_variable",
    "become_user": "test_on_the_host.py::test_become_is_a_word_of_plays_blocks_and_tasks_and_a_variable",
    "become_method": "test_on_the_host.py::test_words_that_phlo_does_not_have_are_errors",
    "import_playbook": "test_run.py::test_an_imported_playbook_takes_the_condition_of_its_import",
    "role": "test_run.py::test_a_role_runs_after_the_roles_it_depends_on_and_once",
}
# There is no choice to make: each has the one meaning that it has without being written.
ONE_MEANING = {
    "collections": "an operation has one name, of whatever collection; one that phlo lacks is refused",
    "poll": "as in Ansible it has a meaning with `async` only, which is refused",
}
EFFECTS = {**OF_TASKS, **OF_BLOCKS, **OF_PLAYS, **OF_LOOPS}


def test_every_keyword_has_its_effect_shown() -> None:
    groups = (keywords.TASK, keywords.BLOCK, keywords.PLAY, keywords.ROLE, keywords.INCLUDE, keywords.IMPORT_PLAYBOOK)
    known = {name for group in (*groups, keywords.LOOP_CONTROL) for name in group if not name.startswith("with_")}

    assert known - {*EFFECTS, *SHOWN_ELSEWHERE, *ONE_MEANING} == set()
    assert {*EFFECTS, *SHOWN_ELSEWHERE, *ONE_MEANING} - known == set()


@pytest.mark.parametrize("name", SHOWN_ELSEWHERE)
def test_what_shows_a_keyword_elsewhere_is_there(name: str) -> None:
    module, _, function = SHOWN_ELSEWHERE[name].partition("::")
    text = Path(__file__).with_name(module).read_text(encoding="utf-8")

    assert f"def {function or 'test_'}" in text
    assert name in text


@pytest.mark.parametrize("name", EFFECTS)
def test_a_keyword_changes_what_a_playbook_does(name: str, play: RunPlay) -> None:
    effect = EFFECTS[name]
    without = "\n".join(line for line in effect.text.split("\n") if MARK not in line)

    assert seen(play, effect.text.replace(MARK, effect.keyword), effect.more) != seen(play, without, effect.more)


# The nearest of these counts, or they add up: around a task they mean what they mean on it.
AROUND = [name for name in (*keywords.NEAREST, "when", "tags", "vars", "environment") if name in OF_TASKS]
PLACES = {
    "block": (keywords.BLOCK, "  tasks:\n    - block:\n{deep}      {word}\n"),
    "role": (keywords.ROLE, "  roles:\n    - role: r\n      {word}\n"),
    "play": (keywords.PLAY, "  {word}\n  tasks:\n{tasks}"),
}
CASES = [(place, name) for place, (known, _) in PLACES.items() for name in AROUND if name in known]


@pytest.mark.parametrize(("place", "name"), CASES)
def test_a_keyword_around_a_task_holds_for_it(place: str, name: str, play: RunPlay) -> None:
    effect = OF_TASKS[name]
    word = effect.keyword
    tasks = effect.text.partition("  tasks:\n")[2].replace(f"      {MARK}\n", "")
    files = {"roles/r/tasks/main.yml": dedent(tasks)}
    more = {**effect.more, "files": files}

    def written(given: str) -> str:
        return "- hosts: all\n" + PLACES[place][1].format(word=given, tasks=tasks, deep=indent(tasks, "    "))

    assert seen(play, written(word), more) != seen(play, written(""), more)


def seen(play: RunPlay, text: str, more: Mapping[str, Any]) -> Any:
    """All that a run did, or the error that refused it."""
    try:
        ran = play(text, **{"touch": Differing(), **more})
    except PhloError as error:
        return str(error)
    ends = [
        (end.step.host, end.step.name, end.status, end.message, end.detail, end.is_ignored, getattr(end, "item", ""))
        for end in ran.ends()
    ]
    plays = [(event.play, event.hosts) for event in ran.events if isinstance(event, PlayStarted)]
    return sorted(ends, key=str), plays, ran.touched, [str(error) for error in ran.outcome.failures]


class Differing(Touch):
    """Shows what it changes."""

    def diff(self, args: Any, seen: bool) -> list[str]:
        return [f"+{args.path}"]


class Counting(Touch):
    """Counts how many hosts work at a time; pairs: each waits for another one."""

    def __init__(self, pairs: Barrier | None) -> None:
        super().__init__()
        self._pairs = pairs
        self._lock = Lock()
        self._working = 0
        self.most = 0

    def apply(self, *args: Any) -> dict[str, Any]:
        with self._lock:
            self._working += 1
            self.most = max(self.most, self._working)
        if self._pairs is not None:
            self._pairs.wait(60)
        with self._lock:
            self._working -= 1
        return super().apply(*args)


@pytest.mark.parametrize(("throttle", "pairs"), [("1", None), ("'{{ 1 + 1 }}'", Barrier(2))])
def test_throttle_limits_how_many_hosts_work_at_a_time(throttle: str, pairs: Barrier | None, play: RunPlay) -> None:
    touch = Counting(pairs)

    play(f"- hosts: all\n  throttle: {throttle}\n  tasks: [{{touch: x}}]\n", hosts=["a", "b", "c", "d"], touch=touch)

    assert touch.most == (2 if pairs else 1)
    assert len(touch.done) == 4


@pytest.mark.parametrize(
    ("order", "hosts"),
    [("inventory", "bca"), ("reverse_inventory", "acb"), ("sorted", "abc"), ("reverse_sorted", "cba")],
)
def test_hosts_take_their_turns_in_the_order_of_the_play(order: str, hosts: str, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  order: {order}\n  serial: 1\n  tasks: [{{name: t, debug: }}]\n", hosts=["b", "c", "a"])

    assert "".join(end.step.host for end in ran.ends()) == hosts


def test_a_shuffled_play_has_all_its_hosts(play: RunPlay) -> None:
    ran = play("- hosts: all\n  order: shuffle\n  tasks: [{name: t, debug: }]\n", hosts=["a", "b", "c"])

    assert sorted(end.step.host for end in ran.ends()) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("order: nosuch", 'there is no order "nosuch"'),
        ("when: true", '"when" is not a keyword of a play'),
        ("debugger: always", "there is no debugger"),
        ("timeout: 3", '"timeout" is not a keyword of a play'),
        ("strategy: free", '"strategy" is not a keyword of a play'),
    ],
)
def test_a_word_of_a_play_that_phlo_does_not_have_is_refused(word: str, what: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=rf"site\.yaml:2 .*{what}") as caught:
        play(f"- hosts: all\n  {word}\n  tasks: []\n")
    assert caught.value.fix


@pytest.mark.parametrize("kind", ["include_tasks: inner.yml", "include_role: {name: r}"])
@pytest.mark.parametrize(
    "word", sorted(set(keywords.TASK) - set(keywords.INCLUDE) - {name for name in keywords.TASK if "with_" in name})
)
def test_an_include_refuses_what_would_not_hold_for_its_tasks(kind: str, word: str, play: RunPlay) -> None:
    if word in ("local_action", "async"):
        pytest.skip("refused as what it is")
    value = "{}" if word == "module_defaults" else "true"
    with pytest.raises(ConfigError, match=rf'"{word}" does not hold for what {kind.partition(":")[0]} brings'):
        play(f"- hosts: all\n  tasks:\n    - {kind}\n      {word}: {value}\n", files={"inner.yml": "[]"})


@pytest.mark.parametrize(("user", "port", "fails"), [("ops", 2222, False), ("root", 2222, True), ("ops", 22, True)])
def test_a_playbook_can_say_how_a_host_is_reached_anyway(user: str, port: int, fails: bool, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  remote_user: {user}\n  port: {port}\n  tasks: [{{name: t, debug: }}]\n", **SSH)

    assert ran.ended("t", "a") == (["failed"] if fails else ["ok"])
    assert not fails or "in the inventory" in ran.said("t", "a")


def test_an_operation_that_phlo_lacks_is_refused_whatever_the_collections(play: RunPlay) -> None:
    with pytest.raises(ConfigError, match='there is no operation "ufw"'):
        play("- hosts: all\n  collections: [community.general]\n  tasks: [{ufw: {state: enabled}}]\n")


def test_an_include_is_done_for_one_host_its_tasks_not(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  tasks: [{include_tasks: inner.yml, run_once: true}, {name: after, debug: }]\n",
        hosts=["a", "b"],
        files={"inner.yml": "- {name: inner, debug: }\n"},
    )

    assert [ran.ended("inner", host) for host in "ab"] == [["ok"], []]
    assert [ran.ended("after", host) for host in "ab"] == [["ok"], ["ok"]]


def test_what_is_around_an_include_holds_for_its_tasks_and_its_own_words_do_not(play: RunPlay) -> None:
    include = "{include_tasks: inner.yml, OWN}"
    text = f"- hosts: all\n  tasks: [{{block: [{include}], AROUND}}, {{name: after, debug: }}]\n"
    files = {"inner.yml": "- {name: bad, fail: }\n"}

    around = play(text.replace(", OWN", "").replace("AROUND", "ignore_errors: true"), files=files)
    own = play(text.replace("OWN", "ignore_errors: true").replace(", AROUND", ""), files=files)

    assert (around.ended("after"), own.ended("after")) == (["ok"], [])


def test_max_fail_percentage_lets_a_block_come_to_its_end(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          max_fail_percentage: 0
          tasks:
            - block: [{name: bad, fail: , when: rank == 0}, {name: more, debug: }]
              always: [{name: always, debug: }]
            - {name: after, debug: }
            - {name: bad too, fail: , when: rank == 1}
            - {name: never, debug: }
        """,
        hosts=["a", "b", "c"],
    )

    assert [end.step.name for end in ran.ends() if end.step.host == "a"] == ["bad", "always"]
    assert [end.step.name for end in ran.ends() if end.step.host == "c"][:4] == ["bad", "more", "always", "after"]
    assert ran.ended("never", "c") == []


@pytest.mark.parametrize(("word", "told"), [("", "true"), (", extended_allitems: false", "false")])
def test_an_extended_loop_can_leave_the_list_of_items_out(word: str, told: str, play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          tasks:
            - name: t
              debug: {{msg: "{{{{ ansible_loop.allitems is defined }}}}"}}
              loop: [1]
              loop_control: {{extended: true{word}}}
        """
    )

    assert ran.said("t") == told
