"""What a verb and its options are: plain data that parsers, help, completion and invoke tasks are made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Option(NamedTuple):
    """One option or argument of a verb.

    name:       what the handler reads, e.g. `no_deps`.
    flags:      `("-f", "--follow")`; empty for a positional argument.
    type:       `flag`, `count`, `text`, `integer`, `seconds` (above 0), `duration` (seconds, from 0 on).
    positional: `one`, `optional`, `many` (none or more), `some` (one or more) or `rest` (all that follows, untouched).
    choices:    the only texts allowed; empty: any.
    complete:   what a shell offers for it: `services`, `files`, `folders`, `plugins`, or nothing.
    """

    name: str
    flags: tuple[str, ...] = ()
    type: str = "text"
    help: str = ""
    default: Any = None
    repeatable: bool = False
    metavar: str = ""
    positional: str = ""
    choices: tuple[str, ...] = ()
    complete: str = ""

    @property
    def takes_value(self) -> bool:
        return self.type not in ("flag", "count")

    @property
    def is_list(self) -> bool:
        return self.repeatable or self.positional in ("many", "some", "rest")

    @property
    def value_name(self) -> str:
        """What stands for its value in help: `SECONDS`, `text|json`, `NAME=VALUE`."""
        return self.metavar or "|".join(self.choices) or self.name.upper().replace("_", "-")

    def initial(self) -> Any:
        """Its value when it is not given."""
        if self.is_list:
            return []
        return {"flag": False, "count": 0}.get(self.type, self.default)


class Verb(NamedTuple):
    """A command.

    name:     as typed, e.g. `up` or `services list`.
    run:      `module:function` that does it; takes the options and the shell, returns an exit code.
    group:    the heading it stands under in `phlo --help`.
    is_task:  True when `phlo run NAME` and `invoke NAME` mean it too.
    more:     sentences for its own help, below the first line.
    examples: (command, what it does) pairs.
    refused:  options that other programs have, and what to write instead.
    instead:  for a verb without arguments, what to use when somebody names services.
    """

    name: str
    help: str
    run: str
    options: tuple[Option, ...] = ()
    group: str = ""
    is_task: bool = False
    aliases: tuple[str, ...] = ()
    more: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    refused: Mapping[str, str] = {}
    instead: str = ""

    def arguments(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.positional)

    def flagged(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if not option.positional)
