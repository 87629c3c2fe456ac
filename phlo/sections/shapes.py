"""Loose values of phlo.yaml as pydantic checks them, and as the JSON Schema describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from phlo.compose.loose import Loose


@dataclass(frozen=True)
class Shape:
    """Accepts values of some JSON types, and any text with a `$`, which is known only after interpolation.

    A null passes: it is the same as not given.
    """

    loose: Loose

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        kinds = list(self.loose.kinds)
        if "string" not in kinds and ("boolean" in kinds or self._is_numeric):
            kinds.append("string")
        bounds = {"minimum": self.loose.minimum, "maximum": self.loose.maximum}
        return {"type": [*kinds, "null"], **{key: value for key, value in bounds.items() if value is not None}}

    @property
    def _is_numeric(self) -> bool:
        return bool({"number", "integer"} & set(self.loose.kinds))

    def check(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and "$" in value):
            return value
        if not self._fits(value):
            context = {"words": self.loose.words, "got": _shown(value, self.loose), "fix": self._fix}
            raise PydanticCustomError("shape", "should be {words}, got {got}", context)
        return value

    @property
    def _fix(self) -> str:
        kinds = self.loose.kinds
        if "object" in kinds and "string" not in kinds:
            return 'Write "name: value" lines below it, indented.'
        if "array" in kinds:
            return 'Write "- item" lines below it, or [item, item].'
        if self.loose.maximum is not None:
            return f"Write a number from {self.loose.minimum} to {self.loose.maximum}."
        return "Write true or false." if kinds == ("boolean",) else ""

    def _fits(self, value: Any) -> bool:
        kinds = self.loose.kinds
        if isinstance(value, bool):
            return "boolean" in kinds
        if isinstance(value, Mapping):
            return "object" in kinds
        if isinstance(value, (list, tuple)):
            return "array" in kinds
        if isinstance(value, str):
            return "string" in kinds or self._reads_as(value)
        if isinstance(value, float):
            return "number" in kinds and "integer" not in kinds
        return self._is_numeric and self._is_in_range(value)

    def _reads_as(self, text: str) -> bool:
        """Whether a quoted number or switch says what is wanted, as Compose allows."""
        if "boolean" in self.loose.kinds and text.lower() in ("true", "false", "yes", "no", "on", "off", "1", "0"):
            return True
        try:
            number = float(text)
        except ValueError:
            return False
        if "integer" in self.loose.kinds:
            return text.strip().isdigit() and self._is_in_range(number)
        return "number" in self.loose.kinds

    def _is_in_range(self, number: Any) -> bool:
        low, high = self.loose.minimum, self.loose.maximum
        try:
            return not ((low is not None and number < low) or (high is not None and number > high))
        except TypeError:  # a date
            return False


def _shown(value: Any, loose: Loose) -> str:
    """The value as an error may quote it: where a mapping is wanted, a text may hold a password."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if "object" in loose.kinds or "array" in loose.kinds:
        return "a text" if isinstance(value, str) else "a single value"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
