"""Exit codes, streams and messages of whole command lines that need no engine."""

from __future__ import annotations

import errno
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

import phlo
from phlo.cli import exits
from phlo.cli.main import finished, run
from phlo.cli.reporter import json_lines
from phlo.cli.shell import Shell
from phlo.errors import (
    ConfigError,
    EngineError,
    HostError,
    InventoryError,
    LockError,
    OperationError,
    PackageError,
    PhloError,
    PlanError,
    first_of,
)
from phlo.events import Note


class Said(NamedTuple):
    code: int
    out: str
    err: str


def phlo_says(words: Sequence[str], cwd: Path, environ: Mapping[str, str] | None = None) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = run(list(words), Shell(out, err, io.StringIO(), environ or {}, cwd))
    return Said(code, out.getvalue(), err.getvalue())


def test_version_is_one_line_on_stdout(tmp_path: Path) -> None:
    assert phlo_says(["--version"], tmp_path) == Said(0, f"phlo {phlo.__version__}\n", "")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_is_a_result(words: list[str], tmp_path: Path) -> None:
    said = phlo_says(words, tmp_path)
    assert (said.code, said.err) == (0, "")
    assert "Usage: phlo COMMAND" in said.out


@pytest.mark.parametrize(
    ("words", "start"),
    [
        (["up", "--help"], "Usage: phlo up "),
        (["run", "up", "-h"], "Usage: phlo up "),
        (["-C", "x", "services", "list", "--help"], "Usage: phlo services list "),
        (["services", "--help"], "Usage: phlo services COMMAND"),
        (["exec", "--help"], "Usage: phlo exec "),
    ],
)
def test_every_level_has_its_help(words: list[str], start: str, tmp_path: Path) -> None:
    assert phlo_says(words, tmp_path).out.startswith(start)


@pytest.mark.parametrize("words", [["upp"], ["up", "--nope"], ["up", "--forks", "x"], ["config", "explain"]])
def test_wrong_usage_is_3_and_says_so_on_stderr_alone(words: list[str], tmp_path: Path) -> None:
    said = phlo_says(words, tmp_path)
    assert (said.code, said.out) == (exits.USAGE, "")
    assert said.err.startswith("✗ phlo")


def test_outside_a_project_the_fix_is_init(tmp_path: Path) -> None:
    said = phlo_says(["up"], tmp_path)
    assert said.code == exits.USAGE
    assert "phlo init" in said.err


def test_every_error_found_in_phlo_yaml_is_printed(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices:\n  web: {type: inline, image: x, prts: []}\nwrong: 1\n")
    said = phlo_says(["config", "validate"], tmp_path)
    assert said.code == exits.USAGE
    assert sorted(line.split(":")[1].split()[0] for line in said.err.splitlines()) == ["3", "4"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 3),
        (PackageError("x"), 3),
        (InventoryError("x"), 3),
        (PlanError("x"), 3),
        (HostError("x"), 4),
        (LockError("x"), 6),
        (OperationError("x"), 1),
        (EngineError(500, "x", request="GET /"), 1),
        (PhloError("x"), 1),
        (KeyboardInterrupt(), 130),
        (ValueError("x"), 1),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int, tmp_path: Path) -> None:
    shell = Shell(io.StringIO(), io.StringIO(), io.StringIO(), {}, tmp_path)
    assert exits.report_error(error, None, shell) == code


def test_errors_found_together_are_each_on_a_line(tmp_path: Path) -> None:
    shell = Shell(io.StringIO(), io.StringIO(), io.StringIO(), {}, tmp_path)
    error = first_of(
        [ConfigError("is wrong", where="a.yaml:1"), ConfigError("is too", where="a.yaml:2", fix="Fix it.")]
    )
    exits.report_error(error, None, shell)
    assert shell.err.getvalue() == "✗ a.yaml:1: is wrong.\n✗ a.yaml:2: is too. Fix it.\n"  # type: ignore[attr-defined]


def test_a_fault_of_phlo_shows_a_traceback_only_with_debug(tmp_path: Path) -> None:
    def told(words: list[str]) -> str:
        class Broken(io.StringIO):
            def write(self, text: str) -> int:
                raise ValueError("no room")

        err = io.StringIO()
        assert run(words, Shell(Broken(), err, io.StringIO(), {}, tmp_path)) == exits.FAILED
        return err.getvalue()

    assert "Traceback" not in told(["config", "schema"])
    assert "run the same command again with --debug" in told(["config", "schema"])
    assert "Traceback" in told(["config", "schema", "--debug"])


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    err = io.StringIO()
    assert run(["--help"], Shell(Gone(), err, io.StringIO(), {}, tmp_path)) == exits.FAILED
    assert err.getvalue() == ""


def test_init_makes_a_project_that_validates(tmp_path: Path) -> None:
    assert phlo_says(["init", "lake"], tmp_path).code == 0
    assert phlo_says(["config", "validate"], tmp_path / "lake").code == 0
    assert ".phlo/" in (tmp_path / "lake" / ".gitignore").read_text().splitlines()


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: mine\n")
    (tmp_path / ".gitignore").write_text("/.phlo\n*.log")
    said = phlo_says(["init"], tmp_path)
    assert said.code == 0
    assert (tmp_path / "phlo.yaml").read_text() == "name: mine\n"
    assert (tmp_path / ".gitignore").read_text() == "/.phlo\n*.log"
    assert said.out.count("(exists, unchanged)") == 2


def test_init_refuses_a_name_that_docker_would_not_take(tmp_path: Path) -> None:
    said = phlo_says(["init", "My Lake"], tmp_path)
    assert said.code == exits.USAGE
    assert "for example mylake" in said.err
    assert list(tmp_path.iterdir()) == []


def test_services_are_edited_in_phlo_yaml(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("# mine\nname: lake\nservices: {}\n")
    added = phlo_says(
        ["services", "add", "api", "--image", "my/api:1", "--port", "4000:4000", "--env", "A=1"], tmp_path
    )
    assert added.code == 0, added.err
    assert "phlo plan" in added.out
    assert phlo_says(["services", "disable", "api"], tmp_path).out.startswith("phlo.yaml: api disabled.")
    assert "already" in phlo_says(["services", "disable", "api"], tmp_path).out
    shown = json.loads(phlo_says(["services", "show", "api", "--json"], tmp_path).out)
    assert shown["part of up"].startswith("no (disabled")
    assert phlo_says(["services", "remove", "api"], tmp_path).code == 0
    assert (tmp_path / "phlo.yaml").read_text().startswith("# mine\n")
    assert phlo_says(["services", "remove", "api"], tmp_path).code == exits.USAGE


def test_enabling_an_unknown_service_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {api: {type: inline, image: x}}\n")
    said = phlo_says(["services", "enable", "apj"], tmp_path)
    assert said.code == exits.USAGE
    assert 'Did you mean "api"?' in said.err


def test_the_list_of_runnables_has_core_role_and_project_tasks(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false}\n")
    (tmp_path / "tasks.py").write_text(
        "from invoke import task\n\n@task\ndef greet(c):\n    '''Say hello.'''\n    print('hello')\n"
    )
    role = tmp_path / "roles" / "web"
    (role / "tasks").mkdir(parents=True)
    (role / "service.yaml").write_text("name: web\nimage: x\n")
    (role / "tasks" / "main.py").write_text(
        "from invoke import task\n\n@task\ndef backup(c):\n    '''Keep a copy.'''\n    print(c.phlo.service)\n"
    )
    found = json.loads(phlo_says(["run", "--list", "--json"], tmp_path).out)
    by_name = {one["name"]: (one["origin"], one["help"]) for one in found}
    assert by_name["greet"] == ("project", "Say hello.")
    assert by_name["web.backup"] == ("role", "Keep a copy.")
    assert by_name["ps, status"][0] == "core"
    shown, whole = (phlo_says(["run", "--list", *more], tmp_path).out for more in ([], ["--all"]))
    assert "web.backup" in shown
    assert "postgres.psql" not in shown
    assert "phlo run --list --all" in shown
    assert "postgres.psql" in whole
    said = phlo_says(["run", "web.backp"], tmp_path)
    assert (said.code, 'Did you mean "web.backup"?' in said.err) == (exits.USAGE, True)


@pytest.mark.parametrize("attribute", ["abiflags", "_is_gil_enabled"])
def test_a_free_threaded_python_is_refused_with_one_line(
    attribute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, attribute, "t" if attribute == "abiflags" else lambda: False, raising=False)
    err = io.StringIO()
    assert run(["status"], Shell(io.StringIO(), err, io.StringIO(), {}, tmp_path)) == exits.USAGE
    assert "free-threaded" in err.getvalue()
    assert err.getvalue().count("\n") == 1


class Full(io.StringIO):
    """A stream on a disk that is full."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_output_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    err = io.StringIO()
    assert run(["--version"], Shell(Full(), err, io.StringIO(), {}, tmp_path, losses=[])) == exits.FAILED
    assert "standard output: some of the output could not be written: No space left on device" in err.getvalue()


def test_progress_that_cannot_be_written_does_not_stop_a_command_and_fails_it_at_its_end(tmp_path: Path) -> None:
    shell = Shell(io.StringIO(), Full(), io.StringIO(), {}, tmp_path, losses=[])
    shell.tell("half-way")
    assert finished(exits.OK, None, shell) == exits.FAILED
    assert finished(exits.ROLLED_BACK, None, shell) == exits.ROLLED_BACK


def test_a_reader_that_has_gone_does_not_stop_json_lines_or_progress(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    shell = Shell(Gone(), Gone(), io.StringIO(), {}, tmp_path, losses=[])
    shell.tell("half-way")
    json_lines(shell)(Note(time=1.0, run="r", message="x"))
    assert shell.losses == []
