"""The attributes of a service of phlo.yaml that say what the parts of a Compose service say together.

An attribute that one part gives is written as that part has it; one of several parts is put together of the entries
that the merged service has, each as its part has it. So variables stay variables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

from phlo.compose import Part, parse_parts
from phlo.compose.attributes import ATTRIBUTES, Support, names
from phlo.compose.interpolate import interpolate
from phlo.compose.merge import Merged
from phlo.compose.parse import merge_parts, without
from phlo.compose.part import Rules
from phlo.compose.reading import Items
from phlo.compose_import.finding import Finding, remove_all, sentence
from phlo.compose_import.paths import moved, with_paths
from phlo.config.layers import Variables
from phlo.errors import ConfigError
from phlo.frozen import replace
from phlo.values import Secret
from phlo.yaml_source import RESET, Keys

# Attributes whose lists of names are short for mappings.
_NAMED: dict[str, dict[str, str] | None] = {"depends_on": {"condition": "service_started"}, "networks": None}
_MISSING = object()


class ServiceWriter:
    """Writes one service. findings: what differs afterwards, as far as it is known."""

    def __init__(self, parts: Sequence[Part], *, variables: Variables, target: Path) -> None:
        self._given = tuple(parts)
        self._parts = [
            replace(part, attributes=deepcopy(dict(part.attributes)), position=partial(_encoded, index))
            for index, part in enumerate(parts)
        ]
        self._variables = variables
        self._target = target
        self.findings: list[Finding] = []
        self._held: list[tuple[int, Keys]] = []
        self._raws: list[dict[str, Any]] = []
        self._merged = Merged()

    def attributes(self) -> dict[str, Any]:
        """The attributes, with paths relative to the target's folder, without what phlo cannot do."""
        self._drop_without_effect()
        self._drop_wrong()
        whole = [self._raw(index, self._parts[index].attributes) for index in range(len(self._parts))]
        readable = [deepcopy(dict(part.attributes)) for part in self._parts]
        for index, attributes in enumerate(readable):
            remove_all(attributes, (keys for at, keys in self._held if at == index))
        self._raws = [self._raw(index, attributes) for index, attributes in enumerate(readable)]
        parts = [replace(part, attributes=given) for part, given in zip(self._parts, readable, strict=True)]
        self._merged, _ = merge_parts(parts, lookup=self._variables.lookup())
        found: dict[str, Any] = {}
        for name in dict.fromkeys(name for attributes in whole for name in attributes):
            givers = [index for index, part in enumerate(self._parts) if name in part.attributes]
            value = whole[givers[0]][name] if len(givers) == 1 else self._of_several(name, givers, whole)
            if value is not _MISSING:
                found[name] = value
        self._compare(found)
        return found

    def where(self, *keys: str | int) -> str:
        """The position of a value of the written attributes in the Compose files."""
        givers = [index for index, part in enumerate(self._parts) if keys and keys[0] in part.attributes]
        if len(givers) == 1:
            return self._given[givers[0]].where(*keys)
        if not givers:
            return self._given[-1].where(*keys)
        index, inside = _decoded(self._merged.where(*keys))
        return self._given[index].where(*inside)

    def _note(self, index: int, keys: Keys, what: str, *, is_lost: bool = False) -> None:
        self.findings.append(Finding(self._given[index].where(*keys), what, is_lost))

    def _drop_without_effect(self) -> None:
        for index, part in enumerate(self._parts):
            reset = {keys for keys, tag in part.tags() if tag == RESET}
            attributes = dict(part.attributes)
            for name in [name for name in attributes if name in names(Support.WARNED)]:
                if (name,) not in reset:
                    self._note(index, (name,), ATTRIBUTES[name].note, is_lost=True)
                del attributes[name]
            self._parts[index] = replace(part, attributes=attributes)

    def _drop_wrong(self) -> None:
        """Remove what phlo cannot do; a value whose variable is not set stays, with a finding."""
        while found := self._errors():
            lost: list[tuple[int, Keys]] = []
            for error in found:
                index, keys = _decoded(str(error.where))
                is_unset = isinstance(error, ConfigError) and bool(error.variable)
                self._note(index, keys, sentence(error), is_lost=not is_unset)
                (self._held if is_unset else lost).append((index, keys))
            removed = [
                remove_all(part.attributes, [keys for at, keys in lost if at == index])
                for index, part in enumerate(self._parts)
            ]
            if not any(removed):
                return  # the rest is in another file, a label_file for example; the new project has the same error
            self._held = []

    def _errors(self) -> list[Any]:
        try:
            parse_parts(self._parts, lookup=self._variables.lookup())
        except ConfigError as error:
            return list(error.each())
        return []

    def _raw(self, index: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of a part as written, without what `!reset` takes away, with paths for the target's folder."""
        part = self._parts[index]
        kept = without(attributes, {keys for keys, tag in part.tags() if tag == RESET})
        found = {}
        for name, value in kept.items():
            asked: list[str] = []
            change = moved(part.root, self._target, partial(self._value, asked))
            found.update(with_paths({name: value}, change))
            if asked and found[name] != value:
                what = f"starts with a variable, and is written as its value for {self._target}"
                self._note(index, (name,), what)
        return found

    def _value(self, asked: list[str], text: str) -> str | None:
        value = value_of(text, self._variables)
        if value is not None:
            asked.append(text)
        return value

    def _of_several(self, name: str, givers: Sequence[int], whole: Sequence[Mapping[str, Any]]) -> Any:
        held = [(index, keys) for index, keys in self._held if keys[:1] == (name,)]
        fragment = self._merged.values.get(name, _MISSING)
        if name.startswith("x-"):
            return whole[givers[-1]].get(name, _MISSING)
        value = _MISSING if fragment is _MISSING else self._written((name,), fragment)
        for index, keys in held:
            value = self._with_held(value, index, keys, _at(whole[index], keys))
        return value

    def _with_held(self, value: Any, index: int, keys: Keys, raw: Any) -> Any:
        """A written attribute with an entry of a part that could not be merged, because a variable is not set."""
        if value is _MISSING and len(keys) == 1:
            return raw
        if isinstance(keys[-1], int) and len(keys) == 2:
            return [raw] if value is _MISSING else [*value, raw]
        part, _ = self._merged.origin(keys)
        if part is not None and _decoded(part.where())[0] > index and _at({keys[0]: value}, keys) is not _MISSING:
            return value  # a later part replaces it
        if len(keys) == 1:
            return raw
        holder = _at({keys[0]: value}, keys[:-1])
        if isinstance(holder, dict):
            holder[keys[-1]] = raw
        return value

    def _written(self, keys: Keys, fragment: Any) -> Any:
        """A merged fragment in the syntax of Compose files."""
        if isinstance(fragment, Mapping):
            return self._written_mapping(keys, fragment)
        if isinstance(fragment, Items):
            return self._written_list(keys, fragment)
        part, inside = self._merged.origin(keys)
        return _MISSING if part is None else self._as_written(part, inside, fragment)

    def _written_mapping(self, keys: Keys, fragment: Mapping[str, Any]) -> Any:
        if len(keys) == 1 and keys[0] in _NAMED and self._is_all_listed(str(keys[0]), fragment):
            return list(fragment)
        if keys == ("tmpfs",):
            return [f"{path}:{_escaped(options)}" if options else path for path, options in fragment.items()]
        if not fragment:
            part, inside = self._merged.origin(keys)
            found = _MISSING if part is None else self._as_written(part, inside, fragment)
            return None if found is None else {}
        written = {name: self._written((*keys, name), item) for name, item in fragment.items()}
        return {name: item for name, item in written.items() if item is not _MISSING}

    def _is_all_listed(self, name: str, fragment: Mapping[str, Any]) -> bool:
        """Whether lists of names give all entries of an attribute, and nothing adds to them."""
        origins = [self._merged.origin((name, key)) for key in fragment]
        is_listed = all(part is not None and inside in part.positions for part, inside in origins)
        return is_listed and all(item == (_NAMED[name] or {}) for item in fragment.values())

    def _written_list(self, keys: Keys, fragment: Items) -> Any:
        part, inside = self._merged.origin(keys)
        if part is not None and all(place[0] is part for place in fragment.places):
            return self._as_written(part, inside, _MISSING)
        found = []
        for place in dict.fromkeys((id(part), inside) for part, inside in fragment.places):
            part, inside = next(one for one in fragment.places if (id(one[0]), one[1]) == place)
            value = self._as_written(part, inside, _MISSING)
            if keys == ("extra_hosts",) and isinstance(inside[1] if len(inside) > 1 else 0, str):
                value = f"{inside[1]}={value}"
            found.append(value)
        return {"watch": found} if keys == ("develop",) else found

    def _as_written(self, part: Part, keys: Keys, fragment: Any) -> Any:
        """The value at `keys` of a part as its file has it."""
        index, _ = _decoded(part.where())
        value: Any = self._raws[index]
        for end, key in enumerate(keys):
            value = _inside(value, keys[:end], key, part.positions.get(keys[: end + 1]))
        if value is not _MISSING:
            return value
        if isinstance(fragment, str):
            return _escaped(fragment)
        return fragment if isinstance(fragment, (bool, int, float)) else _MISSING

    def _compare(self, found: Mapping[str, Any]) -> None:
        """Note what the written attributes say differently than the parts."""
        lookup = self._variables.lookup()
        written = Part(attributes=found, layer="", root=self._target, rules=Rules.COMPOSE)
        try:
            before = parse_parts(self._parts, lookup=lookup).service
        except ConfigError:
            return  # which errors these are is in the findings already
        try:
            after = parse_parts([written], lookup=lookup).service
        except ConfigError as error:
            for one in error.each():
                self._note(len(self._parts) - 1, (), f"several files together cannot be written: {sentence(one)}")
            return
        for name in type(before).__dataclass_fields__:
            if name != "warnings" and getattr(before, name) != getattr(after, name):
                keys = (name,) if name in found else ()
                what = f"{name} differs from what the files say together; correct it in phlo.yaml"
                self.findings.append(Finding(self.where(*keys), what, False))


def value_of(text: str, variables: Variables) -> str | None:
    """The value of a text with variables; None when one of them is not set, or is a secret."""
    missing: list[str] = []
    try:
        found = interpolate(text, variables.lookup(), unset=lambda name, where: missing.append(name))
    except ConfigError:
        return None
    return None if missing or isinstance(found, Secret) else str(found)


def _at(value: Any, keys: Keys) -> Any:
    for key in keys:
        value = _inside(value, (), key, None)
    return value


def _inside(value: Any, above: Keys, key: str | int, listed: Keys | None) -> Any:
    """An entry of a value as written, which may be in a short form. listed: where a list names it."""
    if isinstance(value, Mapping):
        return value.get(key, _MISSING)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else _MISSING
    if isinstance(value, list) and listed is not None:
        text = str(value[int(listed[-1])])
        if above and above[0] in _NAMED:
            return _NAMED[str(above[0])]
        if not text.startswith(str(key)):  # the name has a variable
            _, sign, rest = text.partition("=")
            return rest if sign else None
        return text[len(str(key)) + 1 :] if len(text) > len(str(key)) else None
    return value if above == ("build",) and key == "context" and isinstance(value, str) else _MISSING


def _escaped(text: Any) -> str:
    return str(text).replace("$", "$$")


def _encoded(index: int, *keys: str | int) -> str:
    return json.dumps([index, *keys])


def _decoded(where: str) -> tuple[int, Keys]:
    index, *keys = json.loads(where)
    return index, tuple(keys)
