"""The commands for services."""

from __future__ import annotations

from phlo.cli.headings import LOOK
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMMON, JSON, LIMIT, PROFILE, PROJECT, PROJECT_DIR, SERVICE, SERVICES

VERBS: tuple[Verb, ...] = (
    Verb(
        "services list",
        "List the services there are, and how they are doing",
        "phlo.cli.list_services:list_services",
        (Option("all", ("-a", "--all"), "flag", "those of profiles that are not asked for, too"), JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo services list --json", "for scripts"),),
    ),
    Verb(
        "services show",
        "Show one service: package, image, ports, what it needs and offers",
        "phlo.cli.services:show",
        (SERVICE, JSON, *PROJECT),
        group=LOOK,
        examples=(("phlo services show web", "what it is, needs and offers"),),
    ),
    Verb(
        "services enable",
        "Make services part of `up` (edits phlo.yaml)",
        "phlo.cli.service_edits:enable",
        (SERVICES._replace(positional="some", help="the services"), PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo services enable web", "part of every `phlo up` from now on"),),
    ),
    Verb(
        "services disable",
        "Take services out of `up` (edits phlo.yaml)",
        "phlo.cli.service_edits:disable",
        (SERVICES._replace(positional="some", help="the services"), PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo services disable web", "no part of `phlo up` any more"),),
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
        "Take a service out of phlo.yaml",
        "phlo.cli.service_edits:remove",
        (SERVICE, PROJECT_DIR, *COMMON),
        group=LOOK,
        examples=(("phlo services remove api", "what `phlo services add api ...` added"),),
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
        "Draw which service needs which, and what of it",
        "phlo.cli.graph:graph",
        (
            SERVICES,
            PROFILE,
            Option(
                "format",
                ("--format",),
                help="how: tree, mermaid, dot, svg or png (default: tree, or what the ending of FILE says)",
                choices=("tree", "mermaid", "dot", "svg", "png"),
            ),
            Option("out", ("-o", "--out"), help="write it into this file", metavar="FILE", complete="files"),
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        more="On an edge stand the capabilities that are used, and what is waited for. SVG and PNG need graphviz.",
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
            Option("print", ("--print",), "flag", "only print the address, as happens without a display anyhow"),
            Option("port", ("--port",), "integer", "the page at this port, when it has several", metavar="PORT"),
            LIMIT,
            JSON,
            *PROJECT,
        ),
        group=LOOK,
        more="The page that the service names as its own comes first, then the lowest port that speaks HTTP.",
        examples=(
            ("phlo services open web", "its page"),
            ("curl $(phlo services open web --print)", "its address, for scripts"),
        ),
    ),
)
