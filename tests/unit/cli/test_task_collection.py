"""phlo's verbs, roles' tasks and the project's own as one invoke collection."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from invoke.parser import Parser

from phlo.cli.parser import checked, parse
from phlo.cli.task_collection import collection, everything, project_tasks, role_tasks
from phlo.cli.verb_task import option_values
from phlo.cli.verbs import VERBS
from phlo.discovery.services import discover_services
from phlo.errors import ConfigError, PackageError

ROOT = Path(__file__).resolve().parents[3]

TASK = """\
from invoke import task

@task(help={{"to": "where it goes"}})
def {name}(c, to="there"):
    '''{name} it.'''
    print(c.phlo.service, to)
"""


def role(root: Path, name: str = "web", **files: str) -> Path:
    folder = root / "roles" / name
    (folder / "tasks").mkdir(parents=True)
    (folder / "service.yaml").write_text(f"name: {name}\nimage: x\n")
    for file, text in files.items():
        (folder / "tasks" / f"{file}.py").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("words", "same"),
    [
        (["up", "--services", "web", "--check"], ["web", "--check"]),
        (["up", "--profile", "a", "--profile", "b", "-v"], ["--profile", "a", "--profile", "b", "-v"]),
        (["up", "-p", "lake", "-e", "A=1", "--forks", "3"], ["-p", "lake", "-e", "A=1", "--forks", "3"]),
        (
            ["up", "--wait-timeout", "2.5", "--no-deps", "--output", "json"],
            ["--wait-timeout", "2.5", "--no-deps", "--output", "json"],
        ),
        (["logs", "-f", "-n", "5"], ["-f", "-n", "5"]),
        (["down", "--timeout", "5", "--file", "a.yaml"], ["-t", "5", "--file", "a.yaml"]),
        (["status", "--json"], ["--json"]),
        (["exec", "web", "-u", "root"], ["-u", "root", "web"]),
    ],
)
def test_invoke_reads_the_same_options_as_phlo(words: list[str], same: list[str]) -> None:
    [context] = Parser(contexts=collection().to_contexts()).parse_argv(words)
    verb = next(verb for verb in VERBS if words[0] in (verb.name, *verb.aliases))
    assert vars(checked(verb, option_values(verb, context.as_kwargs))) == vars(parse(verb, same))


def test_every_task_verb_is_a_task_with_its_help() -> None:
    found = collection()
    for verb in VERBS:
        if verb.is_task:
            assert found[verb.name].__doc__.startswith(verb.help)


def test_invoke_prints_the_help_of_every_task() -> None:
    for context in collection().to_contexts():
        assert context.help_tuples() or not context.args, context.name


def test_a_users_tasks_file_may_take_phlos_namespace(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from phlo.tasks import namespace\n")
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "up", "--help"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--remove-orphans" in done.stdout


def test_an_invoke_task_ends_with_phlos_exit_code_and_message(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("from phlo.tasks import collection\nns = collection()\n")
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "up", "--check"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "there is no phlo.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_roles_tasks_know_their_service(tmp_path: Path) -> None:
    role(tmp_path, main=TASK.format(name="backup"), more=TASK.format(name="restore"), _own="raise SystemExit")
    definition = discover_services(tmp_path, path=[]).services["web"]
    found = role_tasks(definition, tmp_path)
    assert found is not None
    assert sorted(found.task_names) == ["backup", "restore"]
    assert found.configuration()["phlo"]["service"] == "web"
    assert found.configuration()["phlo"]["root"] == str(tmp_path)


def test_a_role_without_tasks_adds_nothing(tmp_path: Path) -> None:
    role(tmp_path)
    assert role_tasks(discover_services(tmp_path, path=[]).services["web"], tmp_path) is None


def test_two_tasks_of_one_name_in_a_role_are_refused(tmp_path: Path) -> None:
    role(tmp_path, one=TASK.format(name="backup"), two=TASK.format(name="backup"))
    with pytest.raises(PackageError, match='two tasks are called "backup"'):
        role_tasks(discover_services(tmp_path, path=[]).services["web"], tmp_path)


@pytest.mark.parametrize(
    ("text", "line"), [("import nothing_of_this_name\n", 1), ("x = 1\nraise ValueError('no')\n", 2), ("a\n(\n", 2)]
)
def test_a_broken_tasks_file_names_its_line(text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(text)
    with pytest.raises(ConfigError) as caught:
        project_tasks(tmp_path)
    assert caught.value.where == f"{tmp_path / 'tasks.py'}:{line}"


def test_one_broken_role_does_not_hide_the_others(tmp_path: Path) -> None:
    role(tmp_path, "bad", main="import nothing_of_this_name\n")
    role(tmp_path, "web", main=TASK.format(name="backup"))
    whole, problems = everything(discover_services(tmp_path, path=[]).services, tmp_path)
    assert "web.backup" in whole.task_names
    assert [str(problem.where).endswith("bad/tasks/main.py:1") for problem in problems] == [True]


def test_phlos_verbs_win_over_a_projects_tasks_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text(
        "from invoke import task\nfrom phlo.tasks import collection\n\n"
        "@task\ndef up(c):\n    pass\n\n@task\ndef greet(c):\n    pass\n"
    )
    found = project_tasks(tmp_path)
    assert found is not None
    assert list(found.task_names) == ["greet"]


def test_services_of_one_role_folder_share_its_tasks_under_the_main_name(tmp_path: Path) -> None:
    folder = role(tmp_path, "web", main=TASK.format(name="backup"))
    (folder / "alpha_service.yaml").write_text("name: alpha\nimage: x\n")
    whole, _ = everything(discover_services(tmp_path, path=[]).services, tmp_path)
    assert [name for name in whole.task_names if "." in name] == ["web.backup"]
