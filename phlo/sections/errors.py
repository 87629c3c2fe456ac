"""pydantic's findings as phlo's errors: file, line, a plain sentence and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ValidationError

from phlo.compose.reading import format_value
from phlo.errors import ConfigError, did_you_mean
from phlo.yaml_source import Keys, YamlDocument

# pydantic's error type -> what is wrong and what to do; {expected} and the like come from its context.
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "string_type": ("should be a text, got {got}", "Put it in quotes."),
    "bool_type": ("should be true or false, got {got}", "Write true or false, without quotes."),
    "bool_parsing": ("should be true or false, got {got}", "Write true or false, without quotes."),
    "list_type": ("should be a list, got {got}", 'Write "- name" lines, or [name, name].'),
    "dict_type": ("should be a mapping, got {got}", 'Write "name: value" lines below it, indented.'),
    "model_type": ("should be a mapping, got {got}", 'Write "name: value" lines below it, indented.'),
    "model_attributes_type": ("should be a mapping, got {got}", 'Write "name: value" lines below it, indented.'),
    "literal_error": ("should be {expected}, got {got}", ""),
    "invalid_key": ("a name should be a text", "Put the name in quotes."),
}


def config_errors(
    reason: ValidationError, document: YamlDocument, model: type[BaseModel], *, below: Keys = ()
) -> list[ConfigError]:
    """One error for each thing that pydantic found, in the order of the file.

    below: where in `document` the model's data is.
    """
    found = [_config_error(error, document, model, below) for error in reason.errors(include_url=False)]
    found.sort(key=lambda pair: pair[0])
    return [error for _, error in found]


def _config_error(error: Any, document: YamlDocument, model: type[BaseModel], below: Keys) -> tuple[int, ConfigError]:
    keys: Keys = tuple(key for key in error["loc"] if key != "[key]")
    line = document.source(*below, *keys).line or 0
    where = document.where(*below, *keys)
    if error["type"] == "extra_forbidden":
        what, fix = f'"{keys[-1]}" is not known here', did_you_mean(str(keys[-1]), _names_at(model, keys[:-1]))
    elif error["type"] == "missing":
        what, fix = f'"{keys[-1]}" is missing', f"Add {keys[-1]}."
        where = document.where(*below, *keys[:-1])
    elif error["type"] in _SENTENCES:
        what, fix = _SENTENCES[error["type"]]
        context = {**error.get("ctx", {}), "got": format_value(error["input"])}
        what = what.format(**context)
        if error["type"] == "literal_error":
            expected = str(context["expected"]).replace("'", "")
            what = what.replace("'", "")
            fix = did_you_mean(str(error["input"]), expected.replace(" or ", ", ").split(", "))
    else:
        what, fix = error["msg"], error.get("ctx", {}).get("fix", "")
    return line, ConfigError(what, where=where, fix=fix)


def _names_at(model: type[BaseModel], keys: Keys) -> list[str]:
    """The keys that a mapping at `keys` may have."""
    for key in keys:
        field = model.model_fields.get(str(key))
        annotation = field.annotation if field else get_type_hints(model).get("__pydantic_extra__")
        inner = _model_in(annotation) if not isinstance(key, int) else model
        model = inner or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `list[X]`, `dict[str, X | None]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if inner := _model_in(part):
            return inner
    return None
