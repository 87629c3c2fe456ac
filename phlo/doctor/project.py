"""How the project in this folder is doing: its files, its containers, who works on it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.config.candidates import STATE_FOLDER
from phlo.doctor.result import CheckResult, CheckStatus
from phlo.errors import PhloError

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.hosts.live import LiveContainer
    from phlo.hosts.lock import Holder

_SECRETS = ".env.local"


def check_valid(project: Project) -> Iterator[CheckResult]:
    """The project that phlo.yaml makes, and what of it could not be honoured."""
    hosts = {host for service in project.services.values() for host in service.runs_on}
    yield CheckResult(
        name="project",
        status=CheckStatus.OK,
        text=f"{project.name} in {project.root}: valid, {_counted(len(project.services), 'service')} on "
        f"{_counted(len(hosts), 'host')}",
        data={"name": project.name, "root": str(project.root), "services": sorted(project.services)},
    )
    for warning in project.warnings:
        yield CheckResult(name="project", status=CheckStatus.WARN, text=warning)


def check_invalid(error: PhloError) -> Iterator[CheckResult]:
    """What is wrong with phlo.yaml, the inventory or a role, each with its place."""
    for one in error.each():
        text = f"{one.where}: {one.what}" if one.where else one.what
        fix = one.fix or "`phlo config validate` tells everything that is wrong."
        yield CheckResult(name="project", status=CheckStatus.FAIL, text=text, fix=fix)


def check_state_folder(root: Path) -> Iterator[CheckResult]:
    """Can phlo keep what it keeps, and is what it keeps safe from other users?"""
    folder = root / STATE_FOLDER
    nearest = folder if folder.is_dir() else root
    if not os.access(nearest, os.W_OK | os.X_OK):
        yield CheckResult(
            name="state folder",
            status=CheckStatus.FAIL,
            text=f"{nearest} cannot be written to; generated secrets and the history of runs are kept there",
            fix=f"Give it back to who runs phlo: `sudo chown -R $(id -u) {nearest}`.",
        )
    path = folder / _SECRETS
    mode = stat.S_IMODE(path.stat().st_mode) if path.is_file() else 0
    if mode & 0o077:
        yield CheckResult(
            name="state folder",
            status=CheckStatus.WARN,
            text=f"other users may read {path} (mode {mode:04o}), which holds secrets",
            fix=f"`chmod 600 {path}`",
        )


def check_containers(live: Collection[LiveContainer]) -> Iterator[CheckResult]:
    """The project's containers: how many there are, and those that are in trouble."""
    states = Counter(one.state for one in live)
    text = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    yield CheckResult(
        name="containers",
        status=CheckStatus.INFO if not live else CheckStatus.OK,
        text=text or "none; `phlo up` starts the project",
        data=dict(states),
    )
    for one in live:
        trouble = _trouble(one)
        if trouble:
            yield CheckResult(
                name="containers",
                status=CheckStatus.WARN,
                text=f"{one.name} on {one.host} {trouble}",
                fix=f"See what it prints: `phlo logs {one.service} --tail 50`.",
            )


def _trouble(one: LiveContainer) -> str:
    if one.state in ("restarting", "dead"):
        return f"is {one.state}"
    if one.is_running and one.health == "unhealthy":
        return "is unhealthy"
    if one.has_failed:
        return f"ended with exit status {one.exit_code}"
    return ""


def check_lock(holder: Holder | None, host: str) -> CheckResult:
    """Who may change the project on a host now."""
    if holder is None:
        return CheckResult(name="deploy lock", status=CheckStatus.OK, text=f"free on {host}")
    text = f"held on {host} by {holder}"
    if holder.is_dead or holder.is_over:
        text += " (it is gone; the next run takes over)"
        return CheckResult(name="deploy lock", status=CheckStatus.INFO, text=text)
    return CheckResult(
        name="deploy lock", status=CheckStatus.INFO, text=f"{text}; other runs wait or end with 6 meanwhile"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
