"""phlo hosts bootstrap: hosts that have nothing yet become hosts for services."""

from __future__ import annotations

from typing import Any

from phlo.cli import exits
from phlo.cli.play import PlaybookCommand, choice_of, loader_of
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace, load_inventory, root_or_here
from phlo.config.project import Project
from phlo.discovery.catalog import NO_SERVICES
from phlo.discovery.folders import builtin_roles_folder
from phlo.errors import ConfigError, PackageError
from phlo.playbook.plays import read_playbook
from phlo.user_cache import cache_folder

PLAYBOOK = "bootstrap.yaml"


def bootstrap(options: Any, shell: Shell) -> int:
    """Play phlo's own roles on the hosts of an inventory, which need SSH and nothing else."""
    root = root_or_here(options, shell)
    inventory = load_inventory(options, shell, root)
    shipped = builtin_roles_folder()
    if shipped is None:
        raise PackageError("phlo's roles are missing", where="phlo", fix="Install phlo again.")
    if not options.inventory and not inventory.groups:
        fix = "Name one: phlo hosts bootstrap -i INVENTORY."
        raise ConfigError("there is no inventory", where="phlo hosts bootstrap", fix=fix)
    workspace = Workspace(root, NO_SERVICES, inventory, None, cache_folder(shell.environ))
    loader, operations = loader_of(workspace)
    run = PlaybookCommand(
        workspace=workspace,
        project=Project(name="bootstrap", root=root, services={}, values={}, secrets=()),
        loader=loader,
        operations=operations,
        options=options,
        shell=shell,
    )
    choice = choice_of(options, run.asker())
    # The deploy lock is kept by the engine, which these hosts do not have yet.
    plays = read_playbook(loader, shipped / PLAYBOOK)
    return exits.of_outcome(run.carry_out(plays, title="hosts bootstrap", choice=choice, takes_lock=False))
