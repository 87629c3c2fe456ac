"""Plans in files: phlo plan -o FILE, phlo plan show FILE, phlo up --plan FILE."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.default_inventory import inventory_paths
from phlo.cli.out_file import unwritable
from phlo.cli.run_id import new_run_id
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_hosts, open_workspace, project_root, resolve_project
from phlo.errors import ConfigError, PlanError, first_of
from phlo.hosts.live import live_containers
from phlo.plan.saved import SavedPlan, approver, capture, moved, new_salt, read, to_text

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.execute import Outcome
    from phlo.hosts.host import Host
    from phlo.plan import Plan

# The options that a plan depends on, and that are therefore kept with it. -e is not: it may give a secret.
_KEPT = (
    "services",
    "profile",
    "no_deps",
    "exclude",
    "scale",
    "dev",
    "image_source",
    "tags",
    "recreate",
    "remove_orphans",
    "unprotect",
    "project_name",
)


def save(plan: Plan, outcome: Outcome, project: Project, hosts: Mapping[str, Host], options: Any, shell: Shell) -> None:
    """Write a plan that was just made to the file that `-o` names; readable by the user alone."""
    from phlo.config.atomic import replace_file

    if outcome.failures:
        fix = "Fix what failed above, and plan again."
        raise PlanError("is not saved: not everything could be observed", where=options.out, fix=fix)
    saved = _captured(plan, outcome, project, hosts, _asked(options, project.root, shell), new_salt())
    path = shell.cwd / options.out
    try:
        replace_file(path, to_text(saved).encode(), mode=0o600)
    except OSError as reason:
        raise unwritable(path, reason) from None
    if not options.quiet:
        inventory = "".join(f"-i {shlex.quote(name)} " for name in options.inventory)
        shell.tell(f"Saved in {options.out}. Carry out exactly this: phlo up {inventory}--plan {options.out}")


def show(options: Any, shell: Shell) -> int:
    """Print a saved plan."""
    from phlo.cli import exits
    from phlo.events import StepFinished, StepId
    from phlo.report.plan import plan_data, plan_text
    from phlo.report.run_state import RunState

    saved = read(shell.cwd / options.file)
    state = RunState()
    for step in saved.steps:
        state.take(
            StepFinished(
                time=saved.made,
                run="",
                step=StepId(host=step.host, service=step.service, operation=step.operation, name=step.name),
                status=step.status,
                changes=step.changes,
            )
        )
    asked = {name: value for name, value in saved.asked.items() if value}
    if options.json:
        data = plan_data(state, project=saved.project)
        shell.say_json({**data, "made": saved.made, "phlo": saved.version, "asked": asked})
        return exits.OK
    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(saved.made))
    shell.say(f"{saved.project}, made {made} by phlo {saved.version}{_asked_text(asked)}\n")
    shell.say(plan_text(state, shell.style(options), verbosity=options.verbose, is_full=True))
    return exits.OK


def up_saved(options: Any, shell: Shell) -> int:
    """Carry out a saved plan, if all it was made from is still the same."""
    from phlo.cli.planning import whole_plan, write_outputs
    from phlo.execute import run

    path = shell.cwd / options.plan
    saved = read(path)
    _take_over(saved, options, project_root(options, shell), shell)
    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, asked=options.services)
    plan = whole_plan(project, workspace, options)
    hosts = open_hosts(workspace.inventory, plan.hosts(), shell.environ)
    checked = run(plan, hosts, emit=_unheard, run_id=new_run_id(), check=True, forks=options.forks)
    if checked.failures:
        raise first_of(checked.failures)
    now = _captured(plan, checked, project, hosts, saved.asked, saved.salt)
    differing = moved(saved, now)
    if saved.project != now.project:
        differing = [f"it is a plan for the project {saved.project}, and this is {now.project}"]
    if differing:
        raise PlanError(
            f"is out of date: {_count(differing)} changed since it was made",
            where=options.plan,
            fix=f"Make a new one and read it: `phlo plan -o {options.plan}`.",
            detail=differing,
        )
    if not options.check:
        if project.pending_secrets:
            project = resolve_project(workspace, options, shell, generate_secrets=True, asked=options.services)
            plan = whole_plan(project, workspace, options)
        write_outputs(project)
    outcome = carry_out(project.root, plan, hosts, options, shell, check=options.check, approve=approver(saved, plan))
    return exit_code(outcome, shell)


def _captured(
    plan: Plan,
    outcome: Outcome,
    project: Project,
    hosts: Mapping[str, Host],
    asked: Mapping[str, Any],
    salt: str,
) -> SavedPlan:
    decided = {name: (result.status, result.changes) for name, result in outcome.steps.items()}
    live = {name: _live(host, project.name) for name, host in hosts.items()}
    return capture(plan, decided, live, root=project.root, asked=asked, salt=salt, made=round(time.time(), 3))


def _live(host: Host, project: str) -> dict[str, dict[str, str]]:
    found = live_containers(host.engine, project, host=host.name)
    return {one.name: {"id": one.id, "service": one.service, "state": one.state} for one in found}


def _asked(options: Any, root: Path, shell: Shell) -> dict[str, Any]:
    asked = {name: getattr(options, name) for name in _KEPT}
    asked["inventory"] = _inventory(options, root, shell)
    asked["extra"] = sorted(_name_of(text) for text in options.extra)
    return asked


def _take_over(saved: SavedPlan, options: Any, root: Path, shell: Shell) -> None:
    """Set the options as they were when the plan was made. Raises ConfigError for those given besides it.

    The inventory is not taken from the file: it can be a program, or name hosts, and the file may have been changed by
    somebody. It has to be given again, and to be the same.
    """
    given = [name for name in _KEPT if name != "project_name" and getattr(options, name)]
    if given:
        raise ConfigError(
            f"goes together with no {' or '.join(given)}: the saved plan says what is brought up",
            where="phlo up --plan",
            fix="Leave that out, or make another plan with it.",
        )
    missing = sorted(set(saved.asked["extra"]) - {_name_of(text) for text in options.extra})
    if missing:
        raise ConfigError(
            f"the plan was made with -e {' -e '.join(missing)}, whose values it does not keep",
            where="phlo up --plan",
            fix="Give them again.",
        )
    for name in _KEPT:
        setattr(options, name, saved.asked[name])
    inventory = _inventory(options, root, shell)
    if inventory != saved.asked["inventory"]:
        named = " ".join(f"-i {shlex.quote(name)}" for name in saved.asked["inventory"])
        raise ConfigError(
            f"the plan was made with {named or 'no -i'}, this command has {_words(inventory) or 'none'}",
            where="phlo up --plan",
            fix="Give the same inventory again: phlo opens none that only the file names."
            if named
            else "Leave -i out, or make another plan with it.",
        )


def _inventory(options: Any, root: Path, shell: Shell) -> list[str]:
    """The command's inventories, named or by default, relative to the project's folder."""
    return [os.path.relpath(path, root) for path in inventory_paths(options, shell, root)]


def _name_of(extra: str) -> str:
    return extra if extra.startswith("@") else extra.partition("=")[0]


def _count(lines: list[str]) -> str:
    return "one part" if len(lines) == 1 else f"{len(lines)} parts"


def _asked_text(asked: Mapping[str, Any]) -> str:
    parts = [name if value is True else f"{name} {_words(value)}" for name, value in asked.items()]
    return f" ({', '.join(parts)})" if parts else ""


def _words(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _unheard(event: object) -> None:
    """Ignore the events of an observation that only serves to compare."""
