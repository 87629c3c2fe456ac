"""Single values: texts, numbers, sizes, durations, file modes. After interpolation each may be a text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from phlo.compose.reading import At, Items, each, mapping
from phlo.errors import nearest
from phlo.values import Secret, Text, reveal

T = TypeVar("T")
_BOOLEANS = {"true": True, "yes": True, "y": True, "on": True, "false": False, "no": False, "n": False, "off": False}
_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # micro sign
    "\u03bcs": 1_000,  # Greek letter mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
    "w": 604_800_000_000_000,
}
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d|w)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?", re.IGNORECASE)
_SIZE_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}

_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REGISTRY = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:{_REGISTRY}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::\w[\w.-]{{0,127}})?(?:@[A-Za-z][\w+.-]*:[0-9a-fA-F]{{32,}})?",
    re.ASCII,
)


def secret_text(value: Any, at: At) -> Text:
    """A text that may be a Secret. Numbers and booleans are written as YAML has them."""
    if isinstance(value, (str, Secret)):
        if "\0" in reveal(value):
            raise at.error("must not hold a NUL character")
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, int):
        return str(value)
    is_single = not isinstance(value, (list, tuple, Mapping)) and value is not None
    raise at.expected("a text", value, "Put it in quotes." if is_single else "")


def number_text(value: float) -> str:
    """A number with a fraction as Compose writes it: `1.0` is `1`, `1e21` is `1e+21`.

    Source: Go's `%v`: the shortest text that is the same number, with an exponent below -4 and from 21 on.
    """
    if value in (math.inf, -math.inf) or value != value:
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    import decimal

    digits, exponent = decimal.Decimal(repr(value)).normalize().as_tuple()[1:]
    power = len(digits) + int(exponent) - 1
    if value == 0 or -4 <= power < 21:
        shown = format(decimal.Decimal(repr(value)), "f")
        return shown.rstrip("0").rstrip(".") if "." in shown else shown
    mantissa = "".join(map(str, digits))
    sign = "-" if value < 0 else ""
    return f"{sign}{mantissa[0]}{'.' if mantissa[1:] else ''}{mantissa[1:]}e{'-' if power < 0 else '+'}{abs(power):02}"


def text(value: Any, at: At) -> str:
    """A text that is shown in plans, so that no Secret may be in it."""
    if isinstance(value, Secret):
        raise at.error("must not hold a secret, for it is shown in plans and by `docker inspect`", "Use a plain value.")
    if isinstance(value, bool):
        raise at.expected("a text", value, "Put it in quotes.")
    return str(secret_text(value, at))


def word(value: Any, at: At) -> str:
    """A text that is not empty."""
    found = text(value, at)
    if not found.strip():
        raise at.error("must not be empty", "Give it a value, or leave it out.")
    return found


def optional(parse: Callable[[Any, At], T]) -> Callable[[Any, At], T | None]:
    """The same parser, for which an empty text (of `${VARIABLE:-}`) is an attribute that is not given."""
    return lambda value, at: None if value == "" else parse(value, at)


def image_reference(value: Any, at: At) -> str:
    """`[REGISTRY/]NAME[:TAG][@DIGEST]`.

    Source: the grammar of github.com/distribution/reference.
    """
    found = word(value, at)
    if not _REFERENCE.fullmatch(found):
        raise at.expected("[REGISTRY/]NAME[:TAG]", found, "Write the name in small letters, e.g. my-registry/api:1.2.")
    return found


def one_of(*known: str) -> Callable[[Any, At], str]:
    """The parser of a text out of a closed list."""
    wanted = f"one of {', '.join(known)}" if len(known) > 1 else f'"{known[0]}"'

    def parse(value: Any, at: At) -> str:
        found = text(value, at)
        if found not in known:
            close = nearest(found, known)
            raise at.expected(wanted, value, f'Did you mean "{close}"?' if close and len(known) > 1 else "")
        return found

    return parse


def boolean(value: Any, at: At) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(text(value, at).lower())
    if found is None:
        raise at.expected("true or false", value)
    return found


def integer(low: int | None = None, high: int | None = None) -> Callable[[Any, At], int]:
    """The parser of a whole number from `low` to `high`, both included."""
    if low is not None and high is not None:
        wanted = f"a whole number from {low} to {high}"
    else:
        wanted = "a whole number" if low is None else f"a whole number of at least {low}"

    def parse(value: Any, at: At) -> int:
        whole = int(value) if isinstance(value, float) and value.is_integer() else value  # YAML's 3.0
        try:
            found = int(text(whole, at))
        except ValueError:
            raise at.expected(wanted, value) from None
        if (low is not None and found < low) or (high is not None and found > high):
            raise at.expected(wanted, value)
        return found

    return parse


def positive_number(value: Any, at: At) -> float:
    try:
        found = float(text(value, at))
    except ValueError:
        raise at.expected("a number", value, 'For example "1.5".') from None
    if not 0 <= found < float("inf"):
        raise at.expected("a number of at least 0", value)
    return found


def size(value: Any, at: At) -> int:
    """Bytes: a number, or a text with b, k, m, g, t (powers of 1024)."""
    match = _SIZE.fullmatch(text(value, at).strip())
    if not match:
        raise at.expected("a size", value, 'Write a number with its unit, e.g. "512m" or "2g".')
    return int(float(match[1]) * 1024 ** _SIZE_POWER[match[2].lower()])


def memory(value: Any, at: At) -> int | None:
    """A size; -1 is no limit, as if the attribute were not given."""
    return None if str(value) == "-1" else size(value, at)


def size_or_unlimited(value: Any, at: At) -> int:
    """A size, or -1 for no limit."""
    return -1 if str(value) == "-1" else size(value, at)


def duration(value: Any, at: At) -> int:
    """Nanoseconds, from Compose's form: `1m30s`, `500ms`, `1.5h`; `0` needs no unit."""
    found = text(value, at).strip().removeprefix("+")
    if found == "0":
        return 0
    parts = _DURATION_PART.findall(found)
    if not parts or "".join(number + unit for number, unit in parts) != found:
        fix = f'Write the unit, e.g. "{found}s".' if found.isdigit() else 'For example "90s", "1m30s" or "500ms".'
        raise at.expected("a duration", value, fix)
    return sum(round(float(number) * _NANOSECONDS[unit]) for number, unit in parts)


def file_mode(value: Any, at: At) -> int:
    """Permission bits. A text is octal; an unquoted number has been read by YAML (0440 is octal there)."""
    try:
        mode = value if isinstance(value, int) and not isinstance(value, bool) else int(text(value, at), 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o7777:
        raise at.expected("a file mode", value, 'Write it in octal and quotes, e.g. "0440".')
    return mode


def texts(value: Any, at: At) -> Items:
    """A text or a list of texts."""
    return each(value, at, word)


def keyed_texts(value: Any, at: At) -> dict[str, Text | None]:
    """Both Compose forms of names with values: `{NAME: value}` and `["NAME=value"]`.

    None stands for a name without a value. A later entry of the list form wins.
    """
    if isinstance(value, (list, tuple)):
        found = {}
        for (name, entry), keys in each(value, at, _assignment).pairs:
            found[name] = entry
            at.names(name, keys[-1])
        return found
    return {
        key: None if item is None else at[key].attempt(secret_text, item) for key, item in mapping(value, at).items()
    }


def _assignment(value: Any, at: At) -> tuple[str, Text | None]:
    raw = secret_text(value, at)
    name, equals, rest = reveal(raw).partition("=")
    if isinstance(raw, Secret) and "$" in str(at.written).partition("=")[0]:
        raise at.error("a secret cannot be a name", 'Write "NAME=${VARIABLE}".')
    if not name.strip():
        raise at.expected("NAME=VALUE", raw)
    if not equals:
        return name, None
    return name, Secret(rest) if isinstance(raw, Secret) else rest


def plain_labels(value: Any, at: At) -> dict[str, str]:
    """As `plain_pairs`; a name without a value has an empty one."""
    given = keyed_texts(value, at)
    return plain_pairs({name: "" if item is None else item for name, item in given.items()}, at)


def plain_pairs(value: Any, at: At) -> dict[str, str]:
    """Names with values in either form, no value left out and none secret."""
    found = {}
    for key, item in keyed_texts(value, at).items():
        if item is None:
            at.errors.append(at[key].error("has no value"))
        elif isinstance(item, Secret):
            at[key].attempt(text, item)
        else:
            found[key] = item
    return found
