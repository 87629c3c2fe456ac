"""The commands for hosts."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, DIFF, EXTRA, FORKS, INVENTORY, JSON, LIMIT, PROJECT_DIR, RUN, VAULT

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
    Verb(
        "hosts bootstrap",
        "Prepare hosts that have only SSH: users, clock, updates, a Docker engine",
        "phlo.cli.bootstrap:bootstrap",
        (
            Option("check", ("--check",), "flag", "change nothing, show what would change"),
            DIFF,
            Option("tags", ("-t", "--tags"), help="only tasks with one of these tags", repeatable=True, metavar="TAG"),
            Option("skip_tags", ("--skip-tags",), help="no tasks with these tags", repeatable=True, metavar="TAG"),
            Option("start_at_task", ("--start-at-task",), help="begin with the task of this name", metavar="NAME"),
            Option("step", ("--step",), "flag", "ask before each task"),
            *RUN,
            PROJECT_DIR,
            INVENTORY,
            EXTRA,
            *VAULT,
            *COMMON,
        ),
        group=LOOK,
        more="It plays the roles users, time-sync, swap, sysctl, unattended-upgrades and docker-host, or those that a\n"
        "host's variable `bootstrap_roles` lists. `phlo roles show ROLE` lists the variables of a role. A second run\n"
        "changes nothing.",
        examples=(
            ("phlo hosts bootstrap -i inventories/production.yaml --check --diff", "what it would change, and why"),
            ("phlo hosts bootstrap -i inventories/production.yaml --limit new", "prepare the hosts of a group"),
        ),
    ),
)
