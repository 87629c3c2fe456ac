"""Loose forms of values as they are written: wide enough for `${VARIABLE}`, narrow enough to catch a slip."""

from __future__ import annotations

from phlo.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """The JSON types that a value may have before its variables are replaced.

    words: what an error says the value should be. kinds: names of JSON types.
    minimum, maximum: bounds of a number.
    """

    words: str
    kinds: tuple[str, ...]
    minimum: float | None = None
    maximum: float | None = None


TEXT = Loose(words="a text", kinds=("string", "number"))
FLAG = Loose(words="true or false", kinds=("boolean",))
NUMBER = Loose(words="a number", kinds=("number",))
COUNT = Loose(words="a number from 0 up", kinds=("integer",), minimum=0)
PORT = Loose(words="a port from 1 to 65535", kinds=("integer",), minimum=1, maximum=65535)
AMOUNT = Loose(words="a number with its unit", kinds=("string", "number"))
LIST = Loose(words="a list", kinds=("array",))
TEXTS = Loose(words="a text or a list", kinds=("string", "number", "array"))
MAP = Loose(words="a mapping (name: value)", kinds=("object",))
PAIRS = Loose(words="a mapping (name: value) or a list", kinds=("object", "array"))
FLAG_OR_MAP = Loose(words="true, false or {name: NAME}", kinds=("boolean", "object"))
FOLDER_OR_MAP = Loose(words="a folder or a mapping", kinds=("string", "object"))
RESTART = Loose(words="no, always, on-failure or unless-stopped", kinds=("string", "boolean"))
ANY = Loose(words="a text, a list or a mapping", kinds=("string", "number", "boolean", "array", "object"))
