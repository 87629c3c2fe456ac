"""The variables of the command line: `-e NAME=VALUE`, `-e '{"NAME": [1, 2]}'` and `-e @FILE`.

Source: Ansible's documentation, "Defining variables at runtime".
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from phlo.config.layers import COMMAND_LINE, Candidate, scalar_text
from phlo.config.words import UnclosedError, unquoted, words_of
from phlo.errors import ConfigError, PhloError, first_of
from phlo.values import Secret, Source
from phlo.vault.ansible_yaml import load_ansible_yaml
from phlo.vault.passwords import Vault
from phlo.yaml_source import parse_yaml

_FORMS = "NAME=value or @FILE"
_QUOTE = "Put a value with spaces or quotation marks in quotation marks: -e \"NAME='two words'\"."
_ESCAPE = re.compile(r"\\(?:U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|N\{[^}]+\}|[\\'\"abfnrtv])")


class Extra(NamedTuple):
    """A variable: any YAML value, and where it was given."""

    value: Any
    source: Source


def extra_values(arguments: Sequence[str], *, folder: Path, vault: Vault | None = None) -> dict[str, Extra]:
    """The variables of `-e` arguments with their types, of one name the last.

    `NAME=VALUE` gives texts, JSON and files give what they hold. folder: where relative files start.
    Raises ConfigError with every argument that is wrong.
    """
    found: dict[str, Extra] = {}
    errors: list[PhloError] = []
    for argument in arguments:
        try:
            found.update(_values(argument.strip(), folder, vault or Vault()))
        except ConfigError as error:
            errors.append(error)
    if errors:
        raise first_of(errors)
    return found


def read_extra(arguments: Sequence[str], *, folder: Path, vault: Vault | None = None) -> dict[str, Candidate]:
    """The single values among `extra_values`, as services see them; lists and mappings are for playbooks."""
    found = {}
    for name, (value, source) in extra_values(arguments, folder=folder, vault=vault).items():
        if isinstance(value, Secret):
            found[name] = Candidate(
                name=name, text="", source=source, is_literal=True, fetch=partial(Secret, value.reveal())
            )
        elif not isinstance(value, (dict, list)):
            found[name] = Candidate(name=name, text=scalar_text(value), source=source, is_literal=True)
    return found


def _values(argument: str, folder: Path, vault: Vault) -> Mapping[str, Extra]:
    if argument.startswith("@"):
        name = argument[1:]
        document = load_ansible_yaml(folder / Path(name).expanduser(), label=name, vault=vault, error=ConfigError)
    elif argument[:1] in ("{", "["):
        document = parse_yaml(argument, label="-e")
    else:
        source = Source(layer=COMMAND_LINE, path="-e")
        return {name: Extra(text, source) for name, text in _pairs(argument)}
    if not isinstance(document.data, Mapping):
        fix = 'Write "NAME: value" lines.' if argument.startswith("@") else "Write -e '{\"NAME\": value}'."
        raise ConfigError("should be a mapping", where=document.where(), fix=fix)
    is_file = argument.startswith("@")
    return {
        str(name): Extra(
            value,
            document.source(str(name), layer=COMMAND_LINE) if is_file else Source(layer=COMMAND_LINE, path="-e"),
        )
        for name, value in document.data.items()
    }


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The pairs of one argument: `a=1 b='two words'`."""
    try:
        words = [word for _, word in words_of(text, must_close=True)]
    except UnclosedError as reason:
        raise ConfigError(f"cannot be read: {reason}", where=f"-e {text.partition('=')[0]}", fix=_QUOTE) from None
    for word in words or [""]:
        name, equals, value = word.partition("=")
        if not equals:
            fix = _QUOTE if len(words) > 1 else "Write letters, digits and _, then the value: -e WEB_PORT=8080."
            where = f"-e {words[0].partition('=')[0]}" if words else "-e"
            what = f'"{word}" is not NAME=value' if len(words) > 1 else f"should be {_FORMS}"
            raise ConfigError(what, where=where, fix=fix)
        if not name.isidentifier():
            fix = "Write letters, digits and _, then the value: -e WEB_PORT=8080."
            raise ConfigError(f'"{name}" cannot name a variable', where=f"-e {name}", fix=fix)
        yield name, unquoted(_ESCAPE.sub(lambda found: codecs.decode(found[0], "unicode-escape"), value))
