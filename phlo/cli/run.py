"""phlo run: tasks of roles and of the project, and the list of everything that can be run."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import project_root
from phlo.discovery.services import discover_services
from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from invoke.collection import Collection

    from phlo.discovery.definition import ServiceDefinition


class Runnable(NamedTuple):
    """Something `phlo run` can run. origin: `core`, `role` or `project`."""

    name: str
    help: str
    origin: str


_TITLES = {"core": "Core", "role": "Roles", "project": "Project (tasks.py)"}


def run(options: Any, shell: Shell) -> int:
    """Run a task that is none of the core verbs, or list all tasks."""
    from invoke.program import Program

    from phlo.cli.actions import find_actions, run_action
    from phlo.cli.task_collection import everything

    root = _root_or_none(options, shell)
    catalog = discover_services(root, cache=cache_folder(shell.environ))
    whole, problems = everything(catalog.services, root)
    actions, unread = find_actions(catalog, root)
    named = {f"{action.service}.{action.name}": action for action in actions}
    problems += unread
    if options.list or not options.task:
        listed = [
            *_runnables(whole, catalog.services),
            *(Runnable(name, one.help, "role") for name, one in named.items()),
        ]
        others = set() if options.all or options.json else _outside_project(catalog.services, root, options, shell)
        return _list(sorted(listed), others, problems, options, shell)
    name = options.task[0]
    if name in named:
        return run_action(named[name], options.task[1:], options, shell)
    known = [*named, *whole.task_names, *(alias for names in whole.task_names.values() for alias in names)]
    if name not in known:
        fix = _nearest_task(name, known)
        raise ConfigError(f'there is no task "{name}"', where="phlo run", fix=fix, others=problems)
    shell.out.flush()
    Program(namespace=whole, name="phlo run", binary="phlo run").run(["phlo run", *options.task])
    return exits.OK


def _nearest_task(name: str, known: Iterable[str]) -> str:
    """What may have been meant; of a service that has tasks one of those."""
    own = [one for one in known if one.startswith(f"{name.partition('.')[0]}.")] if "." in name else []
    hint = did_you_mean(name, own or known)
    return hint if own or hint.startswith("Did") else "`phlo run --list` shows all."


def _root_or_none(options: Any, shell: Shell) -> Path | None:
    """The project's folder; without one there are still phlo's verbs and the installed roles' tasks."""
    try:
        return project_root(options, shell)
    except ConfigError:
        if options.project_dir:
            raise
        return None


def _runnables(whole: Collection, services: Any) -> Iterator[Runnable]:
    from phlo.cli.verb_task import VerbTask

    for name, aliases in sorted(whole.task_names.items()):
        task = whole[name]
        is_role = name.partition(".")[0] in services and "." in name
        origin = "core" if isinstance(task, VerbTask) else "role" if is_role else "project"
        lines = (task.__doc__ or "").strip().splitlines() or [""]
        yield Runnable(", ".join([name, *aliases]), lines[0], origin)


def _outside_project(
    definitions: Mapping[str, ServiceDefinition], root: Path | None, options: Any, shell: Shell
) -> set[str]:
    """The services of installed packages that are not part of the project; none if the project cannot be read."""
    from phlo.cli.workspace import open_workspace, resolve_project

    if root is None:
        return set()
    try:
        workspace = open_workspace(options, shell)
        project = resolve_project(workspace, options, shell, fetch_secrets=False, needs_files=False, asks=False)
    except PhloError:
        return set()
    return {name for name, one in definitions.items() if one.kind == "package" and name not in project.services}


def _list(found: list[Runnable], others: Container[str], problems: list[PhloError], options: Any, shell: Shell) -> int:
    """Print the tasks, without those of the services `others`."""
    style = shell.style(options, err=True)
    for problem in problems:
        shell.tell(f"{style.sign('!')} {problem}")
    if options.json:
        shell.say_json([one._asdict() for one in found])
        return exits.OK
    from phlo.report.table import table

    out = shell.style(options)
    shown = [one for one in found if one.origin != "role" or one.name.partition(".")[0] not in others]
    width = max(len(one.name) for one in shown)
    blocks = []
    for origin, title in _TITLES.items():
        rows = [(f"  {one.name:<{width}}", one.help) for one in shown if one.origin == origin]
        if rows:
            blocks.append(f"{out(title, 'bold')}\n{table((), rows, out)}")
    shell.say("\n\n".join(blocks))
    if len(shown) < len(found):
        shell.say("\nTasks of services outside of this project: `phlo run --list --all`.")
    return exits.OK
