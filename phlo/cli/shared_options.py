"""The options that several verbs have."""

from __future__ import annotations

from phlo.cli.option import Option

PROJECT_DIR = Option(
    "project_dir",
    ("-C", "--project-dir"),
    help="the project's folder; default: the nearest one upwards with a phlo.yaml or a Compose file",
    metavar="DIR",
    complete="folders",
)
COMPOSE_FILE = Option(
    "compose_file",
    ("--file",),
    help="a Compose file that is the project, a later one merged over an earlier; `phlo -f FILE up` is short for it",
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
    "project_name", ("-p", "--project-name"), help="another name than phlo.yaml's for this run", metavar="NAME"
)
EXTRA = Option(
    "extra",
    ("-e", "--extra"),
    help="variables that win over every other: pairs, JSON, or a YAML file of them",
    repeatable=True,
    metavar="NAME=VALUE|@FILE",
)
VAULT = (
    Option(
        "vault_password_file",
        ("--vault-password-file", "--vault-pass-file"),
        help="a file, or a program that prints it, with the password of what Ansible Vault encrypted",
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
        "ask for the password of Ansible Vault",
    ),
)
NO_COLOR = Option("no_color", ("--no-color",), "flag", "no colours; the NO_COLOR variable does the same")
DEBUG = Option("debug", ("--debug",), "flag", "show the traceback of an error")

COMMON = (NO_COLOR, DEBUG)
PROJECT = (PROJECT_DIR, COMPOSE_FILE, ENV_FILE, INVENTORY, *VAULT, PROJECT_NAME, EXTRA, *COMMON)

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
FORKS = Option("forks", ("--forks",), "integer", "how many steps may run at once (default: 32)", 32, metavar="N")
NO_DEPS = Option("no_deps", ("--no-deps",), "flag", "leave out what the named services depend on")
EXCLUDE = Option(
    "exclude",
    ("--exclude",),
    help="leave this service as it is, though others may depend on it",
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
    help="where images of recipes come from; auto: what is there, else a registry of the project, else a build",
    choices=("auto", "pull", "build", "upstream"),
)
DEV = Option("dev", ("--dev",), "flag", "run services in development mode (their `dev` section)")
DIFF = Option("diff", ("-D", "--diff"), "flag", "show every cause of a change, not only the first ones")
RECREATE = Option("recreate", ("--recreate",), "flag", "recreate the services' containers, changed or not")
ORPHANS = Option("remove_orphans", ("--remove-orphans",), "flag", "remove containers of services that are no more")
UNPROTECT = Option(
    "unprotect",
    ("--unprotect",),
    help="a volume with `protect: true` that may be deleted, or cut off, all the same",
    repeatable=True,
    metavar="NAME",
)
YES = Option("yes", ("-y", "--yes"), "flag", "do not ask before data is deleted; needed without a terminal")
JUNIT = Option(
    "junit", ("--junit",), help="write the run as JUnit XML, for CI servers", metavar="FILE", complete="files"
)
PROFILE_TASKS = Option(
    "profile_tasks", ("--profile-tasks",), "flag", "tell which steps took how long, and the critical path"
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
    help="send the run as OpenTelemetry spans there (OTLP over HTTP); OTEL_EXPORTER_OTLP_ENDPOINT does the same",
    metavar="URL",
)
LIMIT = Option(
    "limit",
    ("-l", "--limit"),
    help="only these of the hosts, e.g. storage:!data-3, or @failed: those that failed in the last run",
    metavar="PATTERN",
)
RUN = (OUTPUT, QUIET, VERBOSE, FORKS, LIMIT, OTEL_ENDPOINT)
WRITE = (*RUN, LOCK_TIMEOUT)
SELECT = (SERVICES, PROFILE, NO_DEPS, EXCLUDE, SCALE, DEV, IMAGE_SOURCE)
