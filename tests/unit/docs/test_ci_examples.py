"""The pipelines in examples/ci: their shape, and their phlo commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from phlo.yaml_source import CoreLoader, load_yaml
from scripts.docs.checks import problem_of, unsafe_installs_in

FOLDER = Path(__file__).parents[3] / "examples" / "ci"
JOBS = ["test", "plan", "deploy"]


def github() -> dict[str, Any]:
    # As GitHub reads it: `on` is a text.
    path = FOLDER / "github-actions.yaml"
    found: dict[str, Any] = load_yaml(path, label=path.name, loader=CoreLoader).data
    return found


def gitlab() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "gitlab-ci.yaml").read_text())
    return found


def github_scripts() -> dict[str, list[str]]:
    return {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in github()["jobs"].items()}


def gitlab_scripts() -> dict[str, list[str]]:
    file = gitlab()
    before = file["default"]["before_script"]
    return {name: [*before, *file[name]["script"], *file[name].get("after_script", [])] for name in JOBS}


SCRIPTS = pytest.mark.parametrize("scripts", [github_scripts(), gitlab_scripts()], ids=["github", "gitlab"])


def phlo_commands(scripts: list[str]) -> Iterator[str]:
    for script in scripts:
        yield from (line for line in script.splitlines() if line.startswith("phlo "))


@SCRIPTS
def test_every_phlo_command_exists_with_its_options(scripts: dict[str, list[str]]) -> None:
    commands = [command for name in JOBS for command in phlo_commands(scripts[name])]
    assert len(commands) >= 9
    assert {command: problem for command in commands if (problem := problem_of(command))} == {}


@SCRIPTS
def test_the_jobs_do_what_the_readme_says(scripts: dict[str, list[str]]) -> None:
    assert list(scripts) == JOBS
    assert [command.split()[1] for command in phlo_commands(scripts["test"])] == ["config", "up", "plan", "down"]
    assert "phlo plan --output markdown > plan.md" in scripts["plan"]
    deploy = list(phlo_commands(scripts["deploy"]))
    assert [command.split()[1] for command in deploy] == ["plan", "up", "plan"]
    assert "-o next.plan" in deploy[0]
    assert "--plan next.plan" in deploy[1]


@SCRIPTS
def test_phlo_is_never_installed_by_name(scripts: dict[str, list[str]]) -> None:
    lines = "\n".join(line for job in scripts.values() for line in job)
    assert list(unsafe_installs_in(lines)) == []
    assert "pip install ./" in lines


def test_the_github_file_has_the_shape_of_a_workflow() -> None:
    file = github()
    assert set(file) == {"name", "on", "permissions", "env", "jobs"}
    assert set(file["on"]) == {"pull_request", "push"}
    for job in file["jobs"].values():
        assert set(job) <= {"if", "runs-on", "permissions", "env", "steps", "concurrency", "environment"}
        assert job["runs-on"]
        for step in job["steps"]:
            assert set(step) <= {"uses", "with", "run", "env", "if"}
            assert ("uses" in step) != ("run" in step)


def test_only_the_job_that_comments_may_write_to_github() -> None:
    file = github()
    assert file["permissions"] == {"contents": "read"}
    assert [name for name, job in file["jobs"].items() if "permissions" in job] == ["plan"]


def test_the_gitlab_file_has_the_shape_of_a_pipeline() -> None:
    file = gitlab()
    assert set(file) == {"stages", "workflow", "default", "variables", ".runs", *JOBS}
    assert file["stages"] == JOBS
    for name in JOBS:
        job = file[name]
        assert job["stage"] == name
        assert all(isinstance(line, str) for line in [*job["script"], *job.get("after_script", [])])
        assert set(job) <= {
            *("stage", "rules", "services", "variables", "script", "after_script", "artifacts"),
            *("resource_group", "environment"),
        }
