"""The command for one-off containers; `-i`, `-t`, `-e`, `-v` and `-p` have their meaning of `docker compose run`."""

from __future__ import annotations

from phlo.cli.headings import PLATFORM
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import NO_DEPS, PROFILE, PROJECT, SERVICE, WAIT_TIMEOUT, WRITE

_OWN = (
    Option("interactive", ("-i", "--interactive"), "flag", "pass input to the command (always on)"),
    Option("tty", ("-t", "--tty"), "flag", "allocate a terminal for the command (default: if phlo has one)"),
    Option("no_tty", ("-T", "--no-tty"), "flag", "allocate no terminal"),
    Option("detach", ("-d", "--detach"), "flag", "print the container's name and let it run"),
    Option("rm", ("--rm",), "flag", "remove the container afterwards (always on)"),
    Option(
        "env",
        ("--env",),
        help="a variable for the container; without VALUE, its value in this environment",
        repeatable=True,
        metavar="NAME[=VALUE]",
    ),
    Option(
        "volume",
        ("--volume",),
        help="mount a path of the host, or a volume of the project",
        repeatable=True,
        metavar="SOURCE:TARGET[:OPTIONS]",
    ),
    Option(
        "publish",
        ("--publish",),
        help="publish a port of the container",
        repeatable=True,
        metavar="[HOST:]CONTAINER",
    ),
    Option("service_ports", ("-P", "--service-ports"), "flag", "publish the service's own ports"),
    Option("use_aliases", ("--use-aliases",), "flag", "use the service's network aliases"),
    Option("user", ("-u", "--user"), help="run as this user", metavar="NAME[:GROUP]"),
    Option("workdir", ("-w", "--workdir"), help="run in this folder of the container", metavar="DIR"),
    Option("entrypoint", ("--entrypoint",), help="the program instead of the entry point", metavar="COMMAND"),
    Option("name", ("--name",), help="the container's name", metavar="NAME"),
)
_SHORT = {"env": "-e", "volume": "-v", "publish": "-p"}
_TAKEN = {flag for option in _OWN for flag in option.flags} | {*_SHORT.values()}


def _without_taken(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """phlo's options without the short forms that mean something else here."""
    return tuple(each._replace(flags=tuple(flag for flag in each.flags if flag not in _TAKEN)) for each in options)


VERBS: tuple[Verb, ...] = (
    Verb(
        "run-once",
        "Run a command in a new container with a service's settings",
        "phlo.cli.run_once:run_once",
        (
            *(each._replace(flags=(_SHORT[each.name], *each.flags)) if each.name in _SHORT else each for each in _OWN),
            *_without_taken((NO_DEPS, PROFILE, WAIT_TIMEOUT, *WRITE, *PROJECT)),
            SERVICE,
            Option("command", help="the command and its arguments", positional="rest", metavar="COMMAND"),
        ),
        group=PLATFORM,
        is_task=True,
        more="Options are written before SERVICE. phlo exits with the command's exit code. Dependencies are started\n"
        "first. The container has the service's image, environment, files, secrets and volumes, no ports, and is\n"
        "removed when the command ends. It does not count as an instance of the service.",
        examples=(
            ("phlo run-once web python manage.py migrate", "with the settings of web"),
            ("phlo run-once --no-deps -e DEBUG=1 web sh", "a shell, without starting dependencies"),
            ("phlo run-once -T db psql < dump.sql", "with input from a file"),
        ),
    ),
)
