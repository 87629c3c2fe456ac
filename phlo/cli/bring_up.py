"""Bringing services up on the way to something else (restore, watch)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from phlo.cli.carry_out import carry_out, exit_code
from phlo.cli.planning import whole_plan, write_outputs
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, open_hosts, resolve_project

# What `up` asks its options, as they are when nobody says otherwise.
_PLAIN = {"check": False, "diff": False, "tags": None, "recreate": False, "remove_orphans": False}


def bring_up(
    workspace: Workspace, options: Any, shell: Shell, services: Iterable[str], *, no_deps: bool = False
) -> int:
    """`up` of services with what they need; none: of the whole project. Gives the exit code."""
    plain = Namespace(**{**vars(options), **_PLAIN, "services": list(dict.fromkeys(services)), "no_deps": no_deps})
    project = resolve_project(workspace, plain, shell, generate_secrets=True, asked=plain.services)
    write_outputs(project)
    plan = whole_plan(project, workspace, plain)
    hosts = open_hosts(workspace.inventory, plan.hosts(), shell.environ)
    return exit_code(carry_out(project.root, plan, hosts, plain, shell), shell)
