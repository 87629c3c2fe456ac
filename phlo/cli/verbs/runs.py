"""The commands for what was done, and who does something now."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, IMAGE_SOURCE, JSON, PROFILE, PROJECT, PROJECT_DIR, SERVICE, VERBOSE

VERBS: tuple[Verb, ...] = (
    Verb(
        "lock",
        "Write phlo.lock: exact versions of packages, recipes and images",
        "phlo.cli.lock_file:lock",
        (PROFILE, IMAGE_SOURCE, *PROJECT),
        group=LOOK,
        more="`phlo up --frozen` then refuses a project that differs, and pulls images by digest.",
        examples=(("phlo lock", "after a change that you want to keep; commit the file"),),
    ),
    Verb(
        "outdated",
        "List newer versions of installed packages and locked images",
        "phlo.cli.lock_file:outdated",
        (PROFILE, IMAGE_SOURCE, JSON, *PROJECT),
        group=LOOK,
        more="Digests of images are looked up in registries that respond.",
        examples=(("phlo outdated --json", "for scripts"),),
    ),
    Verb(
        "deploy-lock status",
        "Show who holds the deploy lock, since when, and for which command",
        "phlo.cli.deploy_lock:status",
        (JSON, *PROJECT),
        group=LOOK,
        examples=(
            ("phlo deploy-lock status", "the run that is in progress"),
            ("phlo deploy-lock status -i inventories/production.yaml --json", "on every host, for scripts"),
        ),
    ),
    Verb(
        "deploy-lock release",
        "Remove a stale deploy lock",
        "phlo.cli.deploy_lock:release_lock",
        (
            Option(
                "force", ("--force",), "flag", "remove it although its holder may be running: THAT RUN STOPS HALF-WAY"
            ),
            *PROJECT,
        ),
        group=LOOK,
        more="The holder's next write fails, and its run stops. The lock of a dead process is released automatically.",
        examples=(
            ("phlo deploy-lock release", "a lock whose process no longer exists"),
            ("phlo deploy-lock release --force", "also if its process may be running"),
        ),
    ),
    Verb(
        "why",
        "Show why a service was last recreated, and why it would be recreated now",
        "phlo.cli.why:why",
        (SERVICE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo why web", "why web was last recreated, and why it would be recreated now"),),
    ),
    Verb(
        "history",
        "List the runs that changed something, the newest first",
        "phlo.cli.history:history",
        (Option("limit", ("-n", "--limit"), "integer", "only the newest N", metavar="N"), JSON, PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(
            ("phlo history", "runs that changed something"),
            ("phlo history show last", "the steps of the last run"),
        ),
    ),
    Verb(
        "history show",
        "Show the steps of one run: what was done, when, and why",
        "phlo.cli.history:show",
        (
            Option("run", help="the run's ID, the beginning or end of it, or `last`", positional="one", metavar="RUN"),
            JSON,
            VERBOSE,
            PROJECT_DIR,
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo history show last", "what the last run did, and why"),
            ("phlo history show last -v", "also what did not change"),
        ),
    ),
    Verb(
        "history schema",
        "Print the JSON Schema of events",
        "phlo.cli.history:schema",
        COMMON,
        group=LOOK,
        examples=(("phlo history schema > events.schema.json", "to check what `--output json` prints"),),
    ),
)
