"""The commands to begin with: a project, and what this machine lacks."""

from __future__ import annotations

from phlo.cli.headings import START
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, INVENTORY, JSON, OUTPUT, PROJECT_DIR, VAULT, YES

VERBS: tuple[Verb, ...] = (
    Verb(
        "init",
        "Create a new project, or make this folder one",
        "phlo.cli.init:init",
        (
            Option("name", help="the project's name, and its folder's", positional="optional", metavar="NAME"),
            Option(
                "template",
                ("--template",),
                help="the services to begin with: light, lakehouse, empty, or compose: those of the folder's Compose "
                "file; default: asked for on a terminal, else compose where there is such a file, else light",
                metavar="light|lakehouse|empty|compose",
            ),
            YES._replace(help="ask nothing, take the default template"),
            *COMMON,
        ),
        group=START,
        more="Existing files are never overwritten. The templates offer the services whose packages are installed.",
        examples=(
            ("phlo init my-lakehouse", "create the folder my-lakehouse"),
            ("phlo init", "use this folder"),
            ("phlo init --template lakehouse my-lakehouse", "begin with the full set of services"),
        ),
    ),
    Verb(
        "import compose",
        "Make a phlo.yaml out of a Compose project",
        "phlo.cli.import_compose:import_compose",
        (
            Option(
                "files",
                help="Compose files, a later one overrides an earlier; default: those that `docker compose` uses here",
                positional="many",
                metavar="FILE",
                complete="files",
            ),
            Option(
                "out",
                ("-o", "--out"),
                help="where to write it (default: phlo.yaml beside the first FILE)",
                metavar="FILE",
                complete="files",
            ),
            Option(
                "env_file",
                ("--env-file",),
                help="a file of variables instead of the .env beside the first FILE",
                repeatable=True,
                metavar="FILE",
                complete="files",
            ),
            Option("force", ("--force",), "flag", "overwrite a phlo.yaml that is there"),
            *COMMON,
        ),
        group=START,
        more="Its services become inline ones. What phlo cannot carry over is listed, with its file and line.",
        examples=(
            ("phlo import compose", "the project in this folder"),
            ("phlo import compose compose.yaml prod.yaml -o lake/phlo.yaml", "two files, one over the other"),
        ),
    ),
    Verb(
        "doctor",
        "Check what phlo needs on this machine, each finding with its fix",
        "phlo.cli.doctor:doctor",
        (
            Option("install_engine", ("--install-engine",), "flag", "install and start Docker when no engine answers"),
            JSON,
            OUTPUT._replace(help="what is printed: text, or the same as JSON, for a support ticket"),
            PROJECT_DIR,
            INVENTORY,
            *VAULT,
            *COMMON,
        ),
        group=START,
        more="phlo, its packages, the project, the engine, the network, containers, the deploy lock, the last run;\n"
        "with -i every host of the inventory. Secrets are masked. The exit code is 1 if something must be fixed.",
        examples=(
            ("phlo doctor", "what is missing on this machine, and how to fix it"),
            ("phlo doctor -i inventories/production.yaml --output json > ticket.json", "for a support request"),
        ),
    ),
)
