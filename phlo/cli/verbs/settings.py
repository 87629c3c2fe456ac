"""The commands for the configuration."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, DEV, JSON, PROFILE, PROJECT, QUIET, SERVICES

VERBS: tuple[Verb, ...] = (
    Verb(
        "config show",
        "Print the whole configuration, every value final, secrets masked",
        "phlo.cli.configuration:show",
        (
            SERVICES,
            Option("sources", ("--sources",), "flag", "say where each value was written"),
            PROFILE,
            DEV,
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        examples=(
            ("phlo config show web", "one service, every value final"),
            ("phlo config show --sources", "where each value was written"),
        ),
    ),
    Verb(
        "config validate",
        "Check phlo.yaml, the environment files and the services",
        "phlo.cli.configuration:validate",
        (PROFILE, DEV, QUIET, *PROJECT),
        group=LOOK,
        examples=(
            ("phlo config validate", "before a commit"),
            ("phlo config validate -i inventories/production.yaml -q", "in CI, for those hosts; errors only"),
        ),
    ),
    Verb(
        "config explain",
        "Show where a value comes from, and which values lost",
        "phlo.cli.configuration:explain",
        (
            Option("value", help="a variable, or SERVICE.ATTRIBUTE", positional="one", metavar="NAME"),
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        examples=(("phlo config explain WEB_PORT", "its value, where it comes from, and what lost"),),
    ),
    Verb(
        "config schema",
        "Print the JSON Schema of phlo.yaml, for editors",
        "phlo.cli.configuration:schema",
        COMMON,
        group=LOOK,
        examples=(("phlo config schema > phlo.schema.json", "for an editor that completes phlo.yaml"),),
    ),
)
