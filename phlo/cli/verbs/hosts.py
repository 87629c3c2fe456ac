"""The commands for hosts: the inventory, and Swarms of them."""

from __future__ import annotations

from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, FORKS, INVENTORY, JSON, LIMIT, PROJECT_DIR
from phlo.cli.verbs.headings import LOOK

_SWARM_GROUP = Option(
    "group", help="only the Swarm of this group of the inventory", positional="optional", metavar="GROUP"
)

VERBS: tuple[Verb, ...] = (
    Verb(
        "inventory list",
        "List the hosts there are, how each is reached, its groups",
        "phlo.cli.inventory:list_hosts",
        (LIMIT, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        examples=(("phlo inventory list -i production/ --limit 'storage:!data-3'", "what a pattern means"),),
    ),
    Verb(
        "inventory graph",
        "Draw the groups and hosts as a tree",
        "phlo.cli.inventory:graph",
        (JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        examples=(("phlo inventory graph -i inventories/production.yaml", "which hosts are in which group"),),
    ),
    Verb(
        "inventory show",
        "Show one host: its groups, its variables and where each was written",
        "phlo.cli.inventory:show",
        (
            Option("host", help="the host", positional="one", metavar="HOST"),
            JSON,
            PROJECT_DIR,
            INVENTORY,
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo inventory show data-1 -i inventories/production.yaml", "what holds for data-1, and who said it"),
        ),
    ),
    Verb(
        "inventory check",
        "Reach every host: engine, room on its disk, clock, Swarm",
        "phlo.cli.inventory:check",
        (
            LIMIT,
            FORKS._replace(help="how many hosts may be asked at once (default: 32)"),
            JSON,
            PROJECT_DIR,
            INVENTORY,
            *COMMON,
        ),
        group=LOOK,
        more="Ends with 4 when a host cannot be reached, and says why and what to do.",
        examples=(("phlo inventory check -i inventories/production.yaml", "before the first `up` there"),),
    ),
    Verb(
        "swarm init",
        "Make the first manager of each Swarm of the inventory",
        "phlo.cli.swarm:init",
        (_SWARM_GROUP, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        more="A group of hosts is a Swarm with `orchestrator: swarm` among its variables.",
        examples=(("phlo swarm init -i inventories/swarm.yaml", "once, then `phlo swarm join`"),),
    ),
    Verb(
        "swarm join",
        "Let the other hosts of each Swarm join it, in their role; mark the nodes",
        "phlo.cli.swarm:join",
        (_SWARM_GROUP, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        more="Run it again whenever hosts or groups of the inventory change. Join tokens are never shown.",
        examples=(("phlo swarm join -i inventories/swarm.yaml", "all hosts that are not nodes yet"),),
    ),
    Verb(
        "swarm status",
        "Show the nodes of each Swarm: role, state, availability, reachability",
        "phlo.cli.swarm:status",
        (_SWARM_GROUP, JSON, PROJECT_DIR, INVENTORY, *COMMON),
        group=LOOK,
        more="Ends with 1 when a host of the inventory is no node, or not ready.",
        examples=(("phlo swarm status -i inventories/swarm.yaml", "the nodes as their manager sees them"),),
    ),
)
