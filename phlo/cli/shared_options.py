"""The options that several verbs have."""

from __future__ import annotations

from phlo.cli.option import Option

PROJECT_DIR = Option(
    "project_dir",
    ("-C", "--project-dir"),
    help="the project folder; default: the nearest parent folder with a phlo.yaml or a Compose file",
    metavar="DIR",
    complete="folders",
)
COMPOSE_FILE = Option(
    "compose_file",
    ("--file",),
    help="a Compose file to use as the project; later files override earlier ones; short form: `phlo -f FILE up`",
    repeatable=True,
    metavar="FILE",
    complete="files",
)
ENV_FILE = Option(
    "env_file",
    ("--env-file",),
    help="a file of variables instead of the .env beside the Compose file",
    repeatable=True,
    metavar="FILE",
    complete="files",
)
INVENTORY = Option(
    "inventory",
    ("-i", "--inventory"),
    help="the hosts to run on, and their variables: a file, a folder of files, or a program that prints them; "
    "default: PHLO_INVENTORY, then `inventory` of phlo.yaml",
    repeatable=True,
    metavar="PATH",
    complete="files",
)
PROJECT_NAME = Option(
    "project_name",
    ("-p", "--project-name"),
    help="the project name for this run, instead of the one in phlo.yaml",
    metavar="NAME",
)
EXTRA = Option(
    "extra",
    ("-e", "--extra"),
    help="variables that override all others: pairs, JSON, or a YAML file",
    repeatable=True,
    metavar="NAME=VALUE|@FILE",
)
VAULT = (
    Option(
        "vault_password_file",
        ("--vault-password-file", "--vault-pass-file"),
        help="a file with the password of Ansible Vault, or a program that prints it",
        repeatable=True,
        metavar="FILE",
        complete="files",
    ),
    Option(
        "vault_id",
        ("--vault-id",),
        help="a password of Ansible Vault with its label; SOURCE is a file, a program, or `prompt`",
        repeatable=True,
        metavar="LABEL@SOURCE",
    ),
    Option(
        "ask_vault_pass",
        ("--ask-vault-pass", "--ask-vault-password"),
        "flag",
        "prompt for the password of Ansible Vault",
    ),
)
NO_COLOR = Option("no_color", ("--no-color",), "flag", "no colours; the NO_COLOR variable does the same")
DEBUG = Option("debug", ("--debug",), "flag", "show the traceback of an error")

COMMON = (NO_COLOR, DEBUG)
PROJECT = (PROJECT_DIR, COMPOSE_FILE, ENV_FILE, INVENTORY, *VAULT, PROJECT_NAME, EXTRA, *COMMON)

SERVICES = Option(
    "services",
    help="only these services and their dependencies",
    positional="many",
    complete="services",
    metavar="SERVICE",
)
SERVICE = Option("service", help="the service", positional="one", complete="services", metavar="SERVICE")
PROFILE = Option(
    "profile", ("--profile",), help="also use the services of this profile", repeatable=True, metavar="NAME"
)
JSON = Option("json", ("--json",), "flag", "print JSON")
QUIET = Option("quiet", ("-q", "--quiet"), "flag", "print errors only")
VERBOSE = Option(
    "verbose",
    ("-v", "--verbose"),
    "count",
    "show what did not change, and tasks' arguments and results; -vv: what was observed; -vvv: requests to engines",
)
OUTPUT = Option(
    "output",
    ("--output",),
    help="what is printed: text, or every event as a line of JSON",
    default="text",
    choices=("text", "json"),
)
FORKS = Option("forks", ("--forks",), "integer", "the number of steps to run at once (default: 32)", 32, metavar="N")
NO_DEPS = Option("no_deps", ("--no-deps",), "flag", "do not start dependencies of the named services")
EXCLUDE = Option(
    "exclude",
    ("--exclude",),
    help="do not change this service, even if others depend on it",
    repeatable=True,
    metavar="SERVICE",
    complete="services",
)
SCALE = Option(
    "scale",
    ("--scale",),
    help="run N instances of a service on each of its hosts, whatever its `scale` is",
    repeatable=True,
    metavar="SERVICE=N",
)
IMAGE_SOURCE = Option(
    "image_source",
    ("--image-source",),
    help="where images with a recipe come from; auto: an existing image, else a registry of the project, else a build",
    choices=("auto", "pull", "build", "upstream"),
)
DEV = Option("dev", ("--dev",), "flag", "run services in development mode (their `dev` section)")
DIFF = Option("diff", ("-D", "--diff"), "flag", "show every cause of a change, not only the first ones")
RECREATE = Option("recreate", ("--recreate",), "flag", "recreate containers even if nothing changed")
ORPHANS = Option(
    "remove_orphans", ("--remove-orphans",), "flag", "remove containers of services that are not in the project"
)
UNPROTECT = Option(
    "unprotect",
    ("--unprotect",),
    help="a volume with `protect: true` that may be deleted or unmounted nevertheless",
    repeatable=True,
    metavar="NAME",
)
YES = Option(
    "yes", ("-y", "--yes"), "flag", "do not ask for confirmation before data is deleted; required without a terminal"
)
JUNIT = Option(
    "junit", ("--junit",), help="write the run as JUnit XML, for CI servers", metavar="FILE", complete="files"
)
PROFILE_TASKS = Option(
    "profile_tasks", ("--profile-tasks",), "flag", "print the duration of each step, and the critical path"
)
TAGS = Option("tags", ("--tags",), help="only steps with one of these tags, e.g. image,network", metavar="TAG,...")
LOCK_TIMEOUT = Option(
    "lock_timeout",
    ("--lock-timeout",),
    "duration",
    "how long to wait for another run of this project to end (default: 0)",
    0.0,
    metavar="SECONDS",
)
WAIT_TIMEOUT = Option(
    "wait_timeout",
    ("--wait-timeout",),
    "seconds",
    "how long each service may take to become ready (default: 300)",
    300.0,
    metavar="SECONDS",
)
GRACE = Option(
    "grace",
    ("-t", "--timeout"),
    "duration",
    "how long a container may take to stop before it is killed (default: its own stop_grace_period)",
    metavar="SECONDS",
)
OTEL_ENDPOINT = Option(
    "otel_endpoint",
    ("--otel-endpoint",),
    help="send the run as OpenTelemetry spans to URL (OTLP over HTTP); variable: OTEL_EXPORTER_OTLP_ENDPOINT",
    metavar="URL",
)
LIMIT = Option(
    "limit",
    ("-l", "--limit"),
    help="only these hosts, e.g. storage:!data-3; @failed: the hosts that failed in the last run",
    metavar="PATTERN",
)
RUN = (OUTPUT, QUIET, VERBOSE, FORKS, LIMIT, OTEL_ENDPOINT)
WRITE = (*RUN, LOCK_TIMEOUT)
SELECT = (SERVICES, PROFILE, NO_DEPS, EXCLUDE, SCALE, DEV, IMAGE_SOURCE)
