"""What runs in the container and for how long: `command`, `environment`, `healthcheck`, `restart`, `logging`."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.compose.kernel import known_capability
from phlo.compose.model import EnvFile, Healthcheck, Logging, Restart
from phlo.compose.reading import At, Items, each, record
from phlo.compose.scalars import (
    boolean,
    duration,
    integer,
    keyed_texts,
    one_of,
    optional,
    secret_text,
    text,
    word,
)
from phlo.errors import did_you_mean
from phlo.values import Secret, Text, reveal

_TESTS = {"CMD": '["CMD", "program", ...]', "CMD-SHELL": '["CMD-SHELL", "a command"]', "NONE": '["NONE"]'}
_RESTART = ("no", "always", "on-failure", "unless-stopped")
# The words of a Swarm, as the engine's policies have them. Compose takes both sets of words in both places.
RESTART_CONDITIONS = {"none": "no", "any": "always"}
_CAPABILITY = re.compile(r"(CAP_)?([A-Z_]+)")


def command(value: Any, at: At) -> tuple[Text, ...]:
    """A list of words, or a text that is split as a shell would."""
    if isinstance(value, (list, tuple)):
        return each(value, at, secret_text)
    raw = secret_text(value, at)
    try:
        import shlex

        words = shlex.split(reveal(raw))
    except ValueError as reason:
        raise at.error(
            f"cannot be split into words: {str(reason).lower()}", "Close the quote, or write a list."
        ) from None
    return tuple(Secret(word) if isinstance(raw, Secret) else word for word in words)


def path_in(value: Any, at: At) -> Path:
    """A file of the control machine, relative ones from the root of the service."""
    return Path(os.path.normpath(os.path.join(at.root, os.path.expanduser(word(value, at)))))


def env_files(value: Any, at: At) -> Items:
    """A path, or a list of paths and `{path, required, format}`."""
    return each([value] if isinstance(value, Mapping) else value, at, _env_file)


def env_file_identity(file: EnvFile) -> Path:
    return file.path


def _env_file(value: Any, at: At) -> EnvFile:
    if not isinstance(value, Mapping):
        return EnvFile(path=path_in(value, at))
    fields = record(value, at, {"path": path_in, "required": boolean, "format": one_of("raw")}, required=("path",))
    return EnvFile(path=fields["path"], is_required=fields.get("required", True), format=fields.get("format"))


def working_dir(value: Any, at: At) -> str:
    found = word(value, at)
    if not found.startswith("/"):
        raise at.expected("an absolute path", value)
    return os.path.normpath(found)


def capabilities(value: Any, at: At) -> Items:
    """`NET_ADMIN` or `CAP_NET_ADMIN`, without the prefix."""
    return each(value, at, _capability)


def _capability(value: Any, at: At) -> str:
    match = _CAPABILITY.fullmatch(word(value, at).upper())
    if not match:
        raise at.expected('a capability, e.g. "NET_ADMIN"', value)
    return known_capability(match[2], at)


def healthcheck(value: Any, at: At) -> dict[str, Any]:
    return record(
        value,
        at,
        {
            "test": _test,
            "disable": boolean,
            "interval": _probe_duration,
            "timeout": _probe_duration,
            "start_period": _probe_duration,
            "start_interval": _probe_duration,
            "retries": integer(0),
        },
    )


def healthcheck_of(fragment: Mapping[str, Any], at: At) -> Healthcheck:
    fields = dict(fragment)
    if fields.pop("disable", False):
        return Healthcheck(test=("NONE",))  # whatever the test is: an override switches the check off this way
    return Healthcheck(**fields)


def _test(value: Any, at: At) -> tuple[Text, ...]:
    """A text is a shell command; a list starts with CMD, CMD-SHELL or NONE; an empty list is the image's test.

    Words after the command of CMD-SHELL are its arguments `$0`, `$1`, ...
    """
    if not isinstance(value, (list, tuple)):
        return ("CMD-SHELL", secret_text(value, at))
    words = each(value, at, secret_text)
    if not words:
        return ()
    kind = words[0]
    if kind not in _TESTS:
        hint = did_you_mean(str(kind), _TESTS) if str(kind).isupper() else 'Put "CMD" before the command.'
        raise at.error("should start with CMD, CMD-SHELL or NONE", hint)
    if kind == "NONE":
        return ("NONE",)
    if len(words) == 1:
        raise at.error(f"should be {_TESTS[str(kind)]}")
    return words


def _probe_duration(value: Any, at: At) -> int:
    found = duration(value, at)
    if 0 < found < 1_000_000:
        raise at.expected("0 or at least 1ms", value)
    return found


def restart(value: Any, at: At) -> Restart | None:
    """`no` (or YAML's false), `always`, `on-failure[:N]`, `unless-stopped`; an empty text is not a policy at all."""
    raw = "no" if value is False else text(value, at) if value is not True else "true"
    if not raw:
        return None
    given, colon, count = raw.partition(":")
    name = RESTART_CONDITIONS.get(given, given)
    if name not in _RESTART:
        hint = did_you_mean(name, _RESTART) if value is not True else 'Write "always" or "unless-stopped".'
        raise at.expected(f"one of {', '.join(_RESTART)}", value, hint)
    if colon and name != "on-failure":
        raise at.expected(f'"{name}" without a number', value, 'Only "on-failure:3" takes one.')
    return Restart(name=name, max_retries=integer(0)(count, at) if colon else 0)


def logging(value: Any, at: At) -> dict[str, Any]:
    return record(value, at, {"driver": optional(word), "options": keyed_texts})


def logging_of(fields: Mapping[str, Any], at: At) -> Logging:
    options = {key: "" if item is None else item for key, item in fields.get("options", {}).items()}
    if options and not fields.get("driver"):
        at["options"].warn("go to whichever log driver the engine has as its default, for no driver is given")
    return Logging(driver=fields.get("driver"), options=options)


def microseconds(value: Any, at: At) -> int:
    """CPU times: a number of microseconds, or a duration."""
    raw = text(value, at)
    return integer(0)(raw, at) if raw.isdigit() else duration(raw, at) // 1000
