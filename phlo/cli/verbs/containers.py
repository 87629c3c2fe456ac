"""The commands for the containers that exist, as `docker compose` has them."""

from __future__ import annotations

from phlo.cli.headings import PLATFORM
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import JSON, LOCK_TIMEOUT, PROFILE, PROJECT, SERVICE, SERVICES, WRITE

_ONLY = SERVICES._replace(help="only these services")
_INDEX = Option("index", ("--index",), "integer", "the container with this number", metavar="N")

VERBS: tuple[Verb, ...] = (
    Verb(
        "adopt",
        "Take over a container that was started by hand",
        "phlo.cli.adopt:adopt",
        (
            Option("container", help="the container's name or ID", positional="one", metavar="CONTAINER"),
            Option("service", ("--as",), help="the service it becomes", metavar="SERVICE", complete="services"),
            Option("host", ("--host",), help="the host it is on, if the service has several", metavar="HOST"),
            LOCK_TIMEOUT,
            *PROJECT,
        ),
        group=PLATFORM,
        is_task=True,
        more="Renames the container to PROJECT-SERVICE-1 and marks it as adopted; it keeps running.\n"
        "`phlo plan` then compares it with the service. Containers of Docker Compose do not need this command:\n"
        "those of a Compose project with the same name are adopted automatically.",
        examples=(
            ("phlo adopt my-database --as db", "a container that `docker run` started becomes the container of db"),
            ("phlo adopt 3f2a9c --as db --host data-1", "by its ID, on one of several hosts"),
        ),
    ),
    Verb(
        "top",
        "List the processes in services' containers",
        "phlo.cli.container_reports:top",
        (_ONLY, JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo top web", "the processes of one service"),),
    ),
    Verb(
        "stats",
        "Show CPU, memory, network and disk use of containers",
        "phlo.cli.container_reports:stats",
        (_ONLY, Option("follow", ("-f", "--follow"), "flag", "refresh until Ctrl-C"), JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo stats -f", "a table that is refreshed every two seconds"),),
    ),
    Verb(
        "port",
        "Print where a service's port is published",
        "phlo.cli.container_reports:port",
        (
            *PROJECT,
            SERVICE,
            Option("port", help="the port in the container", positional="optional", metavar="PORT[/PROTOCOL]"),
        ),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo port web 80", "127.0.0.1:8080"),),
    ),
    Verb(
        "events",
        "Print the engine's events for the project's containers",
        "phlo.cli.container_reports:events",
        (_ONLY, JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo events --json", "each event as a line of JSON"),),
    ),
    Verb(
        "wait",
        "Wait until containers of services exit",
        "phlo.cli.container_reports:wait",
        (_ONLY._replace(positional="some"), *PROJECT),
        group=PLATFORM,
        is_task=True,
        more="Exits with the first exit code other than 0.",
        examples=(("phlo wait migrate", "wait until the job has finished"),),
    ),
    Verb(
        "attach",
        "Connect the terminal to a service's main process",
        "phlo.cli.attach:attach",
        (Option("no_stdin", ("--no-stdin",), "flag", "show output only"), *PROJECT, SERVICE),
        group=PLATFORM,
        is_task=True,
        more="Ctrl-C ends the connection and leaves the container running; in one with a terminal (`tty: true`)\n"
        "Ctrl-C is sent to the process, and Ctrl-P Ctrl-Q ends the connection.",
        examples=(("phlo attach web", "the output of web from now on"),),
    ),
    Verb(
        "cp",
        "Copy files between this machine and a service's container",
        "phlo.cli.copy_files:cp",
        (
            _INDEX,
            *PROJECT,
            Option("source", help="FILE, SERVICE:PATH, or - for a tar archive", positional="one", metavar="SOURCE"),
            Option("dest", help="FILE, SERVICE:PATH, or - for a tar archive", positional="one", metavar="DEST"),
        ),
        group=PLATFORM,
        is_task=True,
        more="Follows the rules of `docker cp`. Files for a service are copied to each of its containers.",
        examples=(("phlo cp web:/var/log/app.log .", "a file of the container into this folder"),),
    ),
    Verb(
        "kill",
        "Send a signal to services' containers",
        "phlo.cli.lifecycle:kill",
        (
            _ONLY,
            Option("signal", ("-s", "--signal"), help="the signal (default: SIGKILL)", default="", metavar="SIGNAL"),
            *WRITE,
            *PROJECT,
        ),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo kill -s SIGHUP web", "let web read its configuration again"),),
    ),
    Verb(
        "pause",
        "Pause the processes of services",
        "phlo.cli.lifecycle:pause",
        (_ONLY, *WRITE, *PROJECT),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo pause web", "until `phlo unpause web`"),),
    ),
    Verb(
        "unpause",
        "Resume paused services",
        "phlo.cli.lifecycle:unpause",
        (_ONLY, *WRITE, *PROJECT),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo unpause web", "resume web after `phlo pause web`"),),
    ),
    Verb(
        "images list",
        "List the project's images: origin, size, age, and services that use them",
        "phlo.cli.images:list_images",
        (_ONLY, JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        aliases=("images",),
        examples=(("phlo images", "where from, size, age, and who uses them"),),
    ),
    Verb(
        "images publish",
        "Build missing images and push them to a registry",
        "phlo.cli.images:publish",
        (
            SERVICES._replace(help="only images of these services, and of what they need"),
            Option(
                "registry",
                ("--registry",),
                help="the registry; default: the registries in phlo.yaml",
                metavar="HOST/PATH",
            ),
            PROFILE,
            JSON,
            *PROJECT,
        ),
        group=PLATFORM,
        more="Other hosts pull an image with the same tag instead of building it.",
        examples=(
            ("phlo images publish", "to the registries of phlo.yaml"),
            ("phlo images publish --registry registry.example.com/lake", "to this one"),
        ),
    ),
    Verb(
        "images prune",
        "Remove unused images that phlo built, on all hosts",
        "phlo.cli.images:prune",
        (
            Option("check", ("--check",), "flag", "show what would be removed, without changing anything"),
            PROFILE,
            JSON,
            *PROJECT,
        ),
        group=PLATFORM,
        more="Images of containers (also of those kept for `phlo rollback`) and of services are kept.",
        examples=(("phlo images prune --check", "what would go"),),
    ),
    Verb(
        "volumes list",
        "List the project's volumes and the services that use them",
        "phlo.cli.resources:volumes",
        (JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        aliases=("volumes",),
        examples=(("phlo volumes", "name, driver, and services"),),
    ),
    Verb(
        "ls",
        "List the projects on the hosts",
        "phlo.cli.resources:ls",
        (JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo ls -i inventories/production.yaml", "on all hosts of an inventory"),),
    ),
)
