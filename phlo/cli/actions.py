"""phlo run SERVICE.ACTION: the actions of roles, with arguments and help of their own."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.option import Option, Verb
from phlo.cli.parser import HELP_FLAGS, before_separator, parse
from phlo.cli.play import PlaybookCommand, loader_of
from phlo.cli.shared_options import DIFF, PROJECT, WRITE
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, resolve_project
from phlo.discovery.catalog import Catalog
from phlo.errors import ConfigError
from phlo.playbook.actions import action_play, actions_of
from phlo.playbook.load import Loader
from phlo.playbook.model import Action, Argument
from phlo.playbook.operations import Operations
from phlo.playbook.selection import Choice

_TYPES = {"text": "text", "integer": "integer", "flag": "flag", "path": "text"}
# What every action has, but for those whose flag is an argument of its own.
_SHARED = (
    Option("check", ("--check",), "flag", "change nothing, show what would change"),
    DIFF,
    *WRITE,
    *PROJECT,
)


def find_actions(catalog: Catalog, root: Path | None) -> tuple[list[Action], list[Any]]:
    """Every action of the services there are, and what could not be read."""
    loader = Loader(root=root or Path(), services=catalog.services, operations=Operations().names())
    return actions_of(catalog.services.values(), loader)


def run_action(action: Action, words: Sequence[str], options: Any, shell: Shell) -> int:
    """Run an action with the words behind its name."""
    verb = _verb(action)
    if any(word in HELP_FLAGS for word in before_separator(words)):
        from phlo.cli.help import verb_help

        shell.say(verb_help(verb, shell.style(None).width).removesuffix("\n"))
        return exits.OK
    given = parse(verb, words)
    hidden = {option.name: option.initial() for option in _SHARED if option not in verb.options}
    whole = Namespace(**{**hidden, **vars(given), **_leading(options, given)})
    workspace = open_workspace(whole, shell)
    loader, operations = loader_of(workspace)
    project = resolve_project(workspace, whole, shell, generate_secrets=not whole.check, named=(action.service,))
    service = project.services.get(action.service)
    play = action_play(action, loader, service.hosts if service else ())
    command = PlaybookCommand(
        workspace=workspace, project=project, loader=loader, operations=operations, options=whole, shell=shell
    )
    outcome = command.carry_out(
        [play],
        title=f"{action.service}.{action.name}",
        choice=Choice(),
        takes_lock=action.needs_lock and not whole.check,
        extra={one.variable: _value(one, getattr(given, _dest(one)), shell) for one in action.arguments},
        is_result=False,  # the result of an action is what its tasks print
    )
    return exits.of_outcome(outcome)


def _verb(action: Action) -> Verb:
    """The action as the parser and the help know a command."""
    own = tuple(_option(one) for one in action.arguments)
    taken = {flag for option in own for flag in option.flags}
    return Verb(
        f"run {action.service}.{action.name}",
        action.help or f"Run {action.name} of {action.service}",
        "phlo.cli.actions:run_action",
        (*own, *(option for option in _SHARED if not taken & set(option.flags))),
    )


def _option(argument: Argument) -> Option:
    flags = () if argument.is_positional else (f"--{argument.name}",)
    positional = "" if not argument.is_positional else "one" if argument.is_required else "optional"
    return Option(
        _dest(argument),
        flags,
        _TYPES[argument.type],
        argument.help,
        argument.default,
        metavar="" if argument.type == "flag" else argument.name.upper(),
        positional=positional,
        choices=argument.choices,
        complete="files" if argument.type == "path" else "",
    )


def _dest(argument: Argument) -> str:
    return f"argument_{argument.variable}"


def _value(argument: Argument, value: Any, shell: Shell) -> Any:
    """An argument's value as tasks get it; a path is made absolute from where phlo was called."""
    if value is None and argument.is_required:
        raise ConfigError(f"--{argument.name} is missing", where="phlo run", fix=argument.help and f"{argument.help}.")
    if value is not None and argument.type == "path":
        return str(shell.cwd / Path(str(value)).expanduser())
    return "" if value is None else value


def _leading(options: Any, given: Namespace) -> dict[str, Any]:
    """Options of the project that stood before the action's name."""
    names = [option.name for option in PROJECT]
    return {name: getattr(given, name) or getattr(options, name) for name in names}
