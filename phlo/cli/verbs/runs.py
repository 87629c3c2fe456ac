"""The commands for what was done, and who does something now."""

from __future__ import annotations

from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON, PROJECT, PROJECT_DIR, SERVICE, VERBOSE
from phlo.cli.verbs.headings import LOOK

VERBS: tuple[Verb, ...] = (
    Verb(
        "lock status",
        "Show who holds the deploy lock, since when and what for",
        "phlo.cli.lock:status",
        (JSON, *PROJECT),
        group=LOOK,
        examples=(
            ("phlo lock status", "who works on this project now"),
            ("phlo lock status -i inventories/production.yaml --json", "on every host, for scripts"),
        ),
    ),
    Verb(
        "lock release",
        "Remove a deploy lock that somebody left behind",
        "phlo.cli.lock:release_lock",
        (
            Option(
                "force", ("--force",), "flag", "remove it though its holder may be at work: THAT RUN STOPS HALF-WAY"
            ),
            *PROJECT,
        ),
        group=LOOK,
        more="The holder's next write fails, and its run stops there. A holder that has died is taken over by itself.",
        examples=(
            ("phlo lock release", "what somebody left behind who is gone"),
            ("phlo lock release --force", "also from somebody who may be at work"),
        ),
    ),
    Verb(
        "why",
        "Tell why a service was made anew the last time, and what would be next",
        "phlo.cli.why:why",
        (SERVICE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo why web", "why web was made anew the last time, and would be the next time"),),
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
