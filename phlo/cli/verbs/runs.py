"""The commands for what was done, and who does something now."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, IMAGE_SOURCE, JSON, PROFILE, PROJECT, PROJECT_DIR, SERVICE, VERBOSE

VERBS: tuple[Verb, ...] = (
    Verb(
        "lock",
        "Write phlo.lock: packages, recipes and images, each exactly",
        "phlo.cli.lock_file:lock",
        (PROFILE, IMAGE_SOURCE, *PROJECT),
        group=LOOK,
        more="`phlo up --frozen` then refuses a project made of anything else, and pulls images by their digests.",
        examples=(("phlo lock", "after a change that you want to keep; put the file under version control"),),
    ),
    Verb(
        "outdated",
        "List what is newer than the installed packages and locked images",
        "phlo.cli.lock_file:outdated",
        (PROFILE, IMAGE_SOURCE, JSON, *PROJECT),
        group=LOOK,
        more="Digests of images are looked up where their registry answers.",
        examples=(("phlo outdated --json", "for scripts"),),
    ),
    Verb(
        "deploy-lock status",
        "Show who holds the deploy lock, since when and what for",
        "phlo.cli.deploy_lock:status",
        (JSON, *PROJECT),
        group=LOOK,
        examples=(
            ("phlo deploy-lock status", "who works on this project now"),
            ("phlo deploy-lock status -i inventories/production.yaml --json", "on every host, for scripts"),
        ),
    ),
    Verb(
        "deploy-lock release",
        "Remove a deploy lock that somebody left behind",
        "phlo.cli.deploy_lock:release_lock",
        (
            Option(
                "force", ("--force",), "flag", "remove it though its holder may be at work: THAT RUN STOPS HALF-WAY"
            ),
            *PROJECT,
        ),
        group=LOOK,
        more="The holder's next write fails, and its run stops there. A holder that has died is taken over by itself.",
        examples=(
            ("phlo deploy-lock release", "what somebody left behind who is gone"),
            ("phlo deploy-lock release --force", "also from somebody who may be at work"),
        ),
    ),
    Verb(
        "why",
        "Tell why a service was recreated the last time, and what would be next",
        "phlo.cli.why:why",
        (SERVICE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo why web", "why web was recreated the last time, and would be the next time"),),
    ),
    Verb(
        "history",
        "List the runs that changed something, the newest first",
        "phlo.cli.history:history",
        (Option("limit", ("-n", "--limit"), "integer", "only the newest N", metavar="N"), JSON, PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(
            ("phlo history", "the runs that did something"),
            ("phlo history show last", "what the last one did"),
        ),
    ),
    Verb(
        "history show",
        "Show the course of one run: what was done when, and why",
        "phlo.cli.history:show",
        (
            Option("run", help="its id, the beginning or end of it, or `last`", positional="one", metavar="RUN"),
            JSON,
            VERBOSE,
            PROJECT_DIR,
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo history show last", "what the last run did, and why"),
            ("phlo history show last -v", "what did not change, too"),
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
