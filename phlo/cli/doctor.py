"""phlo doctor: what support would ask for, each finding with its fix."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from phlo.cli import exits
from phlo.cli.engine_address import docker_engine
from phlo.cli.shell import Shell
from phlo.doctor.checks import check_machine
from phlo.doctor.ports import wanted_ports
from phlo.doctor.project import check_containers, check_invalid, check_lock, check_state_folder, check_valid
from phlo.doctor.result import CheckResult, CheckStatus, masked, to_json, worst
from phlo.doctor.software import check_environment, check_packages, check_phlo, check_python, check_system
from phlo.errors import ConfigError, PhloError
from phlo.report.style import Style

if TYPE_CHECKING:
    from phlo.cli.inventory import Answer
    from phlo.config.project import Project
    from phlo.discovery.catalog import Catalog
    from phlo.inventory.hosts import Inventory

_SIGNS = {CheckStatus.OK: "✓", CheckStatus.INFO: " ", CheckStatus.WARN: "!", CheckStatus.FAIL: "✗"}
_FORKS = 32


class _Found(NamedTuple):
    """What is in this folder. root: None outside of a project. project: None when it is not valid, see `error`."""

    root: Path | None
    catalog: Catalog
    inventory: Inventory | None = None
    project: Project | None = None
    error: PhloError | None = None


def doctor(options: Any, shell: Shell) -> int:
    """Run every check; with --install-engine make sure of an engine first."""
    if options.install_engine:
        from phlo.hosts.install import ensure_engine

        ensure_engine(say=shell.tell, environ=shell.environ)
    found = _find(options, shell)
    mask = found.project.masker() if found.project else str
    results = [masked(result, mask) for result in _checks(found, options, shell)]
    if options.json or options.output == "json":
        shell.say_json(to_json(results))
    else:
        shell.say(_text(results, shell.style(options)))
    return exits.FAILED if worst(results) is CheckStatus.FAIL else exits.OK


def _find(options: Any, shell: Shell) -> _Found:
    from phlo.cli.workspace import Workspace, load_inventory, project_root, resolve_project
    from phlo.discovery.services import discover_services

    try:
        root: Path | None = project_root(options, shell)
    except ConfigError:
        if options.project_dir:
            raise
        root = None
    catalog, inventory = discover_services(root), None
    try:
        inventory = load_inventory(options, shell, root or shell.cwd)
        if root is None:
            return _Found(None, catalog, inventory)
        full = Namespace(**vars(options), extra=[], project_name=None)
        project = resolve_project(Workspace(root, catalog, inventory), full, shell, fetch_secrets=False)
    except PhloError as error:
        return _Found(root, catalog, inventory, error=error)
    return _Found(root, catalog, inventory, project)


def _checks(found: _Found, options: Any, shell: Shell) -> Iterator[CheckResult]:
    root, project = found.root, found.project
    yield from (check_phlo(), check_python(), check_system(), check_environment(shell.environ))
    yield from check_packages(found.catalog)
    if found.error:
        yield from check_invalid(found.error)
    elif project:
        yield from check_valid(project)
    else:
        text = "there is no phlo.yaml here; with -C DIR that of a project is looked at, too"
        yield CheckResult(name="project", status=CheckStatus.INFO, text=text)
    if root:
        yield from check_state_folder(root)
    engine = docker_engine(shell.environ)
    yield from check_machine(
        docker_host=engine.url,
        cert_path=engine.cert_path,
        environ=shell.environ,
        folder=root or shell.cwd,
        now=time.time(),
        ports=wanted_ports(project) if project else (),
        project=project.name if project else "",
        references=_pulled(project) if project else (),
    )
    answers = _ask_hosts(found.inventory, options, shell)
    yield from _of_hosts(answers)
    if project:
        yield from _of_containers(found, answers, shell)
    if root:
        yield from _of_history(root)


def _pulled(project: Project) -> list[str]:
    """The images that there is no other way to have than to pull them."""
    images = [service.image for service in project.services.values()]
    return [image.reference for image in images if image.reference and not image.recipe]


def _ask_hosts(inventory: Inventory | None, options: Any, shell: Shell) -> Mapping[str, Answer]:
    """What the hosts of an inventory say that was given; without one the engine of this machine has told all."""
    if inventory is None or not inventory.sources:
        return {}
    from phlo.cli.inventory import reach_hosts

    return reach_hosts(inventory, list(inventory.hosts), shell, forks=_FORKS)


def _of_hosts(answers: Mapping[str, Answer]) -> Iterator[CheckResult]:
    for name, answer in sorted(answers.items()):
        where = f"host {name}"
        if answer.reached is None:
            error = answer.error or PhloError("did not answer")
            yield CheckResult(name=where, status=CheckStatus.FAIL, text=error.what, fix=error.fix)
            continue
        one = answer.reached
        yield CheckResult(
            name=where,
            status=CheckStatus.OK,
            text=f"Docker {one.version}, API {one.api}, {one.platform}, Swarm {one.swarm}",
            data=one._asdict(),
        )
        for warning in answer.warnings:
            yield CheckResult(name=where, status=CheckStatus.WARN, text=warning)


def _of_containers(found: _Found, answers: Mapping[str, Answer], shell: Shell) -> Iterator[CheckResult]:
    """The project's containers and its lock, on the hosts that answer."""
    from phlo.cli.workspace import all_hosts, all_places, open_hosts
    from phlo.hosts.live import live_containers
    from phlo.hosts.lock import read_holder

    project, inventory = found.project, found.inventory
    if project is None or inventory is None:
        return
    silent = {name for name, answer in answers.items() if answer.error}
    live, locks = [], []
    for name, host in open_hosts(inventory, sorted({*all_places(project)} - silent), shell.environ).items():
        try:
            live += live_containers(host.engine, project.name, host=name)
            if name in all_hosts(project, inventory):
                locks.append(check_lock(read_holder(host.engine, project.name), name))
        except PhloError:
            continue  # what is wrong with it has been told
        finally:
            host.engine.close()
    yield from check_containers(live)
    yield from locks


def _of_history(root: Path) -> Iterator[CheckResult]:
    """The last run that did something."""
    from datetime import datetime

    from phlo.execute.history import read_run, run_ids
    from phlo.report.history import past_run

    runs = run_ids(root)
    if not runs:
        return
    try:
        last = past_run(runs[-1], read_run(root, runs[-1]))
    except ConfigError as error:
        yield CheckResult(name="last run", status=CheckStatus.WARN, text=f"{error.where}: {error.what}", fix=error.fix)
        return
    began = datetime.fromtimestamp(last.began).astimezone().isoformat(sep=" ", timespec="minutes")
    is_good = last.result in ("ok", "changed")
    yield CheckResult(
        name="last run",
        status=CheckStatus.OK if is_good else CheckStatus.WARN,
        text=f"{last.title}, {began}: {last.result.replace('_', ' ')} ({last.id})",
        fix="" if is_good else "`phlo history show last` tells what happened.",
        data=last.as_json(),
    )


def _text(results: Iterable[CheckResult], style: Style) -> str:
    results = list(results)
    width = max(len(result.name) for result in results)
    indent, lines = " " * (width + 4), []
    for result in results:
        head = f"{style.sign(_SIGNS[result.status])} {style(f'{result.name:<{width}}', 'bold')}  "
        text = _wrapped(result.text, style, len(indent))
        lines += [head + text[0], *(indent + line for line in text[1:])]
        lines += [indent + style(line, "cyan") for line in _wrapped(result.fix, style, len(indent)) if line]
    return "\n".join(lines)


def _wrapped(text: str, style: Style, indent: int) -> list[str]:
    """For a terminal, lines that fit; for a file or another program, one."""
    if not style.is_terminal:
        return [text]
    import textwrap

    return textwrap.wrap(text, max(style.width - indent, 40), break_on_hyphens=False) or [""]
