"""The commands for Swarms."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, INVENTORY, JSON, PROJECT_DIR

_GROUP = Option("group", help="only the Swarm of this group of the inventory", positional="optional", metavar="GROUP")

# What the commands are about, for `phlo --help`.
FAMILY = "Docker Swarm on the hosts of a group"

VERBS: tuple[Verb, ...] = (
    Verb(
        "swarm init",
        "Make the first manager of each Swarm of the inventory",
        "phlo.swarm.commands:init",
        (_GROUP, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        more="A group of hosts is a Swarm with `orchestrator: swarm` among its variables.",
        examples=(("phlo swarm init -i inventories/swarm.yaml", "once, then `phlo swarm join`"),),
    ),
    Verb(
        "swarm join",
        "Let the other hosts of each Swarm join it, in their role; mark the nodes",
        "phlo.swarm.commands:join",
        (_GROUP, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        more="Run it again whenever hosts or groups of the inventory change. Join tokens are never shown.",
        examples=(("phlo swarm join -i inventories/swarm.yaml", "all hosts that are not nodes yet"),),
    ),
    Verb(
        "swarm status",
        "Show the nodes of each Swarm: role, state, availability, reachability",
        "phlo.swarm.commands:status",
        (_GROUP, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        more="Ends with 1 when a host of the inventory is not a node, or not ready.",
        examples=(("phlo swarm status -i inventories/swarm.yaml", "the nodes as their manager sees them"),),
    ),
)
