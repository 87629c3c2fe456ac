"""phlo run play: playbooks from the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.carry_out import new_run_id
from phlo.cli.locked import locked
from phlo.cli.shell import Shell
from phlo.cli.traced import traced
from phlo.cli.workspace import Workspace, limit_hosts, open_hosts, open_workspace, resolve_project
from phlo.errors import ConfigError, PhloError
from phlo.execute.history import recorded
from phlo.plan.graph import Plan
from phlo.playbook.announce import Announcer
from phlo.playbook.bring_up import bringer
from phlo.playbook.load import Loader
from phlo.playbook.model import Play
from phlo.playbook.operations import Operations
from phlo.playbook.outcome import PlaybookOutcome
from phlo.playbook.run import run_plays
from phlo.playbook.selection import Choice
from phlo.playbook.surroundings import Surroundings, lookup_functions
from phlo.playbook.templating import Templar
from phlo.values import Emit

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.hosts.host import Host


def play(options: Any, shell: Shell) -> int:
    """Run playbooks, or list what they would do."""
    workspace = open_workspace(options, shell)
    loader, operations = loader_of(workspace)
    plays = [one for name in options.files for one in loader.playbook((shell.cwd / name).resolve())]
    if options.list_tasks:
        from phlo.report.play_list import task_list

        shell.say(task_list(plays, only=_tags(options.tags), skip=_tags(options.skip_tags)))
        return exits.OK
    project = resolve_project(workspace, options, shell, generate_secrets=not options.check)
    run = PlaybookCommand(
        workspace=workspace, project=project, loader=loader, operations=operations, options=options, shell=shell
    )
    title = f"play {' '.join(options.files)}"
    choice = _choice(options, shell)
    outcome = run.carry_out(plays, title=title, choice=choice, takes_lock=not options.check)
    if outcome.status == "ok" and choice.start_at and not choice.has_begun:
        fix = f"`phlo run play {' '.join(options.files)} --list-tasks` shows their names."
        raise ConfigError(f'no task is called "{choice.start_at}"', where="--start-at-task", fix=fix)
    return exits.BY_OUTCOME[outcome.status]


def loader_of(workspace: Workspace) -> tuple[Loader, Operations]:
    """What reads task files, and the operations they may use."""
    operations = Operations()
    loader = Loader(root=workspace.root, services=workspace.catalog.services, operations=operations.names())
    return loader, operations


class PlaybookCommand:
    """What it takes to run plays as the options of a command say."""

    def __init__(
        self,
        *,
        workspace: Workspace,
        project: Project,
        loader: Loader,
        operations: Operations,
        options: Any,
        shell: Shell,
    ) -> None:
        self._workspace = workspace
        self._project = project
        self._loader = loader
        self._operations = operations
        self._options = options
        self._shell = shell

    def carry_out(
        self,
        plays: Sequence[Play],
        *,
        title: str,
        choice: Choice,
        takes_lock: bool,
        extra: Mapping[str, Any] | None = None,
        is_brief: bool = False,
    ) -> PlaybookOutcome:
        """Run plays, shown and recorded. is_brief: without the last lines about the hosts."""
        options, inventory = self._options, self._workspace.inventory
        run_id = new_run_id()
        limit = limit_hosts(inventory, options.limit, self._workspace.root) if options.limit else None
        hosts = open_hosts(inventory, inventory.hosts, self._shell.environ)
        used = {name: host for name, host in hosts.items() if limit is None or name in limit}
        with (
            self._shown() as shown,
            traced(shown, self._project.name, options, self._shell) as told,
            _kept(self._project.root, run_id, told, is_check=options.check) as emit,
        ):
            announcer = Announcer(emit, run_id=run_id, clock=time.time, secrets=self._project.secrets)
            with self._locked(used, title, emit, run_id) if takes_lock else _as_they_are(used) as ours:
                world = self._world({**hosts, **ours}, announcer, run_id, extra or {})
                functions = lookup_functions(self._project.root)
                templar = Templar(functions=functions, on_secret=announcer.learn)
                outcome = run_plays(plays, world, templar, announcer, title=title, choice=choice, limit=limit)
        if not is_brief and not options.quiet and options.output != "json":
            from phlo.report.plays import recap

            self._shell.tell(recap(outcome.hosts, self._shell.style(options, err=True), outcome.seconds))
        return outcome

    def _world(
        self, hosts: Mapping[str, Host], announcer: Announcer, run_id: str, extra: Mapping[str, Any]
    ) -> Surroundings:
        options = self._options
        return Surroundings(
            project=self._project,
            inventory=self._workspace.inventory,
            hosts=hosts,
            loader=self._loader,
            find=self._operations.find,
            bring_up=bringer(self._project, hosts, announcer, run_id=run_id, check=options.check, forks=options.forks),
            ask=_asker(self._shell),
            extra=extra,
            check=options.check,
            shows_diff=options.diff,
            forks=options.forks,
            clock=time.time,
        )

    def _locked(self, hosts: Mapping[str, Host], title: str, emit: Emit, run_id: str) -> Any:
        plan = Plan(title=title, project=self._project.name, steps=())
        return locked(plan, hosts, self._options, emit, run_id=run_id)

    @contextmanager
    def _shown(self) -> Iterator[Emit]:
        options, shell = self._options, self._shell
        if options.output == "json":
            from phlo.report.jsonl import JsonLines

            yield JsonLines(lambda line: shell.say(line) or shell.out.flush())
            return
        from phlo.report.plays import PlayLines

        yield PlayLines(
            shell.tell,
            shell.style(options, err=True),
            verbosity=options.verbose,
            is_quiet=options.quiet,
            is_full=options.diff,
        )


@contextmanager
def _as_they_are(hosts: Mapping[str, Host]) -> Iterator[Mapping[str, Host]]:
    yield hosts


@contextmanager
def _kept(root: Path, run_id: str, shown: Emit, *, is_check: bool) -> Iterator[Emit]:
    """Events also go into the history, but for those of check mode."""
    if is_check:
        yield shown
        return
    with recorded(root, run_id, shown) as emit:
        yield emit


def _choice(options: Any, shell: Shell) -> Choice:
    confirm = None
    if options.step:
        ask = _asker(shell)
        if ask is None:
            raise PhloError("--step needs a terminal", where="phlo run play", fix="Leave --step out.")
        confirm = ask
    return Choice(
        only=_tags(options.tags), skip=_tags(options.skip_tags), start_at=options.start_at_task, confirm=confirm
    )


def _tags(text: str | None) -> frozenset[str]:
    return frozenset(tag.strip() for tag in (text or "").split(",") if tag.strip())


def _asker(shell: Shell) -> Callable[[str], str] | None:
    """Asks at the terminal, and shows the answer as it is typed; None where nobody is."""
    if not shell.input.isatty():
        return None

    def ask(question: str) -> str:
        shell.err.write(f"{question.rstrip()} ")
        shell.err.flush()
        return shell.input.readline().rstrip("\n")

    return ask
