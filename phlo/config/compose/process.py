"""What runs in the container and for how long: `command`, `environment`, `healthcheck`, `restart`, `logging`."""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.config.compose.model import EnvFile, Healthcheck, Logging, Restart
from phlo.config.compose.reading import At, each, record
from phlo.config.compose.scalars import (
    boolean,
    duration,
    integer,
    keyed_texts,
    one_of,
    secret_text,
    text,
    word,
)
from phlo.errors import did_you_mean
from phlo.values import Secret, Text, reveal

_RESTART = ("no", "always", "on-failure", "unless-stopped")
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


def env_files(value: Any, at: At) -> tuple[EnvFile, ...]:
    """A path, or a list of paths and `{path, required, format}`."""
    return tuple(each([value] if isinstance(value, Mapping) else value, at, _env_file))


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


def capabilities(value: Any, at: At) -> tuple[str, ...]:
    """`NET_ADMIN` or `CAP_NET_ADMIN`, sorted and without the prefix."""
    return tuple(sorted(dict.fromkeys(each(value, at, _capability))))


def _capability(value: Any, at: At) -> str:
    match = _CAPABILITY.fullmatch(word(value, at).upper())
    if not match:
        raise at.expected('a capability, e.g. "NET_ADMIN"', value)
    return match[2]


def healthcheck(value: Any, at: At) -> Healthcheck:
    fields = record(
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
    if fields.pop("disable", False):
        if fields.get("test", ("NONE",)) != ("NONE",):
            raise at.error('"test" and "disable: true" contradict each other', "Keep one of the two.")
        return Healthcheck(test=("NONE",))
    return Healthcheck(**fields)


def _test(value: Any, at: At) -> tuple[Text, ...]:
    """A text is a shell command; a list starts with CMD, CMD-SHELL or NONE."""
    if not isinstance(value, (list, tuple)):
        raw = secret_text(value, at)
        return ("CMD-SHELL", raw) if raw else ()
    words = each(value, at, secret_text)
    kind = words[0] if words else ""
    if kind not in ("CMD", "CMD-SHELL", "NONE"):
        known = ("CMD", "CMD-SHELL", "NONE")
        hint = did_you_mean(str(kind), known) if str(kind).isupper() else 'Put "CMD" before the command.'
        raise at.error("should start with CMD, CMD-SHELL or NONE", hint)
    if (kind == "NONE") != (len(words) == 1) or (kind == "CMD-SHELL" and len(words) != 2):
        wanted = {"NONE": '["NONE"]', "CMD": '["CMD", "program", ...]', "CMD-SHELL": '["CMD-SHELL", "one command"]'}
        raise at.error(f"should be {wanted[str(kind)]}")
    return words


def _probe_duration(value: Any, at: At) -> int:
    found = duration(value, at)
    if 0 < found < 1_000_000:
        raise at.expected("0 or at least 1ms", value)
    return found


def restart(value: Any, at: At) -> Restart:
    """`no` (YAML's false), `always`, `on-failure[:N]`, `unless-stopped`."""
    raw = "no" if value is False else text(value, at) if value is not True else "true"
    name, colon, count = raw.partition(":")
    if name not in _RESTART:
        hint = did_you_mean(name, _RESTART) if value is not True else 'Write "always" or "unless-stopped".'
        raise at.expected(f"one of {', '.join(_RESTART)}", value, hint)
    if colon and name != "on-failure":
        raise at.expected(f'"{name}" without a number', value, 'Only "on-failure:3" takes one.')
    return Restart(name=name, max_retries=integer(0)(count, at) if colon else 0)


def logging(value: Any, at: At) -> Logging:
    fields = record(value, at, {"driver": word, "options": keyed_texts})
    options = {key: "" if item is None else item for key, item in fields.get("options", {}).items()}
    if options and not fields.get("driver"):
        at["options"].warn("go to whichever log driver the engine has as its default, for no driver is given")
    return Logging(driver=fields.get("driver"), options=options)


def microseconds(value: Any, at: At) -> int:
    """CPU times: a number of microseconds, or a duration."""
    raw = text(value, at)
    return integer(0)(raw, at) if raw.isdigit() else duration(raw, at) // 1000
