"""Deleting data: what has to be said, and by whom, before a command does it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from phlo.cli.run_id import new_run_id
from phlo.cli.shell import Shell
from phlo.errors import ConfigError, did_you_mean, first_of
from phlo.frozen import replace
from phlo.operations.protection import Protection, refusal
from phlo.plan import Plan

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.hosts.host import Host
    from phlo.values import Change


def agreed(what: str, options: Any, shell: Shell, *, command: str) -> bool:
    """Whether data may be deleted: `--yes` was given, or somebody at the terminal answers yes.

    what: a sentence that names the data. command: `phlo down --volumes`.
    Raises ConfigError when nobody can be asked: without a terminal only `--yes` is consent.
    """
    shell.tell(what)
    if options.yes:
        return True
    if not shell.input.isatty():
        what = "there is no terminal to ask on whether this data may be deleted; nothing was changed"
        raise ConfigError(what, where=command, fix="Add --yes if it may.")
    return shell.ask("Go on? [y/N]").strip().lower() in ("y", "yes")


def protection_of(project: Project, options: Any) -> Protection:
    """The project's protected volumes, less those named with `--unprotect`.

    A volume that is protected on any host is protected on all. Raises ConfigError for names that no volume has.
    """
    variants = (project, *project.variants.values())
    specs = [spec for variant in variants for spec in variant.volumes.values()]
    protected = frozenset(spec.name for spec in specs if spec.is_protected)
    return Protection(
        project=project.name,
        protected=protected,
        unprotected=frozenset(spec.name for spec in specs) - protected,
        lifted=frozenset(getattr(options, "unprotect", ())),
    )


def check_unprotect(project: Project, options: Any, doomed: Collection[str] = ()) -> None:
    """Raise ConfigError for a name of `--unprotect` that is not a volume of the project. doomed: volumes on hosts."""
    definitions = [*(service.definition for service in project.services.values())]
    definitions += [absence.definition for absence in project.absent.values()]
    known = {key for definition in definitions for key in definition.protect} | set(project.volumes)
    known |= {spec.name for spec in project.volumes.values()} | set(doomed)
    known |= {name.removeprefix(f"{project.name}_") for name in doomed}
    for name in options.unprotect:
        if name not in known:
            raise ConfigError(f'there is no volume "{name}"', where="--unprotect", fix=did_you_mean(name, known))


def doomed_volumes(steps: Plan, hosts: Mapping[str, Host], options: Any, *, command: str) -> tuple[str, ...]:
    """The volumes that a plan would remove, as the hosts are now.

    Raises OperationError when one of them is protected; and the first failure, unless `--yes` was given, when a host
    cannot be looked at.
    """
    from phlo.execute import run
    from phlo.report.run_state import RunState

    removing = tuple(replace(step, after=()) for step in steps.steps if step.operation == "absent")
    state = RunState()
    outcome = run(replace(steps, steps=removing), hosts, emit=state.take, run_id=new_run_id(), check=True)
    if outcome.failures and not options.yes:
        raise first_of(list(outcome.failures))
    found = list(_volume_changes(state))
    protected = [_name(change) for change in found if change.verb == "keep"]
    if protected:
        protection = next(step.args.protection for step in removing if step.args.kind == "volumes")
        raise refusal(protected, protection, what="would be removed: nothing was changed", where=command)
    return tuple(sorted({_name(change) for change in found}))


def _volume_changes(state: Any) -> Iterator[Change]:
    for one in state.services.values():
        yield from (change for change in one.changes if change.at.startswith("volume:"))


def _name(change: Change) -> str:
    return change.at.partition(":")[2]
