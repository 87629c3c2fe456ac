"""A verb of phlo as an invoke task."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.parser.argument import Argument
from invoke.tasks import Task

from phlo.cli.option import Option, Verb

_KINDS = {"flag": bool, "count": int, "integer": int, "seconds": float}


class VerbTask(Task[Callable[..., None]]):
    """The task for a verb: its options are the verb's, and what it does is what `phlo` does.

    Where invoke knows no such thing, a near one is taken: several positional arguments become an option that may be
    repeated (`invoke up --services web`), and the rest of a command line stands behind `--`.
    """

    def __init__(self, verb: Verb) -> None:
        self.verb = verb
        super().__init__(_body(verb), name=verb.name, aliases=verb.aliases, positional=())

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """The verb's options; those that have a place of their own first, as invoke wants it."""
        options = [option for option in self.verb.options if option.positional != "rest"]
        return [_argument(option) for option in sorted(options, key=lambda option: option.positional != "one")]


def option_values(verb: Verb, values: Mapping[str, Any]) -> dict[str, Any]:
    """What invoke gives a task, by the names that the verb's options have."""
    names = {_attribute(option): option.name for option in verb.options}
    return {names.get(key, key): value for key, value in values.items()}


def _names(option: Option) -> list[str]:
    """The option's flags without dashes, the longest first: invoke tells short from long by length."""
    flags = [flag.lstrip("-") for flag in option.flags] or [option.name.replace("_", "-")]
    return sorted(flags, key=len, reverse=True)


def _attribute(option: Option) -> str:
    # invoke looks for a flag of this name when it prints the help.
    return _names(option)[0].replace("-", "_")


def _argument(option: Option) -> Argument:
    names, attribute = _names(option), _attribute(option)
    return Argument(
        names=names,
        attr_name=attribute if attribute != names[0] else None,  # an alias of itself has no end in invoke
        kind=list if option.is_list else _KINDS.get(option.type, str),
        default=None if option.positional == "one" else option.initial(),
        help=option.help,
        positional=option.positional == "one",
        incrementable=option.type == "count",
    )


def _body(verb: Verb) -> Callable[..., None]:
    def body(context: Context, **values: Any) -> None:
        from phlo.cli.main import finished, perform
        from phlo.cli.parser import checked
        from phlo.cli.shell import Shell
        from phlo.stop_signals import stop_signals

        rest = next((option.name for option in verb.options if option.positional == "rest"), None)
        if rest:
            # The process's own words: what invoke hands on as `remainder` has lost its quotes.
            values[rest] = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
        shell = Shell.of_process()
        with stop_signals():
            code = finished(perform(lambda: checked(verb, option_values(verb, values)), verb, shell), None, shell)
        if code:
            raise Exit(code=code)

    body.__doc__ = "\n".join([f"{verb.help}.", *filter(None, [verb.more])])
    body.__name__ = verb.name
    return body
