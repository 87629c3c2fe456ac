"""phlo prune: what no service wants any more goes, on all hosts of the inventory."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from phlo.cli.deletion import protection_of
from phlo.cli.lifecycle import take_down
from phlo.cli.shell import Shell
from phlo.cli.workspace import clusters_by_manager, limit_hosts, open_hosts, open_workspace, resolve_project
from phlo.plan.prune import build_prune


def prune(options: Any, shell: Shell) -> int:
    """Remove containers and networks, and when asked to volumes, that nothing of the project wants."""
    workspace = open_workspace(options, shell)
    # --limit says where to look, and not where services are: they would seem to have left the other hosts.
    unlimited = Namespace(**{**vars(options), "limit": None})
    project = resolve_project(workspace, unlimited, shell, fetch_secrets=False)
    names = limit_hosts(workspace.inventory, options.limit or "all", workspace.root)
    steps = build_prune(
        project,
        names,
        with_volumes=options.volumes,
        clusters=clusters_by_manager(workspace.inventory),
        protection=protection_of(project, options),
    )
    hosts = open_hosts(workspace.inventory, steps.hosts(), shell.environ)
    return take_down(steps, project.root, hosts, options, shell, project=project)
