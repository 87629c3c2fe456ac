"""phlo doctor: what phlo needs on this machine, checked."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.doctor.checks import run_checks
from phlo.doctor.ports import WantedPort, wanted_ports
from phlo.doctor.result import CheckResult, CheckStatus, to_json, worst
from phlo.errors import ConfigError, PhloError
from phlo.report.style import Style

_SIGNS = {CheckStatus.OK: "✓", CheckStatus.INFO: " ", CheckStatus.WARN: "!", CheckStatus.FAIL: "✗"}


def doctor(options: Any, shell: Shell) -> int:
    """Run every check; with --install-engine make sure of an engine first."""
    if options.install_engine:
        from phlo.hosts.install import ensure_engine

        ensure_engine(say=shell.tell, environ=shell.environ)
    folder, project, ports, problem = _project(options, shell)
    results = run_checks(environ=shell.environ, folder=folder, now=time.time(), ports=ports, project=project)
    if problem:
        results.append(problem)
    if options.json:
        shell.say_json(to_json(results))
    else:
        shell.say(_text(results, shell.style(options)))
    return exits.FAILED if worst(results) is CheckStatus.FAIL else exits.OK


def _project(options: Any, shell: Shell) -> tuple[Path, str, tuple[WantedPort, ...], CheckResult | None]:
    """The project's folder, name and wanted ports; outside of a project this folder and nothing wanted."""
    from argparse import Namespace

    from phlo.cli.workspace import open_workspace, project_root, resolve_project

    try:
        root = project_root(options, shell)
    except ConfigError:
        return shell.cwd, "", (), None
    try:
        full = Namespace(**vars(options), inventory=[], extra=[], project_name=None)
        project = resolve_project(open_workspace(full, shell), full, shell, fetch_secrets=False)
    except PhloError as error:
        fix = "`phlo config validate` tells everything that is wrong."
        return root, "", (), CheckResult(name="project", status=CheckStatus.FAIL, text=str(error), fix=fix)
    return root, project.name, wanted_ports(project), None


def _text(results: list[CheckResult], style: Style) -> str:
    width = max(len(result.name) for result in results)
    lines = []
    for result in results:
        lines.append(f"{style.sign(_SIGNS[result.status])} {style(f'{result.name:<{width}}', 'bold')}  {result.text}")
        if result.fix:
            lines.append(" " * (width + 4) + style(result.fix, "cyan"))
    return "\n".join(lines)
