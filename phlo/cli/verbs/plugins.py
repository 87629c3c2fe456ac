"""The commands for packages of services."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON

VERBS: tuple[Verb, ...] = (
    Verb(
        "plugin search",
        "Search the registry of service packages",
        "phlo.cli.plugins:search",
        (Option("query", help="words to look for", positional="optional", metavar="TEXT"), JSON, *COMMON),
        group=LOOK,
        examples=(
            ("phlo plugin search", "all packages"),
            ("phlo plugin search metrics", "packages for metrics"),
        ),
    ),
    Verb(
        "plugin list",
        "List the installed plug-ins",
        "phlo.cli.plugins:list_plugins",
        (JSON, *COMMON),
        group=LOOK,
        examples=(("phlo plugin list", "installed packages, and errors in them"),),
    ),
    Verb(
        "plugin info",
        "Show what a package of the registry offers",
        "phlo.cli.plugins:info",
        (Option("name", help="the package", positional="one", metavar="NAME", complete="plugins"), JSON, *COMMON),
        group=LOOK,
        examples=(("phlo plugin info phlo-thing", "what it offers, before you install it"),),
    ),
    Verb(
        "plugin create",
        "Create a package for a service or operation of your own",
        "phlo.cli.plugins:create",
        (
            Option("name", help="the name, with or without phlo-", positional="one", metavar="NAME"),
            Option(
                "type",
                ("--type",),
                help="what it contains: a service, or an operation for tasks (default: service)",
                default="service",
                choices=("service", "operation"),
            ),
            Option("folder", ("--folder",), help="where to create its folder (default: here)", metavar="DIR"),
            *COMMON,
        ),
        group=LOOK,
        more="The new package passes `phlo test`.",
        examples=(("phlo plugin create thing", "creates the folder phlo-thing"),),
    ),
    Verb(
        "plugin install",
        "Install packages of the registry",
        "phlo.cli.plugins:install",
        (
            Option("names", help="the packages", positional="some", metavar="NAME", complete="plugins"),
            Option("index_url", ("--index-url",), help="the package index to install from", metavar="URL"),
            *COMMON,
        ),
        group=LOOK,
        examples=(
            ("phlo plugin install phlo-thing --index-url https://packages.example/simple", "from your own index"),
        ),
    ),
)
