"""What means yes."""

from __future__ import annotations

from typing import Any

_TRUE = ("true", "yes", "on", "1")
_WORDS = (*_TRUE, "y", "t", "1.0")
_NO_WORDS = ("false", "no", "off", "n", "f", "0", "0.0", "", "none")


def as_boolean(value: Any) -> bool:
    """Whether a value means yes: texts such as `yes` and `on` do, an empty text or list does not."""
    if isinstance(value, str):
        text = value.strip().lower()
        return text in _WORDS or text not in _NO_WORDS
    return bool(value)


def strict_boolean(value: Any) -> bool:
    """`bool`: true for true, yes, on and 1, false for everything else."""
    if isinstance(value, (bool, int, float)):
        return value == 1
    return str(value).strip().lower() in _TRUE


def ternary(value: Any, yes: Any, no: Any, none: Any = None) -> Any:
    """`yes` for what is not empty, `no` for what is; `none` for nothing, where it is given."""
    if value is None and none is not None:
        return none
    return yes if value else no
