"""From words on the command line to a verb and its options."""

from __future__ import annotations

from argparse import REMAINDER, ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import COMPOSE_FILE, PROJECT
from phlo.cli.verbs import SERVICES_ALIASES, VERBS
from phlo.errors import ConfigError, did_you_mean, nearest

HELP_FLAGS = ("-h", "--help")
# Marks a word that stood behind `--`. The kernel passes no NUL in a word, so no word can begin with one by itself.
_LITERAL = "\0"


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Options before the command, in their long form, and the rest: `-C lake up` -> `--project-dir lake`, `up`.

    A short form may be another option of the command.
    """
    known = {flag: option for option in PROJECT for flag in option.flags} | {"-f": COMPOSE_FILE}
    position, leading = 0, []
    while position < len(words) and (option := known.get(words[position].partition("=")[0])):
        _, has_value, value = words[position].partition("=")
        following = words[position + 1 : position + 2] if option.takes_value and not has_value else []
        leading += [f"{option.flags[-1]}{has_value}{value}", *following]
        position += 1 + len(following)
    return leading, list(words[position:])


def find_verb(words: Sequence[str], verbs: Sequence[Verb] = VERBS) -> tuple[Verb | None, list[str]]:
    """The verb that `words` begin with and what follows it; None for a group of verbs (`services`) on its own.

    Raises ConfigError for an unknown one.
    """
    known = {name: verb for verb in verbs for name in (verb.name, *verb.aliases)}
    known |= {f"services {name}": known[name] for name in SERVICES_ALIASES if name in known}
    for length in (2, 1):
        verb = known.get(" ".join(words[:length]))
        if verb:
            return verb, list(words[length:])
    first, second = words[0], next((word for word in words[1:2] if word not in HELP_FLAGS), None)
    members = [name.partition(" ")[2] for name in known if name.startswith(f"{first} ")]
    if members and second is None:
        return None, list(words[1:])
    if members:
        what = f'there is no command "{first} {second}"'
        raise ConfigError(what, where="phlo", fix=did_you_mean(str(second), members))
    top = {name.partition(" ")[0] for name in known}
    raise ConfigError(f'there is no command "{first}"', where="phlo", fix=_see_help(did_you_mean(first, top)))


def _see_help(hint: str) -> str:
    return hint if hint.startswith("Did") else "See `phlo --help`."


def parse(verb: Verb, words: Sequence[str]) -> Namespace:
    """The verb's options out of `words`; words behind `--` are positional arguments, whatever they begin with.

    Raises ConfigError for words that the verb does not know or allow.
    """
    parser = _Parser(verb)
    if any(option.positional == "rest" for option in verb.options):
        found = parser.parse_args(words)
    else:
        found = parser.parse_intermixed_args(_marked(words))
    for option in verb.options:
        if option.positional == "rest":
            given = getattr(found, option.name)
            setattr(found, option.name, given[1:] if given[:1] == ["--"] else given)
    return found


def before_separator(words: Sequence[str]) -> Sequence[str]:
    """The words before `--`: only these can be options."""
    return words[: words.index("--")] if "--" in words else words


def _marked(words: Sequence[str]) -> list[str]:
    """The words, those behind `--` marked as literal: argparse's intermixed parser reads them as options otherwise."""
    options = before_separator(words)
    return [*options, *(_LITERAL + word for word in words[len(options) + 1 :])]


def checked(verb: Verb, values: Mapping[str, Any]) -> Namespace:
    """Options that somebody else parsed (invoke), with the same types, choices and defaults as `parse` gives."""
    found = Namespace()
    for option in verb.options:
        value = values.get(option.name)
        if option.is_list:
            setattr(found, option.name, [_converted(verb, option, item) for item in value or ()])
        elif value is None:
            setattr(found, option.name, option.initial())
        else:
            setattr(found, option.name, value if not option.takes_value else _converted(verb, option, value))
    return found


def _converted(verb: Verb, option: Option, text: Any) -> Any:
    name = option.flags[-1] if option.flags else option.metavar or option.name.upper()
    try:
        value = _TYPES[option.type](text)
    except ValueError:
        raise _usage(verb, f'{name}: "{text}" is not {_TYPE_NAMES[option.type]}') from None
    if option.choices and value not in option.choices:
        raise _usage(verb, f'{name}: there is no "{value}"', did_you_mean(str(value), option.choices))
    return value


def _usage(verb: Verb, what: str, hint: str = "") -> ConfigError:
    return ConfigError(what, where=f"phlo {verb.name}", fix=hint or f"See `phlo {verb.name} --help`.")


def _seconds(text: Any) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def _duration(text: Any) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def _count_of(text: Any) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "text": str,
    "integer": _count_of,
    "seconds": _seconds,
    "duration": _duration,
}
_TYPE_NAMES = {
    "integer": "a whole number from 1 on",
    "seconds": "a number of seconds above 0",
    "duration": "a number of seconds",
}
_NARGS = {"one": None, "optional": "?", "many": "*", "some": "+", "rest": REMAINDER}


class _Parser(ArgumentParser):
    """argparse for one verb; its errors are ConfigErrors."""

    def __init__(self, verb: Verb) -> None:
        super().__init__(prog=f"phlo {verb.name}", add_help=False, allow_abbrev=False)
        self._verb = verb
        for option in verb.options:
            self._take(option)

    def _take(self, option: Option) -> None:
        if option.type == "flag":
            self.add_argument(*option.flags, dest=option.name, action="store_true")
        elif option.type == "count":
            self.add_argument(*option.flags, dest=option.name, action="count", default=0)
        elif option.positional:
            nargs: Any = _NARGS[option.positional]
            self.add_argument(option.name, nargs=nargs, metavar=option.value_name, type=self._converter(option))
        elif option.repeatable:
            self.add_argument(
                *option.flags, dest=option.name, action="append", default=[], type=self._converter(option)
            )
        else:
            self.add_argument(*option.flags, dest=option.name, default=option.default, type=self._converter(option))

    def _converter(self, option: Option) -> Any:
        def convert(text: str) -> Any:
            if option.flags and text.startswith(_LITERAL):
                raise _usage(self._verb, f"{option.flags[-1]} needs a value, {option.value_name}")
            return _converted(self._verb, option, text.removeprefix(_LITERAL))

        return convert

    def _plain(self, message: str) -> str:
        """What argparse says, in the words of the other errors."""
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            return f"needs {missing}"
        flag, is_bare, _ = message.removeprefix("argument ").partition(": expected one argument")
        option = next((option for option in self._verb.options if set(flag.split("/")) & {*option.flags}), None)
        return f"{option.flags[-1]} needs a value, {option.value_name}" if is_bare and option else message

    def error(self, message: str) -> NoReturn:
        message = message.replace(_LITERAL, "")
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown == message:
            flag = message.removeprefix("argument ").partition("/")[0]
            raise _usage(self._verb, self._plain(message), self._verb.refused.get(flag, ""))
        words = unknown.split()
        refused = next((word for word in words if word.partition("=")[0] in self._verb.refused), None)
        if refused is not None:
            flag = refused.partition("=")[0]
            raise _usage(self._verb, f"has no option {flag}", self._verb.refused[flag])
        if self._verb.instead and not words[0].startswith("-"):
            raise _usage(self._verb, f"takes no service, got {', '.join(words)}", self._verb.instead)
        flags = {
            flag.removeprefix("--"): flag for option in self._verb.options for flag in option.flags if flag[:2] == "--"
        }
        # Without the dashes, which make any two options alike.
        near = nearest(words[0].partition("=")[0].removeprefix("--"), flags)
        raise _usage(self._verb, f"does not know {', '.join(words)}", f'Did you mean "{flags[near]}"?' if near else "")
