"""phlo.yaml read without pydantic, when it is plainly right.

Loading pydantic and building its models takes longer than all else that a short command does. So a file that fits the
JSON Schema of the models (project_schema.json, which a test keeps equal to theirs) to the letter is taken as it is;
about any other, right or wrong, the models have the word. See docs/architecture/decisions/0010.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("project_schema.json")

# The words of a schema that are understood here; one with others is left to pydantic.
_WORDS = frozenset(
    {
        "additionalProperties",
        "const",
        "default",
        "description",
        "enum",
        "items",
        "maximum",
        "minimum",
        "title",
        "type",
        "x-text",
    }
)
_SECTION_WORDS = _WORDS | {"$defs", "$schema", "patternProperties", "properties"}


class NotPlainError(Exception):
    """It is not plainly right; whether it is right at all, pydantic says."""


class Section:
    """A mapping of phlo.yaml with the attributes that its model has."""

    __slots__ = ("_defaults", "_others", "_values")

    def __init__(self, values: Mapping[str, Any], defaults: Mapping[str, Any], others: Mapping[str, Section]) -> None:
        self._values, self._defaults, self._others = values, defaults, others

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name] if name in self._values else self._defaults[name]
        except KeyError:
            raise AttributeError(name) from None

    def overrides(self) -> dict[str, Section]:
        """See `phlo.config.project_models.Services`."""
        return dict(self._others)


class Reader:
    """Reads data as the models would. schema: the JSON Schema of a phlo.yaml."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._defaults: dict[str, dict[str, Any]] = {}

    def project(self, data: Any) -> Any:
        """The whole of a phlo.yaml, with the attributes of `ProjectConfig`. Raises NotPlainError."""
        if not isinstance(data, dict):
            raise NotPlainError
        return self._section(self._schema, {key: item for key, item in data.items() if item is not None})

    def part(self, name: str, data: Any) -> Any:
        """A part of it, with the attributes of the model of that name. Raises NotPlainError."""
        return self._section(self._schema["$defs"][name], data)

    def _section(self, schema: Mapping[str, Any], given: Any) -> Section:
        if not isinstance(given, dict):
            raise NotPlainError
        if not schema.keys() <= _SECTION_WORDS:
            raise NotPlainError
        properties, others = schema["properties"], schema["additionalProperties"]
        values: dict[str, Any] = {}
        named: dict[str, Section] = {}
        for key, item in given.items():
            if not isinstance(key, str):
                raise NotPlainError
            if key.startswith("x-"):
                continue
            if key in properties:
                values[key] = self._value(properties[key], item)
            elif others:
                named[key] = self._value(others, {} if item is None else item)
            else:
                raise NotPlainError
        return Section(values, self._defaults_of(schema), named)

    def _defaults_of(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        title = schema["title"]
        if title not in self._defaults:
            self._defaults[title] = {
                key: self._value(item, {}) if "$ref" in item else item["default"]
                for key, item in schema["properties"].items()
            }
        return self._defaults[title]

    def _value(self, schema: Mapping[str, Any], given: Any) -> Any:
        if "$ref" in schema:
            return self._section(self._schema["$defs"][schema["$ref"].rpartition("/")[2]], given)
        if "anyOf" in schema:
            # Of several forms only the first is kept as it is; the others are turned into it.
            is_nothing = given is None and {"type": "null"} in schema["anyOf"]
            return None if is_nothing else self._value(schema["anyOf"][0], given)
        kind = _KINDS.get(type(given), "")
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        is_fitting = kind in kinds or (kind == "integer" and "number" in kinds)
        if not (is_fitting and schema.keys() <= _WORDS and _is_allowed(schema, kind, given)):
            raise NotPlainError
        if kind == "array" and "items" in schema:
            return [self._value(schema["items"], item) for item in given]
        if kind == "object" and "additionalProperties" in schema:
            if not all(isinstance(key, str) for key in given):
                raise NotPlainError
            return {key: self._value(schema["additionalProperties"], item) for key, item in given.items()}
        return given


_KINDS = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


def _is_allowed(schema: Mapping[str, Any], kind: str, given: Any) -> bool:
    if kind == "string" and schema.get("x-text") == "variable" and "$" not in given:
        return False
    if kind in ("integer", "number") and not schema.get("minimum", given) <= given <= schema.get("maximum", given):
        return False
    return given in schema.get("enum", (given,)) and given == schema.get("const", given)


@functools.cache
def reader() -> Reader:
    """A reader of the models' own schema."""
    return Reader(json.loads(SCHEMA.read_text(encoding="utf-8")))
