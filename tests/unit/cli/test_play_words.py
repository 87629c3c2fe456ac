"""The words of ansible-playbook that `phlo play` takes, and those that it refuses with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.hosts.local_transport import LocalTransport
from phlo.hosts.lock import claim_for
from phlo.hosts.lock_file import LockFile
from tests.unit.cli.test_main import Said, phlo_says

SITE = """
- hosts: "{{ where | default('web') }}"
  name: first
  tasks:
  - {name: one, debug: {msg: 1}, tags: [a]}
  - {name: two, debug: {msg: 2}, tags: [b, c]}
  - {name: three, debug: {msg: 3}}
- hosts: all
  name: second
  tasks: [{name: four, debug: {msg: "{{ x }} {{ x | type_debug }}"}, tags: d}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false}\n")
    (tmp_path / "site.yml").write_text(SITE)
    (tmp_path / "hosts").write_text("[web]\nw[1:2] ansible_connection=local\n[db]\nd1 ansible_connection=local\n")
    return tmp_path


def says(folder: Path, *words: str) -> Said:
    return phlo_says(["play", "site.yml", "-i", "hosts", *words], folder)


def shown(said: Said) -> list[str]:
    return [line.strip().lstrip("✓ ") for line in said.out.splitlines() if "debug" in line or "✓" in line]


def test_list_hosts_shows_the_hosts_of_each_play(folder: Path) -> None:
    lines = says(folder, "--list-hosts", "-l", "w2:d1").out.splitlines()
    assert lines == ["first  (hosts: {{ where | default('web') }})", "  w2", "second  (hosts: all)", "  w2", "  d1"]
    assert "  d1" in says(folder, "--list-hosts", "-e", "where=db").out.splitlines()[1]


def test_list_tags_and_list_tasks_follow_repeated_tags(folder: Path) -> None:
    assert says(folder, "--list-tags").out.splitlines() == ["first  [a, b, c]", "second  [d]"]
    assert says(folder, "--list-tags", "--skip-tags", "a", "--skip-tags", "d").out.splitlines() == [
        "first  [b, c]",
        "second  []",
    ]
    tasks = says(folder, "--list-tasks", "-t", "a", "--tags", "b,d").out.splitlines()
    assert [line.split()[0] for line in tasks if line.startswith("  ")] == ["one", "two", "four"]


def test_syntax_check_reads_all_and_runs_nothing(folder: Path) -> None:
    said = says(folder, "--syntax-check")
    assert (said.code, said.out) == (0, "")
    assert "no error found" in said.err
    (folder / "site.yml").write_text("- hosts: all\n  tasks: [{debug: {mesage: x}}]\n")
    wrong = says(folder, "--syntax-check")
    assert wrong.code == 3
    assert "site.yml:2" in wrong.err


def test_tags_limit_and_typed_variables_count_in_a_run(folder: Path) -> None:
    said = says(folder, "--check", "-D", "-v", "-t", "a", "-t", "d", "-l", "w1", "-e", '{"x": 7}')
    assert said.code == 0, said.err
    assert "7 int" in said.out
    assert "two" not in said.out
    assert "w2" not in said.out
    text = says(folder, "--check", "-v", "-t", "d", "-e", "x=7", "-e", "x='8 {{ 1 + 1 }}'")
    assert "8 2 str" in text.out


def test_force_handlers_runs_handlers_of_a_failed_host(folder: Path) -> None:
    (folder / "site.yml").write_text("""
- hosts: w1
  tasks:
  - {set_fact: {a: 1}, changed_when: true, notify: told}
  - fail: {msg: stop}
  handlers: [{name: told, debug: {msg: handler ran}}]
""")
    assert "handler ran" not in says(folder, "--check", "-v").out
    forced = says(folder, "--check", "-v", "--force-handlers")
    assert forced.code == 1
    assert "handler ran" in forced.out


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["-C"], "check mode is --check"),
        (["-k"], "Hosts are reached with keys"),
        (["-f", "5"], "Write --forks N"),
        (["--private-key=x"], "Write ansible_ssh_private_key_file in the inventory"),
    ],
)
def test_other_words_are_refused_with_what_to_write(folder: Path, words: list[str], fix: str) -> None:
    said = says(folder, *words)
    assert said.code == 3
    assert fix in said.err


def test_become_connection_and_user_count_where_a_play_says_nothing(folder: Path) -> None:
    command = "{command: {cmd: id -un, chdir: /, reads: true}, register: r}"
    text = f"- hosts: d1\n  tasks: [{command}, {{debug: {{var: r.stdout}}}}]\n"
    (folder / "site.yml").write_text(text)
    words = ["--check", "-v", "-c", "local", "-u", "root", "--flush-cache"]
    assert "nobody" in says(folder, *words, "-b", "--become-user", "nobody").out
    assert "nobody" not in says(folder, *words).out
    (folder / "site.yml").write_text(text.replace("hosts: d1", "hosts: d1\n  become: false"))
    assert "nobody" not in says(folder, *words, "-b", "--become-user", "nobody").out


def test_localhost_needs_no_place_in_the_inventory(folder: Path) -> None:
    (folder / "site.yml").write_text("- hosts: localhost\n  tasks: [{debug: {msg: here}}]\n")
    said = says(folder, "--check", "-v")
    assert said.code == 0, said.err
    assert "localhost" in said.out
    assert "here" not in says(folder, "--check", "-v", "-l", "web").out
    assert "here" in says(folder, "--check", "-v", "-l", "w1,localhost").out
    assert "leaves no host of the inventory" in says(folder, "--check", "-l", "localhost").err


def test_a_play_can_reach_hosts_that_another_one_added(folder: Path) -> None:
    (folder / "site.yml").write_text("""
- hosts: d1
  tasks: [{add_host: {name: made, groups: new, ansible_connection: local, x: 7}}]
- hosts: new
  tasks: [{debug: {msg: "x is {{ x }}"}}]
""")
    said = says(folder, "--check", "-v")
    assert said.code == 0, said.err
    assert "x is 7" in said.out


def test_hosts_without_an_engine_are_locked_as_well(folder: Path) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{folder}/no.sock"}
    (folder / "phlo.yaml").write_text(f"name: {folder.name.replace('_', '-')}\nservices: {{defaults: false}}\n")
    (folder / "site.yml").write_text("- hosts: all\n  tasks: [{copy: {dest: out.txt, content: hi}}]\n")
    place = LockFile(transport=LocalTransport(), project=folder.name.replace("_", "-"), host="local")
    held = place.create(claim_for("phlo play other.yml"))
    try:
        blocked = phlo_says(["play", "site.yml"], folder, nowhere)
        shown = phlo_says(["deploy-lock", "status"], folder, nowhere)
        forced = phlo_says(["deploy-lock", "release", "--force"], folder, nowhere)
    finally:
        place.release(held or "")
    assert (blocked.code, (folder / "out.txt").exists()) == (6, False)
    assert "phlo play other.yml" in shown.out
    assert "released" in forced.err
    done = phlo_says(["play", "site.yml"], folder, nowhere)
    assert done.code == 0, done.err
    assert (folder / "out.txt").read_text() == "hi"
    assert place.holder() is None


def test_a_playbook_behind_dash_c_is_no_folder(folder: Path) -> None:
    said = phlo_says(["play", "-C", "site.yml", "site.yml"], folder)
    assert said.code == 3
    assert "check mode is --check" in said.err
