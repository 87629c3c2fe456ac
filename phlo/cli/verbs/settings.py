"""The commands for the configuration."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, DEV, JSON, PROFILE, PROJECT, QUIET, SERVICES

VERBS: tuple[Verb, ...] = (
    Verb(
        "config show",
        "Print the resolved configuration, with secrets masked",
        "phlo.cli.configuration:show",
        (
            SERVICES,
            Option("sources", ("--sources",), "flag", "show the source of each value"),
            PROFILE,
            DEV,
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        examples=(
            ("phlo config show web", "the resolved configuration of one service"),
            ("phlo config show --sources", "the source of each value"),
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
        "Show the source of a value, and the values that it overrides",
        "phlo.cli.configuration:explain",
        (
            Option("value", help="a variable, or SERVICE.ATTRIBUTE", positional="one", metavar="NAME"),
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        examples=(("phlo config explain WEB_PORT", "its value, its source, and the values that it overrides"),),
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
