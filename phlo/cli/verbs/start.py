"""The commands to begin with: a project, and what this machine lacks."""

from __future__ import annotations

from phlo.cli.headings import START
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, EXTRA, INVENTORY, JSON, OUTPUT, PROJECT_DIR, VAULT, YES

VERBS: tuple[Verb, ...] = (
    Verb(
        "init",
        "Create a project in a new folder or in this one",
        "phlo.cli.init:init",
        (
            Option("name", help="the name of the project and its folder", positional="optional", metavar="NAME"),
            Option(
                "template",
                ("--template",),
                help="the services of the new project; compose: those of the Compose file in this folder; default: ask "
                "on a terminal, else compose if there is a Compose file, else light",
                metavar="light|lakehouse|empty|compose",
            ),
            YES._replace(help="do not ask; use the default template"),
            *COMMON,
        ),
        group=START,
        more="Existing files are never overwritten. The templates offer the services whose packages are installed.",
        examples=(
            ("phlo init my-lakehouse", "create the folder my-lakehouse"),
            ("phlo init", "use this folder"),
            ("phlo init --template lakehouse my-lakehouse", "with the full set of services"),
        ),
    ),
    Verb(
        "import compose",
        "Create a phlo.yaml from a Compose project",
        "phlo.cli.import_compose:import_compose",
        (
            Option(
                "files",
                help="Compose files; later files override earlier ones; default: the files that `docker compose` uses",
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
            Option("force", ("--force",), "flag", "overwrite an existing phlo.yaml"),
            *COMMON,
        ),
        group=START,
        more="Its services become inline services. Everything that phlo does not support is listed with file and line.",
        examples=(
            ("phlo import compose", "the project in this folder"),
            (
                "phlo import compose compose.yaml prod.yaml -o lake/phlo.yaml",
                "two files; the second overrides the first",
            ),
        ),
    ),
    Verb(
        "import ansible",
        "Create a phlo.yaml from the containers of an Ansible playbook",
        "phlo.cli.import_ansible:import_ansible",
        (
            Option("playbook", help="the playbook", positional="one", metavar="PLAYBOOK", complete="files"),
            Option(
                "out",
                ("-o", "--out"),
                help="the folder of the new project; without it, the result is only shown",
                metavar="FOLDER",
                complete="folders",
            ),
            Option("force", ("--force",), "flag", "overwrite existing files"),
            INVENTORY._replace(help="the playbook's inventory, for variables and the hosts of services"),
            EXTRA,
            *VAULT,
            *COMMON,
        ),
        group=START,
        more="Tasks of docker_container, docker_network, docker_volume, docker_image and docker_compose_v2 become\n"
        "services, those of roles as well. The other tasks stay, with `up` where containers were made. What is left\n"
        "out, or left to do, is listed with its file and line.",
        examples=(
            ("phlo import ansible site.yml", "show the resulting project"),
            ("phlo import ansible site.yml -i hosts.ini -o ../lake", "write the project into ../lake"),
        ),
    ),
    Verb(
        "doctor",
        "Check what phlo needs on this machine, and show fixes",
        "phlo.cli.doctor:doctor",
        (
            Option("install_engine", ("--install-engine",), "flag", "install and start Docker if no engine responds"),
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
