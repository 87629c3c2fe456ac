"""The texts of `--help`, made from the table of verbs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phlo import __version__
from phlo.cli.headings import FAMILIES
from phlo.cli.option import Option, Verb
from phlo.cli.shared_options import PROJECT
from phlo.cli.verbs import SERVICES_ALIASES, VERBS
from phlo.orchestrators import TITLES, load

_FAMILIES = {**FAMILIES, **{name: load(name, "verbs").FAMILY for name in TITLES}}

EXAMPLES = (
    ("phlo init my-lakehouse", "make a project"),
    ("phlo up", "start it; again: change only what differs"),
    ("phlo plan", "what would change, and why"),
    ("phlo logs -f", "follow what the services print"),
)


def overview(width: int = 80) -> str:
    """What `phlo --help` prints."""
    lines = [f"phlo {__version__}: brings up data platforms made of Docker services", ""]
    lines += ["Usage: phlo COMMAND [OPTIONS]", ""]
    for group in dict.fromkeys(verb.group for verb in VERBS):
        lines += [group, *_rows(_overview_rows(group), width), ""]
    lines += ["Examples", *_rows(EXAMPLES, width), ""]
    lines += ["phlo COMMAND --help describes a command; phlo --version prints the version."]
    return "\n".join(lines) + "\n"


def _overview_rows(group: str) -> list[tuple[str, str]]:
    """One row a verb; verbs of one family (`config show`, ...) share a row, unless its first word is a verb itself."""
    rows: dict[str, str] = {}
    for verb in VERBS:
        if verb.group != group:
            continue
        first = verb.name.partition(" ")[0]
        if first in _FAMILIES:
            rows[first] = f"{_FAMILIES[first]}: {', '.join(_members(first))}"
        else:
            rows[", ".join((verb.name, *verb.aliases))] = verb.help
    return list(rows.items())


def _members(first: str) -> list[str]:
    """The second words of a family's commands."""
    own = [verb.name.partition(" ")[2] for verb in VERBS if verb.name.startswith(f"{first} ")]
    return [*own, *(SERVICES_ALIASES if first == "services" else ())]


def family(first: str, width: int = 80) -> str:
    """What `phlo services`, `phlo config` or `phlo plugin` on its own prints."""
    rows = [(verb.name, verb.help) for verb in VERBS if verb.name.startswith(f"{first} ")]
    if first == "services":
        named = {name: verb for verb in VERBS for name in (verb.name, *verb.aliases)}
        rows += [(f"services {name}", named[name].help) for name in SERVICES_ALIASES]
    lines = [f"Usage: phlo {first} COMMAND [OPTIONS]", "", f"{_FAMILIES[first]}.", "", "Commands"]
    return "\n".join([*lines, *_rows(rows, width)]) + "\n"


def verb_help(verb: Verb, width: int = 80) -> str:
    """What `phlo VERB --help` prints."""
    parts = [_argument_usage(option) for option in verb.arguments()]
    lines = [" ".join([f"Usage: phlo {verb.name} [OPTIONS]", *parts]), "", f"{verb.help}."]
    if verb.more:
        lines += verb.more.splitlines()
    own = [option for option in verb.flagged() if option not in PROJECT]
    shared = [option for option in verb.flagged() if option in PROJECT]
    for title, options in (("Arguments", verb.arguments()), ("Options", own), ("Options of most commands", shared)):
        if options:
            lines += ["", title, *_rows([_option_row(option) for option in options], width)]
    if verb.examples:
        lines += ["", "Examples", *_rows(verb.examples, width)]
    return "\n".join(lines) + "\n"


def _argument_usage(option: Option) -> str:
    forms = {"one": "{}", "optional": "[{}]", "many": "[{}...]", "some": "{}...", "rest": "[{}...]"}
    return forms[option.positional].format(option.value_name)


def _option_row(option: Option) -> tuple[str, str]:
    if option.positional:
        return option.value_name, option.help
    short = [flag for flag in option.flags if not flag.startswith("--")]
    long = [flag for flag in option.flags if flag.startswith("--")]
    flags = ", ".join([*(short or ["  "]), *long]) if short else f"    {', '.join(long)}"
    value = f" {option.value_name}" if option.takes_value else ""
    again = "; may be repeated" if option.repeatable else ""
    return flags + value, option.help + again


def _rows(rows: Iterable[tuple[str, str]], width: int) -> list[str]:
    """Two columns, the second wrapped."""
    rows = list(rows)
    left = min(max(len(name) for name, _ in rows), 34) + 2
    lines: list[str] = []
    for name, text in rows:
        wrapped = _wrapped(text, max(width - left - 2, 24))
        head, rest = (wrapped[0], wrapped[1:]) if len(name) + 2 <= left else ("", wrapped)
        lines.append(f"  {name:<{left}}{head}".rstrip())
        lines += [" " * (left + 2) + line for line in rest if line]
    return lines


def _wrapped(text: str, width: int) -> Sequence[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]
