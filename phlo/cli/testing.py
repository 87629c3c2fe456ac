"""phlo test: a role from its first start to its last trace, in a project of its own."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.carry_out import carry_out
from phlo.cli.parser import checked
from phlo.cli.planning import dependencies, write_outputs
from phlo.cli.role_tasks import with_role_tasks
from phlo.cli.shell import Shell
from phlo.cli.verbs import VERBS
from phlo.cli.workspace import all_hosts, open_hosts, open_workspace, resolve_project
from phlo.config.root import find_project_root
from phlo.errors import ConfigError, OperationError, PhloError, first_of
from phlo.frozen import dataclass
from phlo.plan import build, build_down
from phlo.programs import run_program
from phlo.report.errors import error_text
from phlo.stop_signals import exit_code_of, signal_of
from phlo.testing.subject import Subject, find_subject

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.execute import Outcome
    from phlo.plan import Plan


def test(options: Any, shell: Shell) -> int:
    """Test roles one after the other; the exit code is that of the first that failed."""
    subjects = [find_subject(text, cwd=shell.cwd, project_root=_root_or_none(shell.cwd)) for text in options.roles]
    codes = [_test(subject, options, shell) for subject in subjects]
    return next((code for code in codes if code != exits.OK), exits.OK)


def _root_or_none(folder: Path) -> Path | None:
    try:
        return find_project_root(folder)
    except ConfigError:
        return None


def _test(subject: Subject, options: Any, shell: Shell) -> int:
    import shutil

    folder = Path(tempfile.mkdtemp(prefix="phlo-test-"))
    try:
        return _RoleTest(subject, folder, options, shell).run()
    finally:
        if options.keep:
            shell.tell(f"Kept. See `phlo -C {folder} ps`; `phlo -C {folder} down --volumes` removes it.")
        else:
            shutil.rmtree(folder, ignore_errors=True)


class _ToldError(Exception):
    """A stage did not end well, and the user has been told why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class _RoleTest:
    """The test of one subject. folder: of its project."""

    subject: Subject
    folder: Path
    options: Any
    shell: Shell

    def run(self) -> int:
        """Go through the stages up to the first that fails; what was started is removed whatever happens."""
        if not self.subject.services:
            return self._stage("verify", self._verify)
        code = self._stage("lint", self._lint)
        if code != exits.OK:
            return code
        try:
            for name, work in (("converge", self._up), ("idempotence", self._up_again), ("verify", self._verify)):
                if code == exits.OK:
                    code = self._stage(name, work)
        finally:
            destroyed = exits.OK if self.options.keep else self._stage("destroy", self._destroy)
        return code or destroyed

    def _lint(self) -> str:
        from phlo.testing.lint import lint
        from phlo.testing.role_project import isolate, write_role_project

        write_role_project(self.subject, self.folder)
        project = self._resolve(generate_secrets=False)
        isolate(self.folder, project)
        if found := lint(self.subject, project):
            self.shell.tell(error_text(first_of(found), self.shell.style(self.options, err=True)))
            raise _ToldError(exits.FAILED)
        return ""

    def _up(self) -> str:
        outcome = self._converge()
        _raise_failures(outcome)
        return ""

    def _up_again(self) -> str:
        outcome = self._converge()
        _raise_failures(outcome)
        _raise_changes(outcome)
        return "a second run changes nothing"

    def _converge(self) -> Outcome:
        """What `phlo up` does with the role's services, from the packages on."""
        project = self._resolve(generate_secrets=True)
        write_outputs(project)
        workspace = open_workspace(self._up_options(), self.shell)
        plan = with_role_tasks(build(project), project, workspace)
        return self._carry_out(plan)

    def _verify(self) -> str:
        """The role's own tests, by pytest in a process of its own."""
        import importlib.util

        if importlib.util.find_spec("pytest") is None or importlib.util.find_spec("testinfra") is None:
            raise ConfigError("the tests need pytest and testinfra", where="phlo test", fix="pip install 'phlo[test]'")
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "phlo.testing.plugin"]
        folder = str(self.subject.folder)
        # No conftest.py outside the role: it belongs to another project, such as the repository around a package.
        argv += ["--import-mode=importlib", "-c", os.devnull, "--rootdir", folder, "--confcutdir", folder]
        argv += ["--phlo-project", str(self.folder), str(self.subject.tests)]
        done = run_program(
            argv, folder=self.folder, environ=self.shell.environ, more=self._test_variables(), is_joined=True
        )
        text = done.stdout.text().rstrip()
        lines = text.splitlines()
        if done.code:
            raise OperationError(f"pytest ended with status {done.code}", where=self.subject.tests, detail=lines)
        if self.options.verbose:
            self.shell.tell(text)
        return lines[-1].strip("= ") if lines else ""

    def _test_variables(self) -> dict[str, str]:
        """Variables with which the tested package can be imported even if it is not installed."""
        path = os.pathsep.join(filter(None, (str(self.subject.folder.parent), self.shell.environ.get("PYTHONPATH"))))
        return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def _destroy(self) -> str:
        project = self._resolve(generate_secrets=False)
        hosts = all_hosts(project, open_workspace(self._up_options(), self.shell).inventory)
        plan = build_down(project.name, hosts, dependencies(project), with_volumes=True, grace_seconds=0)
        _raise_failures(self._carry_out(plan))
        return ""

    def _carry_out(self, plan: Plan) -> Outcome:
        workspace = open_workspace(self._up_options(), self.shell)
        hosts = open_hosts(workspace.inventory, plan.hosts(), self.shell.environ)
        return carry_out(self.folder, plan, hosts, self._up_options(), self.shell)

    def _resolve(self, *, generate_secrets: bool) -> Project:
        options = self._up_options()
        workspace = open_workspace(options, self.shell)
        return resolve_project(
            workspace, options, self.shell, generate_secrets=generate_secrets, asked=options.services
        )

    def _up_options(self) -> Any:
        """The options that `phlo up`, with all services of the role that are tested, has in the test project."""
        from phlo.testing.role_project import tested_services

        up = next(verb for verb in VERBS if verb.name == "up")
        given = {name: getattr(self.options, name) for name in ("quiet", "no_color", "debug", "forks", "wait_timeout")}
        services = [definition.name for definition in tested_services(self.subject)]
        found = checked(up, {"project_dir": str(self.folder), "services": services, **given})
        found.verbose = self.options.verbose
        return found

    def _stage(self, name: str, work: Callable[[], str]) -> int:
        """Do one stage and tell how it went; gives the exit code."""
        style, started = self.shell.style(self.options, err=True), time.monotonic()
        code, note = exits.OK, ""
        try:
            note = work()
        except _ToldError as error:
            code = error.code
        except PhloError as error:
            self.shell.tell(error_text(error, style))
            code = exits.code_of(error)
        except KeyboardInterrupt as stopped:
            code = exit_code_of(signal_of(stopped))
        sign = style.sign("✓" if code == exits.OK else "✗")
        seconds = time.monotonic() - started
        line = f"{sign} {style(f'{self.subject.name}: {name}', 'bold')}  {note}  {style(f'{seconds:.1f}s', 'dim')}"
        self.shell.tell(line.replace("    ", "  "))
        return code


def _raise_failures(outcome: Outcome) -> None:
    """Raise when a run did not end well; it has said why itself."""
    code = exits.of_outcome(outcome)
    if code != exits.OK:
        raise _ToldError(code)


def _raise_changes(outcome: Outcome) -> None:
    """Raise when a run that should have nothing to do changed something."""
    changes = [
        f"{step}: {change.verb} {change.at} ({', '.join(change.causes)})"
        for step, result in outcome.steps.items()
        for change in result.changes
        if change.is_counted
    ]
    if changes:
        raise OperationError(
            f"a second run changed {len(changes)} thing{'s' if len(changes) > 1 else ''}",
            fix="A second run must change nothing.",
            detail=changes,
        )
