"""phlo run play: playbooks from the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.locked import locked
from phlo.cli.prompt import asker
from phlo.cli.reporter import SHOWS_DETAILS, Hold, play_reporter, show_requests
from phlo.cli.run_id import next_run_id
from phlo.cli.shell import Shell
from phlo.cli.traced import traced
from phlo.cli.workspace import Workspace, limit_hosts, load_inventory, open_hosts, open_workspace, resolve_project
from phlo.config.extra import extra_values
from phlo.errors import ConfigError, InventoryError, PhloError
from phlo.events import Emit
from phlo.execute.emitter import Emitter
from phlo.execute.history import recorded
from phlo.execute.play.bring_up import bringer
from phlo.execute.play.members import Members
from phlo.execute.play.outcome import PlaybookOutcome
from phlo.execute.play.run import adds_to_inventory, check_play, hosts_of, run_plays
from phlo.execute.play.run_context import COMMAND_LINE, BringUp, RunContext
from phlo.frozen import replace
from phlo.operations.arguments import accepted_arguments
from phlo.plan.graph import Plan
from phlo.playbook.load import NOTHING_AROUND, Loader
from phlo.playbook.lookups import lookup_functions
from phlo.playbook.model import Play
from phlo.playbook.operations import Operations
from phlo.playbook.plays import read_playbook
from phlo.playbook.scope import Layer, Variable
from phlo.playbook.selection import Choice
from phlo.playbook.source import Origin, Raw
from phlo.playbook.templating import Templar

if TYPE_CHECKING:
    from phlo.cli.locked import LockedHosts
    from phlo.config.project import Project
    from phlo.hosts.host import Host
    from phlo.inventory.hosts import Inventory


def play(options: Any, shell: Shell) -> int:
    """Run playbooks, or list what they would do."""
    workspace = open_workspace(options, shell)
    loader, operations = loader_of(workspace)
    plays = plays_of(options, loader, shell)
    if options.syntax_check or options.list_hosts or options.list_tags or options.list_tasks:
        return _listed(plays, workspace, loader, operations, options, shell)
    project = resolve_project(workspace, options, shell, generate_secrets=not options.check, is_limited=False)
    run = PlaybookCommand(
        workspace=workspace, project=project, loader=loader, operations=operations, options=options, shell=shell
    )
    title = f"play {' '.join(options.files)}"
    choice = choice_of(options, run.asker())
    outcome = run.carry_out(plays, title=title, choice=choice, takes_lock=not options.check)
    if outcome.status == "ok" and choice.start_at and not choice.has_begun:
        fix = f"`phlo run play {' '.join(options.files)} --list-tasks` shows their names."
        raise ConfigError(f'no task is called "{choice.start_at}"', where="--start-at-task", fix=fix)
    return exits.of_outcome(outcome)


def plays_of(options: Any, loader: Loader, shell: Shell) -> list[Play]:
    """The plays of the files that the options name, with the keywords that they give to all of them."""
    words = {
        "become": options.become or None,
        "become_user": options.become_user,
        "become_method": options.become_method,
        "connection": options.connection,
        "remote_user": options.user,
    }
    place = Origin(None, name=COMMAND_LINE)
    given: dict[str, Any] = {key: Raw(value, place) for key, value in words.items() if value is not None}
    around = replace(NOTHING_AROUND, **given)
    plays = [
        one for name in options.files for one in read_playbook(loader, (shell.cwd / name).resolve(), around=around)
    ]
    if options.force_handlers:
        return [replace(one, force_handlers=Raw(True, one.origin)) for one in plays]
    return plays


def _listed(
    plays: Sequence[Play], workspace: Workspace, loader: Loader, operations: Operations, options: Any, shell: Shell
) -> int:
    """Check the playbooks, and list what the options ask for."""
    from phlo.report.play_list import host_list, tag_list, task_list

    for one in plays:
        check_play(one, operations.find, loader.accepted)
    only, skip = _tags(options.tags), _tags(options.skip_tags)
    if options.list_hosts:
        limit = play_limit(options, workspace.inventory, workspace.root)
        templar = Templar(functions=lookup_functions(workspace.root))
        layer = command_line_layer(options, shell, workspace)
        is_open = adds_to_inventory(plays)
        found = [hosts_of(one, workspace.inventory, templar, layer, limit, is_open=is_open) for one in plays]
        shell.say(host_list(plays, found))
    if options.list_tags:
        shell.say(tag_list(plays, only=only, skip=skip))
    if options.list_tasks:
        shell.say(task_list(plays, only=only, skip=skip))
    if options.syntax_check:
        shell.tell(f"{', '.join(options.files)}: no error found.")
    return exits.OK


def play_limit(options: Any, inventory: Inventory, root: Path) -> tuple[str, ...] | None:
    """The hosts that `--limit` leaves; None without it."""
    if not options.limit:
        return None
    found = limit_hosts(inventory, options.limit, root, is_play=True)
    if found and not any(name in inventory.hosts for name in found):
        what = f'"{options.limit}" leaves no host of the inventory'
        raise InventoryError(what, where="--limit", fix="Leave --limit out, or name a host of the inventory.")
    return found


def loader_of(workspace: Workspace) -> tuple[Loader, Operations]:
    """What reads task files, and the operations they may use."""
    operations = Operations()
    loader = Loader(
        root=workspace.root,
        services=workspace.catalog.services,
        operations=operations.names(),
        accepted=accepted_arguments(workspace.cache),
        vault=workspace.inventory.vault,
    )
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
        self._hold: Hold = nullcontext

    def carry_out(
        self,
        plays: Sequence[Play],
        *,
        title: str,
        choice: Choice,
        takes_lock: bool,
        extra: Mapping[str, Any] | None = None,
        is_result: bool = True,
    ) -> PlaybookOutcome:
        """Run plays, shown and recorded.

        is_result: the report goes to stdout and ends with a recap of the hosts. False: the report is progress, goes to
                   stderr and has no recap; stdout has only the output of tasks.
        """
        options, inventory = self._options, self._workspace.inventory
        limit = play_limit(options, inventory, self._workspace.root)
        hosts = open_hosts(inventory, inventory.hosts, self._shell.environ)
        used = {name: host for name, host in hosts.items() if limit is None or name in limit}
        show_requests(hosts.values(), options, self._shell)
        asked = used if takes_lock else {}
        run_id = next_run_id(self._project.root, asked, self._project.name, forks=options.forks)
        with (
            self._shown(is_result=is_result) as shown,
            traced(shown, self._project.name, options, self._shell) as told,
            _kept(self._project.root, run_id, told, is_check=options.check) as emit,
        ):
            emitter = Emitter(
                emit,
                run_id=run_id,
                clock=time.time,
                secrets=self._project.secrets,
                has_details=options.verbose >= SHOWS_DETAILS,
            )
            with self._locked(used, title, emit, run_id) if takes_lock else nullcontext() as ours:
                known = {**hosts, **(ours.hosts if ours else {})}
                bring_up = bringer(
                    self._project, known, emitter, run_id=run_id, check=options.check, forks=options.forks
                )
                context = self._context(self._members(known, ours), bring_up, extra or {})
                functions = lookup_functions(self._project.root)
                vault = self._workspace.inventory.vault
                templar = Templar(functions=functions, on_secret=emitter.mask.learn, vault=vault)
                vault.tell(emitter.mask.learn)
                outcome = run_plays(plays, context, templar, emitter, title=title, choice=choice, limit=limit)
        if is_result and not options.quiet and options.output != "json":
            from phlo.report.plays import recap

            self._shell.report(recap(outcome.hosts, self._shell.style(options), outcome.seconds))
        return outcome

    def asker(self) -> Callable[[str], str] | None:
        """Asks at the terminal, and shows the answer as it is typed; None where nobody is."""

        def ask(question: str) -> str:
            with self._hold():
                return self._shell.ask(question)

        return ask if self._shell.input.isatty() else None

    def _members(self, hosts: Mapping[str, Host], locks: LockedHosts | None) -> Members:
        """The hosts of a run. locks: takes those of hosts that are added; None where no lock is held."""

        def opened(inventory: Inventory, name: str) -> Host:
            host = open_hosts(inventory, [name], self._shell.environ)[name]
            return locks.add(name, host) if locks else host

        def reload() -> Inventory:
            return load_inventory(self._options, self._shell, self._workspace.root)

        return Members(self._workspace.inventory, hosts, open_host=opened, reload=reload)

    def _context(self, members: Members, bring_up: BringUp, extra: Mapping[str, Any]) -> RunContext:
        options = self._options
        return RunContext(
            project=self._project,
            members=members,
            loader=self._loader,
            find=self._operations.find,
            bring_up=bring_up,
            ask=self.asker(),
            ask_hidden=asker(self._shell),
            extra=extra,
            command_line=command_line_layer(options, self._shell, self._workspace),
            check=options.check,
            shows_diff=options.diff,
            forks=options.forks,
            verbosity=options.verbose,
            clock=time.time,
        )

    def _locked(self, hosts: Mapping[str, Host], title: str, emit: Emit, run_id: str) -> Any:
        plan = Plan(title=title, project=self._project.name, steps=())
        return locked(plan, hosts, self._options, emit, run_id=run_id)

    @contextmanager
    def _shown(self, *, is_result: bool) -> Iterator[Emit]:
        with play_reporter(self._options, self._shell, is_result=is_result) as (emit, hold):
            self._hold = hold
            try:
                yield emit
            finally:
                self._hold = nullcontext


@contextmanager
def _kept(root: Path, run_id: str, shown: Emit, *, is_check: bool) -> Iterator[Emit]:
    """Events also go into the history, but for those of check mode."""
    if is_check:
        yield shown
        return
    with recorded(root, run_id, shown) as emit:
        yield emit


def command_line_layer(options: Any, shell: Shell, workspace: Workspace) -> Layer:
    """The variables of `-e` with their types; texts among them may be templates."""
    given = extra_values(options.extra, folder=shell.cwd, vault=workspace.inventory.vault)
    return {name: Variable(one.value, Origin(None, name=f"{one.source} {name}")) for name, one in given.items()}


def choice_of(options: Any, ask: Callable[[str], str] | None) -> Choice:
    """The tasks that the options choose."""
    if options.step and ask is None:
        raise PhloError("--step needs a terminal", where="phlo run play", fix="Leave --step out.")
    return Choice(
        only=_tags(options.tags),
        skip=_tags(options.skip_tags),
        start_at=options.start_at_task,
        confirm=ask if options.step else None,
    )


def _tags(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(tag.strip() for text in texts for tag in text.split(",") if tag.strip())
