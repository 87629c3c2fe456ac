"""Every command of phlo, as one table."""

from __future__ import annotations

from phlo.cli.option import Option, Verb

PROJECT_DIR = Option(
    "project_dir",
    ("-C", "--project-dir"),
    help="the project's folder; default: the nearest one upwards with a phlo.yaml",
    metavar="DIR",
    complete="folders",
)
INVENTORY = Option(
    "inventory",
    ("-i", "--inventory"),
    help="an inventory file: the hosts to run on, and their variables",
    repeatable=True,
    metavar="FILE",
    complete="files",
)
PROJECT_NAME = Option(
    "project_name", ("-p", "--project-name"), help="another name than phlo.yaml's for this run", metavar="NAME"
)
EXTRA = Option(
    "extra",
    ("-e", "--extra"),
    help="a variable that wins over every other, or a YAML file of them",
    repeatable=True,
    metavar="NAME=VALUE|@FILE",
)
NO_COLOR = Option("no_color", ("--no-color",), "flag", "no colours; the NO_COLOR variable does the same")
DEBUG = Option("debug", ("--debug",), "flag", "show the traceback of an error")

COMMON = (NO_COLOR, DEBUG)
PROJECT = (PROJECT_DIR, INVENTORY, PROJECT_NAME, EXTRA, *COMMON)

SERVICES = Option(
    "services",
    help="only these services, and what they need",
    positional="many",
    complete="services",
    metavar="SERVICE",
)
SERVICE = Option("service", help="the service", positional="one", complete="services", metavar="SERVICE")
PROFILE = Option("profile", ("--profile",), help="add the services of this profile", repeatable=True, metavar="NAME")
JSON = Option("json", ("--json",), "flag", "print JSON")
QUIET = Option("quiet", ("-q", "--quiet"), "flag", "print errors only")
VERBOSE = Option("verbose", ("-v", "--verbose"), "count", "show what did not change, too; -vv: every step")
OUTPUT = Option(
    "output",
    ("--output",),
    help="what is printed: text, or every event as a line of JSON",
    default="text",
    choices=("text", "json"),
)
FORKS = Option("forks", ("--forks",), "integer", "how many steps may run at once (default: 8)", 8, metavar="N")
NO_DEPS = Option("no_deps", ("--no-deps",), "flag", "leave out what the named services depend on")
IMAGE_SOURCE = Option(
    "image_source",
    ("--image-source",),
    help="where images come from; auto: what is there, else pull, else build",
    choices=("auto", "pull", "build"),
)
DEV = Option("dev", ("--dev",), "flag", "run services in development mode (their `dev` section)")
DIFF = Option("diff", ("--diff",), "flag", "show every cause of a change, not only the first ones")
RECREATE = Option("recreate", ("--recreate",), "flag", "make the services' containers anew, changed or not")
ORPHANS = Option("remove_orphans", ("--remove-orphans",), "flag", "remove containers of services that are no more")
TAGS = Option("tags", ("--tags",), help="only steps with one of these tags, e.g. image,network", metavar="TAG,...")
RUN = (OUTPUT, QUIET, VERBOSE, FORKS)
SELECT = (SERVICES, PROFILE, NO_DEPS, DEV, IMAGE_SOURCE)

START = "Start here"
PLATFORM = "Run the platform (each is also a task: phlo run NAME, invoke NAME)"
LOOK = "Services, settings and plug-ins"
MORE = "More"

VERBS: tuple[Verb, ...] = (
    Verb(
        "init",
        "Make a new project, or make this folder one",
        "phlo.cli.init:init",
        (Option("name", help="the project's name, and its folder's", positional="optional", metavar="NAME"), *COMMON),
        group=START,
        more="Nothing that is there is overwritten.",
        examples=(("phlo init my-lakehouse", "make the folder my-lakehouse"), ("phlo init", "use this folder")),
    ),
    Verb(
        "doctor",
        "Check what phlo needs on this machine, each finding with its fix",
        "phlo.cli.doctor:doctor",
        (
            Option("install_engine", ("--install-engine",), "flag", "install and start Docker when no engine answers"),
            JSON,
            PROJECT_DIR,
            *COMMON,
        ),
        group=START,
    ),
    Verb(
        "up",
        "Start the services, and make them what phlo.yaml says",
        "phlo.cli.lifecycle:up",
        (
            *SELECT,
            Option("check", ("--check",), "flag", "change nothing, show what would change"),
            DIFF,
            TAGS,
            RECREATE,
            ORPHANS,
            Option(
                "rollback",
                ("--rollback",),
                help="what to put back when a service's new version fails (default: service)",
                default="service",
                choices=("none", "service"),
            ),
            Option(
                "timeout",
                ("--timeout",),
                "seconds",
                "how long a service may take to become ready (default: 300)",
                300.0,
                metavar="SECONDS",
            ),
            *RUN,
            *PROJECT,
        ),
        group=PLATFORM,
        is_task=True,
        more="Without SERVICE: the default ones, those that phlo.yaml enables, and its inline ones.\n"
        "Only what differs is changed; a service whose new version fails gets its old one back.",
        examples=(
            ("phlo up", "the whole platform"),
            ("phlo up --profile api --check", "what would change with the api profile"),
            ("phlo up -i inventories/production.yaml", "the same on the hosts of an inventory"),
        ),
    ),
    Verb(
        "plan",
        "Show what `up` would change and why, changing nothing",
        "phlo.cli.lifecycle:plan",
        (
            *SELECT,
            DIFF,
            TAGS,
            RECREATE,
            ORPHANS,
            Option(
                "detailed_exitcode", ("--detailed-exitcode",), "flag", "exit with 2 when there is something to change"
            ),
            JSON,
            *RUN[1:],
            *PROJECT,
        ),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "down",
        "Stop and remove the project's containers and networks",
        "phlo.cli.lifecycle:down",
        (
            Option("volumes", ("--volumes",), "flag", "remove the volumes as well: THEIR DATA IS LOST"),
            Option("yes", ("-y", "--yes"), "flag", "do not ask before volumes are removed"),
            Option("check", ("--check",), "flag", "change nothing, show what would be removed"),
            *RUN,
            *PROJECT,
        ),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "stop",
        "Stop services, keeping their containers",
        "phlo.cli.lifecycle:stop",
        (SERVICES, *RUN, *PROJECT),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "start",
        "Start stopped services as they are",
        "phlo.cli.lifecycle:start",
        (SERVICES, *RUN, *PROJECT),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "restart",
        "Stop services and start them again as they are",
        "phlo.cli.lifecycle:restart",
        (SERVICES, *RUN, *PROJECT),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "pull",
        "Pull the services' images, without starting anything",
        "phlo.cli.lifecycle:pull",
        (SERVICES, PROFILE, *RUN, *PROJECT),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "build",
        "Build the services' images, without starting anything",
        "phlo.cli.lifecycle:build",
        (SERVICES, PROFILE, *RUN, *PROJECT),
        group=PLATFORM,
        is_task=True,
    ),
    Verb(
        "ps",
        "List the project's containers: state, health, ports, age",
        "phlo.cli.containers:ps",
        (SERVICES, JSON, *PROJECT),
        group=PLATFORM,
        is_task=True,
        aliases=("status",),
    ),
    Verb(
        "logs",
        "Show what services print, several side by side",
        "phlo.cli.containers:logs",
        (
            SERVICES,
            Option("follow", ("-f", "--follow"), "flag", "go on as new lines come, until Ctrl-C"),
            Option(
                "tail",
                ("-n", "--tail"),
                help="only the last N lines of each (default: all)",
                default="all",
                metavar="N",
            ),
            Option("since", ("--since",), help="only lines since then: 10m, 2h, 2026-01-31T12:00:00", metavar="WHEN"),
            Option("timestamps", ("-t", "--timestamps"), "flag", "put the time before each line"),
            *PROJECT,
        ),
        group=PLATFORM,
        is_task=True,
        examples=(("phlo logs -f --tail 20", "everything, from the last 20 lines on"),),
    ),
    Verb(
        "exec",
        "Run a command in a service's container",
        "phlo.cli.containers:exec_in",
        (
            Option("user", ("-u", "--user"), help="run as this user", metavar="NAME[:GROUP]"),
            Option("workdir", ("-w", "--workdir"), help="run in this folder of the container", metavar="DIR"),
            Option("no_tty", ("-T", "--no-tty"), "flag", "no terminal, even when there is one"),
            *PROJECT,
            SERVICE,
            Option("command", help="the command and its arguments", positional="rest", metavar="COMMAND"),
        ),
        group=PLATFORM,
        is_task=True,
        more="Options of phlo stand before SERVICE. The command's exit code is phlo's.",
        examples=(("phlo exec web sh", "a shell in the container of web"),),
    ),
    Verb(
        "run",
        "Run any task: core, of a role (SERVICE.TASK), or of the project's tasks.py",
        "phlo.cli.run:run",
        (
            Option("list", ("-l", "--list"), "flag", "list everything that can be run"),
            JSON,
            *PROJECT,
            Option("task", help="the task and its arguments", positional="rest", metavar="TASK"),
        ),
        group=PLATFORM,
        examples=(("phlo run --list", "everything there is to run"), ("phlo run up", "the same as phlo up")),
    ),
    Verb(
        "services list",
        "List the services there are, and how they are doing",
        "phlo.cli.services:list_services",
        (Option("all", ("-a", "--all"), "flag", "those of profiles that are not asked for, too"), JSON, *PROJECT),
        group=LOOK,
    ),
    Verb(
        "services show",
        "Show one service: package, image, ports, what it needs and offers",
        "phlo.cli.services:show",
        (SERVICE, JSON, *PROJECT),
        group=LOOK,
    ),
    Verb(
        "services enable",
        "Make services part of `up` (edits phlo.yaml)",
        "phlo.cli.services:enable",
        (SERVICES._replace(positional="some", help="the services"), PROJECT_DIR, *COMMON),
        group=LOOK,
    ),
    Verb(
        "services disable",
        "Take services out of `up` (edits phlo.yaml)",
        "phlo.cli.services:disable",
        (SERVICES._replace(positional="some", help="the services"), PROJECT_DIR, *COMMON),
        group=LOOK,
    ),
    Verb(
        "services add",
        "Add a service of your own, from an image (edits phlo.yaml)",
        "phlo.cli.services:add",
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
        examples=(("phlo services add api --image my/api:1 --port 4000:4000", ""),),
    ),
    Verb(
        "services remove",
        "Take a service out of phlo.yaml",
        "phlo.cli.services:remove",
        (SERVICE, PROJECT_DIR, *COMMON),
        group=LOOK,
    ),
    Verb(
        "services ports",
        "List the ports that services publish",
        "phlo.cli.services:ports",
        (SERVICES, JSON, *PROJECT),
        group=LOOK,
    ),
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
    ),
    Verb(
        "config validate",
        "Check phlo.yaml, the environment files and the services",
        "phlo.cli.configuration:validate",
        (PROFILE, DEV, QUIET, *PROJECT),
        group=LOOK,
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
    ),
    Verb(
        "config schema",
        "Print the JSON Schema of phlo.yaml, for editors",
        "phlo.cli.configuration:schema",
        COMMON,
        group=LOOK,
    ),
    Verb(
        "plugin search",
        "Search the registry of service packages",
        "phlo.cli.plugins:search",
        (Option("query", help="words to look for", positional="optional", metavar="TEXT"), JSON, *COMMON),
        group=LOOK,
    ),
    Verb(
        "plugin list",
        "List the installed plug-ins",
        "phlo.cli.plugins:list_plugins",
        (JSON, *COMMON),
        group=LOOK,
    ),
    Verb(
        "plugin info",
        "Show what a package of the registry offers",
        "phlo.cli.plugins:info",
        (Option("name", help="the package", positional="one", metavar="NAME", complete="plugins"), JSON, *COMMON),
        group=LOOK,
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
    ),
    Verb(
        "completion",
        "Print the completion script of a shell",
        "phlo.cli.completion:completion",
        (Option("shell", help="the shell", positional="one", choices=("bash", "zsh", "fish")), *COMMON),
        group=MORE,
        examples=(
            ('eval "$(phlo completion bash)"', "in ~/.bashrc"),
            ('eval "$(phlo completion zsh)"', "in ~/.zshrc"),
            ("phlo completion fish | source", "in ~/.config/fish/config.fish"),
        ),
    ),
)

# The words of `phlo services` that are the platform's verbs by another name.
SERVICES_ALIASES = ("logs", "status", "start", "stop")
