"""Loose types for Compose attributes: wide enough for `${VARIABLE}`, narrow enough to catch a slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class Shape:
    """Accepts values of some JSON types, and any text with a `$`, which is known only after interpolation.

    words: what an error says the value should be.
    kinds: names of JSON types. A null passes: it is the same as not given.
    """

    words: str
    kinds: tuple[str, ...]
    minimum: int | None = None
    maximum: int | None = None

    def __init__(self, words: str, *kinds: str, minimum: int | None = None, maximum: int | None = None) -> None:
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "minimum", minimum)
        object.__setattr__(self, "maximum", maximum)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        kinds = list(self.kinds)
        words: dict[str, Any] = {"minimum": self.minimum, "maximum": self.maximum}
        if "string" not in kinds and ("boolean" in kinds or self._is_numeric):
            kinds.append("string")
            words["x-text"] = "variable"  # for `phlo.config.plain`; editors pass over it
        return {"type": [*kinds, "null"], **{key: value for key, value in words.items() if value is not None}}

    @property
    def _is_numeric(self) -> bool:
        return bool({"number", "integer"} & set(self.kinds))

    def check(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and "$" in value):
            return value
        if not self._fits(value):
            context = {"words": self.words, "got": _shown(value, self), "fix": self._fix}
            raise PydanticCustomError("shape", "should be {words}, got {got}", context)
        return value

    @property
    def _fix(self) -> str:
        if "object" in self.kinds and "string" not in self.kinds:
            return 'Write "name: value" lines below it, indented.'
        if "array" in self.kinds:
            return 'Write "- item" lines below it, or [item, item].'
        if self.maximum is not None:
            return f"Write a number from {self.minimum} to {self.maximum}."
        return "Write true or false." if self.kinds == ("boolean",) else ""

    def _fits(self, value: Any) -> bool:
        if isinstance(value, bool):
            return "boolean" in self.kinds
        if isinstance(value, Mapping):
            return "object" in self.kinds
        if isinstance(value, (list, tuple)):
            return "array" in self.kinds
        if isinstance(value, str):
            return "string" in self.kinds or self._reads_as(value)
        if isinstance(value, float):
            return "number" in self.kinds and "integer" not in self.kinds
        return self._is_numeric and self._is_in_range(value)

    def _reads_as(self, text: str) -> bool:
        """Whether a quoted number or switch says what is wanted, as Compose allows."""
        if "boolean" in self.kinds and text.lower() in ("true", "false", "yes", "no", "on", "off", "1", "0"):
            return True
        try:
            number = float(text)
        except ValueError:
            return False
        if "integer" in self.kinds:
            return text.strip().isdigit() and self._is_in_range(number)
        return "number" in self.kinds

    def _is_in_range(self, number: Any) -> bool:
        try:
            return not (
                (self.minimum is not None and number < self.minimum)
                or (self.maximum is not None and number > self.maximum)
            )
        except TypeError:  # a date
            return False


def _shown(value: Any, shape: Shape) -> str:
    """The value as an error may quote it: where a mapping is wanted, a text may hold a password."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if "object" in shape.kinds or "array" in shape.kinds:
        return "a text" if isinstance(value, str) else "a single value"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
