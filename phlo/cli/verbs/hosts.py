"""The commands for hosts."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, FORKS, INVENTORY, JSON, LIMIT, PROJECT_DIR, VAULT

VERBS: tuple[Verb, ...] = (
    Verb(
        "inventory list",
        "List the hosts, how each is reached, and their groups",
        "phlo.cli.inventory:list_hosts",
        (LIMIT, JSON, PROJECT_DIR, INVENTORY, *VAULT, *COMMON),
        group=LOOK,
        examples=(("phlo inventory list -i production/ --limit 'storage:!data-3'", "what a pattern means"),),
    ),
    Verb(
        "inventory graph",
        "Draw the groups and hosts as a tree",
        "phlo.cli.inventory:graph",
        (JSON, PROJECT_DIR, INVENTORY, *VAULT, *COMMON),
        group=LOOK,
        examples=(("phlo inventory graph -i inventories/production.yaml", "which hosts are in which group"),),
    ),
    Verb(
        "inventory show",
        "Show one host: its groups and its variables with their sources",
        "phlo.cli.inventory:show",
        (
            Option("host", help="the host", positional="one", metavar="HOST"),
            JSON,
            PROJECT_DIR,
            INVENTORY,
            *VAULT,
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo inventory show data-1 -i inventories/production.yaml", "the variables of data-1 and their sources"),
        ),
    ),
    Verb(
        "inventory check",
        "Check every host: engine, free disk space, clock, Swarm",
        "phlo.cli.inventory:check",
        (
            LIMIT,
            FORKS._replace(help="the number of hosts to check at once (default: 32)"),
            JSON,
            PROJECT_DIR,
            INVENTORY,
            *VAULT,
            *COMMON,
        ),
        group=LOOK,
        more="Exits with status 4 if a host cannot be reached, with the cause and a fix.",
        examples=(("phlo inventory check -i inventories/production.yaml", "before the first `up` there"),),
    ),
)
