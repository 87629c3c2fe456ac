"""Where a task works: on the host itself, or on the control machine, and as whom."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from tests.unit.playbook.conftest import RunPlay


def test_a_command_runs_on_the_host_in_the_project_s_folder(play: RunPlay, tmp_path: Path) -> None:
    ran = play("- hosts: all\n  tasks: [{command: pwd, register: r}, {name: told, debug: {msg: '{{ r.stdout }}'}}]\n")
    assert ran.said("told") == str(tmp_path)


def test_a_command_registers_what_ansible_registers(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {command: "printf 'a\\nb\\n'", register: r}
            - {shell: "echo $((1+1)); echo x >&2", register: s}
            - {name: lists, debug: {msg: "{{ r.cmd }} {{ r.stdout_lines }} {{ r.rc }} {{ r.msg }}{{ r.changed }}"}}
            - {name: texts, debug: {msg: "{{ s.cmd }} {{ s.stdout }} {{ s.stderr_lines }}"}}
            - {name: times, debug: {msg: "{{ r.start is string }} {{ r.end >= r.start }} {{ r.delta }}"}}
        """
    )
    assert ran.said("lists") == "['printf', 'a\\nb\\n'] ['a', 'b'] 0 True"
    assert ran.said("texts") == "echo $((1+1)); echo x >&2 2 ['x']"
    assert ran.said("times") == "True True 0:00:00.000000"


@pytest.mark.parametrize(
    ("task", "runs"),
    [
        ("creates: '{root}/site.yaml'", False),
        ("creates: '{root}/site.*'", False),
        ("creates: site.yaml", False),
        ("creates: '{root}/nothing.*'", True),
        ("removes: '{root}/site.yaml'", True),
        ("removes: '{root}/nothing'", False),
    ],
)
def test_creates_and_removes_are_paths_or_patterns_of_the_host(
    task: str, runs: bool, play: RunPlay, tmp_path: Path
) -> None:
    ran = play(
        f"- hosts: all\n  tasks: [{{name: t, command: {{cmd: touch done, {task.format(root=tmp_path)}}}}}]\n",
    )
    assert ran.ended("t") == ["changed" if runs else "ok"]
    assert (tmp_path / "done").exists() == runs


def test_check_mode_runs_nothing(play: RunPlay, tmp_path: Path) -> None:
    ran = play(
        "- hosts: all\n  tasks: [{name: t, command: touch done}, {name: s, script: x.sh}]\n",
        check=True,
        files={"x.sh": "#!/bin/sh\ntouch done\n"},
    )
    assert (ran.ended("t"), ran.ended("s")) == (["pending"], ["pending"])
    assert not (tmp_path / "done").exists()


def test_names_of_the_environment_are_replaced_where_they_have_a_value(
    play: RunPlay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/root/of all")
    ran = play(
        """
        - hosts: all
          tasks:
            - {command: "printf '<%s>' $HOME ${HOME}/x ~/y '$NOSUCH $1 $(id)' 'it''s'", register: r}
            - {command: {argv: [printf, "%s", $HOME], expand_argument_vars: false}, register: s}
            - {name: told, debug: {msg: "{{ r.stdout }} {{ s.stdout }}"}}
        """
    )
    assert ran.said("told") == "</root/of all></root/of all/x></root/of all/y><$NOSUCH $1 $(id)><its> $HOME"


def test_a_script_is_sent_and_run_with_its_arguments(play: RunPlay, tmp_path: Path) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: s, script: "x.sh 'a b' c", environment: {E: e}, register: r}
            - {name: with, script: {cmd: y.txt, executable: sh, creates: made}, register: t}
            - {name: again, script: {cmd: y.txt, executable: sh, creates: made}}
            - {name: bad, script: z.sh, register: z, ignore_errors: true}
            - {name: told, debug: {msg: "{{ r.stdout }} {{ t.rc }} {{ z.rc }} {{ z.stdout }}"}}
        """,
        files={
            "x.sh": '#!/bin/sh\necho "$1-$2-$E"\n',
            "y.txt": "touch made\n",
            "z.sh": "#!/bin/sh\necho out\nexit 3\n",
        },
    )
    assert ran.said("told") == "a b-c-e 0 3 out"
    assert (ran.ended("s"), ran.ended("with"), ran.ended("again")) == (["changed"], ["changed"], ["ok"])


def test_a_host_behind_tcp_is_refused_by_name(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{name: t, command: 'true'}]\n", hosts=("a", "b"), behind_tcp=("b",))
    assert (ran.ended("t", "a"), ran.ended("t", "b")) == (["changed"], ["failed"])
    assert "command cannot work there: b is reached by TCP" in ran.said("t", "b")
    assert "site.yaml:2" in ran.said("t", "b")
    assert "service: NAME" in ran.said("t", "b")


@pytest.mark.parametrize("word", ["delegate_to: localhost", "connection: local"])
def test_a_task_can_run_on_the_control_machine_instead(word: str, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  tasks: [{{name: t, command: 'true', {word}}}]\n", hosts=("b", "c"), behind_tcp=("b",))
    assert ran.ended("t", "b") == ["changed"]


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("connection: winrm", 'there is no connection "winrm"'),
        ("become: true, become_method: su", 'there is no become_method "su"'),
    ],
)
def test_words_that_phlo_does_not_have_are_errors(word: str, what: str, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  tasks: [{{name: t, command: 'true', {word}}}]\n")
    assert ran.ended("t") == ["failed"]
    assert what in ran.said("t")


@pytest.mark.parametrize("place", ["play", "block", "task", "variable"])
def test_become_is_a_word_of_plays_blocks_and_tasks_and_a_variable(
    place: str, play: RunPlay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sudo = tmp_path / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text('#!/bin/sh\necho "became $4" >&2; shift 5; exec "$@"\n')
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{sudo.parent}:/usr/bin:/bin")
    words = {"become": "true", "become_user": "ghost"}
    own = {
        name: "".join(f", {key}: {text}" for key, text in words.items() if place == name)
        for name in ("play", "block", "task")
    }
    variables = ", vars: {ansible_become: true, ansible_become_user: ghost}" if place == "variable" else ""
    ran = play(
        f"- {{hosts: all{own['play']}{variables}, tasks: [{{block: [{{command: echo hi, register: r{own['task']}}}]"
        f"{own['block']}}}, {{name: told, debug: {{msg: '{{{{ r.stdout }}}} {{{{ r.stderr }}}}'}}}}]}}\n"
    )
    assert ran.said("told") == "hi became ghost"


def test_becoming_the_user_that_one_is_needs_no_sudo(play: RunPlay, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = play(
        f"- hosts: all\n  tasks: [{{command: id -un, become: true, become_user: {getpass.getuser()}, register: r}}, "
        "{name: told, debug: {msg: '{{ r.stdout }}'}}]\n"
    )
    assert ran.said("told") == getpass.getuser()
