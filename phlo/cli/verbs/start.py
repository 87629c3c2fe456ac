"""The commands to begin with: a project, and what this machine lacks."""

from __future__ import annotations

from phlo.cli.headings import START
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, EXTRA, INVENTORY, JSON, OUTPUT, PROJECT_DIR, VAULT, YES

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
        "import ansible",
        "Make a phlo.yaml out of the containers of an Ansible playbook",
        "phlo.cli.import_ansible:import_ansible",
        (
            Option("playbook", help="the playbook", positional="one", metavar="PLAYBOOK", complete="files"),
            Option(
                "out",
                ("-o", "--out"),
                help="the folder of the new project; without it everything is shown, and nothing written",
                metavar="FOLDER",
                complete="folders",
            ),
            Option("force", ("--force",), "flag", "overwrite files that are there"),
            INVENTORY._replace(help="the playbook's inventory: its variables count, and services get its hosts"),
            EXTRA,
            *VAULT,
            *COMMON,
        ),
        group=START,
        more="Tasks of docker_container, docker_network, docker_volume, docker_image and docker_compose_v2 become\n"
        "services, those of roles as well. The other tasks stay, with `up` where containers were made. What is left\n"
        "out, or left to do, is listed with its file and line.",
        examples=(
            ("phlo import ansible site.yml", "what the playbook would become"),
            ("phlo import ansible site.yml -i hosts.ini -o ../lake", "write the project into ../lake"),
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
