"""Which manager of a Swarm is talked to: the first one of the inventory that answers."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.cli.shell import Shell
from phlo.cli.workspace import open_hosts
from phlo.errors import HostError
from phlo.frozen import replace
from phlo.hosts.swarm import node_state
from phlo.inventory.hosts import Inventory
from phlo.inventory.swarms import Swarm, swarms


def with_managers_that_answer(inventory: Inventory, shell: Shell) -> Inventory:
    """The inventory, with another manager in place of the first one of each Swarm where that one does not answer.

    A Swarm with one manager is left alone, and so is one of which no manager answers: the run tells what is wrong.
    """
    found: dict[str, str] = {}
    for swarm in swarms(inventory):
        if len(swarm.managers) > 1:
            found |= _stand_in(swarm, inventory, shell)
    return replace(inventory, stand_ins=found) if found else inventory


def _stand_in(swarm: Swarm, inventory: Inventory, shell: Shell) -> Mapping[str, str]:
    """The first manager that answers -> the one whose place it takes; nothing when that is the first itself."""
    why = ""
    for name in swarm.managers:
        engine = open_hosts(inventory, [name], shell.environ)[name].engine
        try:
            if node_state(engine).is_manager:
                if not why:
                    return {}
                shell.tell(f'! Talking to {name}, another manager of the Swarm "{swarm.name}": {why}')
                return {name: swarm.managers[0]}
            why = why or f"{name} is no manager"
        except HostError as error:
            why = why or f"{name}: {error.what.removesuffix('.')}"
        finally:
            engine.close()
    return {}
