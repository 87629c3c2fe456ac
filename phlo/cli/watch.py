"""phlo watch: services follow the files that somebody works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.bring_up import bring_up
from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.planning import dependencies
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, all_hosts, open_hosts, open_workspace, refuse_in_cluster, resolve_project
from phlo.errors import ConfigError, PhloError
from phlo.plan import build_power
from phlo.report.errors import error_text
from phlo.stop_signals import Stopped, StopRequest, exit_code_of, signal_of, stop_signals
from phlo.watch.rules import Changed, Reaction, Rules, first_sync, reactions
from phlo.watch.sync import running

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.hosts.host import Host

# Changes that come together are answered together: an editor writes a file in several goes, git many files.
DEBOUNCE_MILLISECONDS = 300
# How long nothing happens before the watcher says so; its first answer says that it watches.
_QUIET_MILLISECONDS = 1000
_MOST_NAMED = 3

Batches = Iterator[set[tuple[Any, str]]]


def watch(options: Any, shell: Shell) -> int:
    """Bring services up, and keep them as the files are."""
    watching = _library()
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, generate_secrets=True, asked=options.services)
    watched = [name for name, service in project.services.items() if service.compose.develop]
    refuse_in_cluster(project, watched, "watch", "Develop on this machine, without a cluster.")
    rules = {name: one.compose.develop for name, one in project.services.items() if one.compose.develop}
    paths = _checked(rules, project)
    if not options.no_up:
        code = bring_up(workspace, options, shell, options.services)
        if code != exits.OK:
            return code
    stop = StopRequest()
    follower = _Follower(workspace, project, rules, options, shell)
    try:
        with stop_signals(first=stop.take):
            for number, batch in enumerate(watching(*paths, stop_event=stop)):
                if number == 0:  # from now on no change is missed
                    follower.react(first_sync(rules))
                    count = f"{len(paths)} path{'s' * (len(paths) != 1)}"
                    shell.tell(f"Watching {count} for {', '.join(rules)}. Ctrl-C ends it.")
                follower.react(reactions(rules, set(_changes(batch)), root=project.root))
    except KeyboardInterrupt as stopped:
        stop.take(signal_of(stopped))
    shell.tell("Stopped watching; the services go on.")
    return exits.OK if stop.number is None else exit_code_of(stop.number)


def _library() -> Callable[..., Batches]:
    try:
        import watchfiles
    except ImportError:
        fix = "Install it with `pip install 'phlo[watch]'`."
        raise ConfigError("needs the Python library watchfiles", where="phlo watch", fix=fix) from None
    return lambda *paths, stop_event: watchfiles.watch(
        *paths,
        stop_event=stop_event,
        watch_filter=None,
        debounce=DEBOUNCE_MILLISECONDS,
        rust_timeout=_QUIET_MILLISECONDS,
        yield_on_timeout=True,
    )


def _changes(batch: set[tuple[Any, str]]) -> Iterator[Changed]:
    """What changed; of a folder that came, all that is in it, for files can be there before it is watched."""
    for _, name in batch:
        path = Path(name)
        yield Changed(path, is_gone=not path.exists())
        if path.is_dir():
            yield from (Changed(inside) for inside in path.rglob("*") if inside.is_file())


def _checked(rules: Rules, project: Project) -> list[Path]:
    """The paths to watch, each once. Raises ConfigError when there are none, or one is not there."""
    if not rules:
        fix = "Write develop: {watch: [{action: sync, path: ./src, target: /src}]} for a service, or add --dev."
        raise ConfigError("no service says what to watch", where="phlo watch", fix=fix)
    for name, own in rules.items():
        for index, rule in enumerate(own):
            if not rule.path.exists():
                where = project.services[name].sources.get("develop") or name
                what = f"develop.watch[{index}] of {name}: there is no {rule.path}"
                raise ConfigError(what, where=where, fix="Make it, or correct the path.")
    return list(dict.fromkeys(rule.path for own in rules.values() for rule in own))


class _Follower:
    """Does what follows from changes; failures are reported, and watching continues."""

    def __init__(self, workspace: Workspace, project: Project, rules: Rules, options: Any, shell: Shell) -> None:
        self._workspace = workspace
        self._project = project
        self._rules = rules
        self._options = options
        self._shell = shell
        self._hosts: dict[str, Host] = open_hosts(
            workspace.inventory, all_hosts(project, workspace.inventory), shell.environ
        )

    def react(self, found: list[Reaction]) -> None:
        for reaction in found:
            try:
                self._one(reaction)
            except PhloError as error:
                self._shell.tell(error_text(error, self._shell.style(self._options, err=True)))

    def _one(self, reaction: Reaction) -> None:
        if reaction.rebuilds:
            self._tell(reaction, "rebuild")
            code = bring_up(self._workspace, self._options, self._shell, [reaction.service], no_deps=True)
            if _went_on(code) == exits.OK:
                self.react(first_sync({reaction.service: self._rules[reaction.service]}, again=True))
            return
        for host in self._project.services[reaction.service].hosts:
            for container in running(self._hosts[host], self._project.name, reaction.service):
                container.remove(reaction.remove)
                container.put(reaction.put)
                for command in reaction.commands:
                    container.run(command)
        if reaction.put or reaction.remove:
            self._tell(reaction, "sync")
        for command in reaction.commands:
            self._tell(reaction, f"ran {command[0]}")
        if reaction.restarts:
            self._restart(reaction.service)

    def _restart(self, service: str) -> None:
        project = self._project
        hosts = project.services[service].hosts
        plan = build_power(project.name, hosts, dependencies(project), [service], "restarted", secrets=project.secrets)
        outcome = carry_out(project.root, plan, self._hosts, self._options, self._shell)
        _went_on(exit_code(outcome, self._shell))

    def _tell(self, reaction: Reaction, what: str) -> None:
        if self._options.quiet:
            return
        style = self._shell.style(self._options, err=True)
        named = ", ".join(reaction.causes[:_MOST_NAMED])
        more = len(reaction.causes) - _MOST_NAMED
        self._shell.tell(
            f"{style.sign('~')} {reaction.service}  {what} ({named}{f' and {more} more' if more > 0 else ''})"
        )


def _went_on(code: int) -> int:
    """The code of a run; a signal that stopped it ends the watching as well."""
    if exits.is_interrupted(code):
        raise Stopped(code - exit_code_of(0))
    return code
