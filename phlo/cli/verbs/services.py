"""The commands for services."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON, LIMIT, PROFILE, PROJECT, PROJECT_DIR, SERVICE, SERVICES

VERBS: tuple[Verb, ...] = (
    Verb(
        "services list",
        "List services and their state",
        "phlo.cli.list_services:list_services",
        (Option("all", ("-a", "--all"), "flag", "also services of other profiles"), JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo services list --json", "for scripts"),),
    ),
    Verb(
        "services show",
        "Show one service: package, image, ports, requirements and capabilities",
        "phlo.cli.services:show",
        (SERVICE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo services show web", "package, requirements and capabilities of web"),),
    ),
    Verb(
        "services enable",
        "Enable services (edits phlo.yaml)",
        "phlo.cli.service_edits:enable",
        (SERVICES._replace(positional="some", help="the services"), PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo services enable web", "add web to the project"),),
    ),
    Verb(
        "services disable",
        "Disable services (edits phlo.yaml)",
        "phlo.cli.service_edits:disable",
        (SERVICES._replace(positional="some", help="the services"), PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo services disable web", "remove web from the project, keep its settings"),),
    ),
    Verb(
        "services add",
        "Add a service of your own, from an image (edits phlo.yaml)",
        "phlo.cli.service_edits:add",
        (
            Option("name", help="its name", positional="one", metavar="NAME"),
            Option("image", ("--image",), help="the image it runs", metavar="IMAGE"),
            Option("port", ("--port",), help="a port to publish", repeatable=True, metavar="HOST:CONTAINER"),
            Option("env", ("--env",), help="an environment variable", repeatable=True, metavar="NAME=VALUE"),
            Option("volume", ("--volume",), help="a volume or folder", repeatable=True, metavar="SOURCE:TARGET"),
            Option(
                "depends_on",
                ("--depends-on",),
                help="a service to start first",
                repeatable=True,
                metavar="SERVICE",
                complete="services",
            ),
            Option("command", ("--command",), help="the command instead of the image's", metavar="TEXT"),
            PROJECT_DIR,
            *COMMON,
        ),
        group=LOOK,
        examples=(("phlo services add api --image my/api:1 --port 4000:4000", "an inline service in phlo.yaml"),),
    ),
    Verb(
        "services remove",
        "Remove a service from phlo.yaml",
        "phlo.cli.service_edits:remove",
        (SERVICE, PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo services remove api", "a service that `phlo services add` added"),),
    ),
    Verb(
        "services ports",
        "List the ports that services publish",
        "phlo.cli.services:ports",
        (SERVICES, JSON, *PROJECT),
        group=LOOK,
        examples=(
            ("phlo services ports", "who publishes what"),
            ("phlo services ports web --json", "for scripts"),
        ),
    ),
    Verb(
        "services graph",
        "Show the dependency graph of services",
        "phlo.cli.graph:graph",
        (
            SERVICES,
            PROFILE,
            Option(
                "format",
                ("--format",),
                help="tree, mermaid, dot, svg or png (default: tree, or the extension of FILE)",
                choices=("tree", "mermaid", "dot", "svg", "png"),
            ),
            Option("out", ("-o", "--out"), help="write it into this file", metavar="FILE", complete="files"),
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        more="Edges show the capabilities in use and the condition that is waited for. SVG and PNG need graphviz.",
        examples=(
            ("phlo services graph web", "what web needs"),
            ("phlo services graph -o lake.svg", "a picture of the whole project"),
        ),
    ),
    Verb(
        "services open",
        "Open a service's page in the browser, and print its address",
        "phlo.cli.open_page:open_page",
        (
            SERVICE,
            Option("print", ("--print",), "flag", "only print the address (always without a display)"),
            Option("port", ("--port",), "integer", "the page at this port, if the service has several", metavar="PORT"),
            LIMIT,
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        more="Opens the page that the service declares, else its lowest HTTP port.",
        examples=(
            ("phlo services open web", "its page"),
            ("curl $(phlo services open web --print)", "its address, for scripts"),
        ),
    ),
)
