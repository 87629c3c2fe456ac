"""Which manager of a Swarm is talked to: the first one of the inventory that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from phlo.cli.shell import Shell
from phlo.errors import HostError
from phlo.hosts.host import Host
from phlo.inventory.clusters import Cluster
from phlo.swarm.nodes import node_state


def answering_manager(swarm: Cluster, shell: Shell, open_host: Callable[[str], Host]) -> Mapping[str, str]:
    """The first manager that answers -> the one that it replaces; nothing when that is the first itself.

    Of a Swarm with one manager nothing, nor of one of which no manager answers: the run reports what is wrong.
    """
    why = ""
    if len(swarm.managers) == 1:
        return {}
    for name in swarm.managers:
        engine = open_host(name).engine
        try:
            if node_state(engine).is_manager:
                if not why:
                    return {}
                shell.tell(f'! Talking to {name}, another manager of the Swarm "{swarm.name}": {why}')
                return {name: swarm.managers[0]}
            why = why or f"{name} is not a manager"
        except HostError as error:
            why = why or f"{name}: {error.what.removesuffix('.')}"
        finally:
            engine.close()
    return {}
