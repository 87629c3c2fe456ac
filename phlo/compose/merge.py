"""How a service's parts become one: typed fragments, merged by their identities, each with the place it is from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.compose.attribute import Merge, Override
from phlo.compose.attributes import ATTRIBUTES
from phlo.compose.part import Part, Rules
from phlo.compose.reading import Items
from phlo.frozen import dataclass, field
from phlo.values import Source
from phlo.yaml_source import Keys, dotted_name

# The fragment of an attribute whose null means the image's own value; elsewhere a null is the same as not given.
UNSET = object()


@dataclass(slots=True, kw_only=True)
class Merged:
    """The fragments of a service's attributes, and where each is from.

    values:  attribute -> fragment: a mapping, `Items`, or a single value.
    origins: keys -> the part and the keys in it; what is below a key is from the same place.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[Keys, tuple[Part, Keys]] = field(default_factory=dict)

    def take(self, part: Part, fragments: Mapping[str, Any]) -> None:
        """Merge the fragments of a part over the existing ones."""
        self.origins.setdefault((), (part, ()))
        for keys, _ in part.tags():
            self._remove(_entry(part, keys))
        for name, fragment in fragments.items():
            if fragment is UNSET:
                self._remove((name,))
            elif name in self.values:
                self.values[name] = self._merged(part, ATTRIBUTES[name].merge, (name,), self.values[name], fragment)
            else:
                self._put(part, (name,))
                self.values[name] = _placed(part, fragment)

    def where(self, *keys: str | int) -> str:
        """The position of a value, for `PhloError.where`."""
        part, inside = self.origin(keys)
        return part.where(*inside) if part else dotted_name(keys)

    def source(self, *keys: str | int) -> Source | None:
        part, inside = self.origin(keys)
        return part.source(*inside) if part else None

    def written(self, *keys: str | int) -> Any:
        """The value at `keys` as its file has it, not interpolated."""
        part, inside = self.origin(keys)
        return part.written(*inside) if part else None

    def sources(self) -> dict[str, Source]:
        """Dotted name -> where it is from: of every attribute, of every entry of a mapping, of merged lists' items."""
        keys: list[Keys] = []
        for name, value in self.values.items():
            keys.append((name,))
            if isinstance(value, Mapping):
                keys += [(name, entry) for entry in value]
            elif isinstance(value, Items) and not self._is_from_one_list(name, value):
                keys += [(name, index) for index in range(len(value))]
        keys += [known for known in self.origins if len(known) > 2]
        found = {dotted_name(one): self.source(*one) for one in keys}
        return {name: source for name, source in found.items() if source is not None}

    def _is_from_one_list(self, name: str, items: Items) -> bool:
        part, _ = self.origins[(name,)]
        return all(other is part and keys[0] == name for other, keys in items.places)

    def origin(self, keys: Keys) -> tuple[Part | None, Keys]:
        """The part that a value is from, and its keys in it; None before any part was taken."""
        listed = self.values.get(str(keys[0])) if len(keys) > 1 else None
        if isinstance(listed, Items) and isinstance(keys[1], int) and keys[1] < len(listed):
            part, inside = listed.places[keys[1]]
            return part, (*inside, *keys[2:])
        for end in range(len(keys), -1, -1):
            if found := self.origins.get(keys[:end]):
                part, inside = found
                return part, (*inside, *keys[end:])
        return None, keys

    def _merged(self, part: Part, rule: Merge, keys: Keys, base: Any, over: Any) -> Any:
        if isinstance(base, Mapping) and isinstance(over, Mapping) and self._is_merged(part, rule, keys, base, over):
            found = dict(base)
            for key, item in over.items():
                inside = (*keys, key)
                if key in found:
                    found[key] = self._merged(part, rule, inside, found[key], item)
                else:
                    self._put(part, inside)
                    found[key] = _placed(part, item)
            return found
        if isinstance(base, Items) and isinstance(over, Items) and self._is_appended(part, rule, keys):
            return _unique(rule, base, _placed(part, over))
        self._put(part, keys)
        return _placed(part, over)

    def _is_merged(self, part: Part, rule: Merge, keys: Keys, base: Any, over: Any) -> bool:
        if part.rules is Rules.OVERRIDE and rule.override is not Override.DEFAULT:
            is_list = any(keys == listed[: len(keys)] for listed in part.positions)
            return rule.override is Override.REPLACED_BY_LIST and not is_list
        return len(keys) > 1 or not rule.is_another_kind(base, over, part.rules)

    def _is_appended(self, part: Part, rule: Merge, keys: Keys) -> bool:
        if part.rules is Rules.OVERRIDE:
            return rule.override is Override.APPENDED
        return not rule.is_replaced and keys[1:] not in rule.replaced_below

    def _put(self, part: Part, keys: Keys) -> None:
        self._forget(keys)
        self.origins[keys] = (part, keys)

    def _forget(self, keys: Keys) -> None:
        for known in [known for known in self.origins if known[: len(keys)] == keys]:
            del self.origins[known]

    def _remove(self, keys: Keys) -> None:
        """Take out the value at `keys`, if there is one."""
        self._forget(keys)
        if len(keys) == 1:
            self.values.pop(str(keys[0]), None)
        elif isinstance(self.values.get(str(keys[0])), Mapping):
            self.values[str(keys[0])] = _without(self.values[str(keys[0])], keys[1:])


def _without(value: Any, keys: Keys) -> Any:
    if not isinstance(value, Mapping) or keys[0] not in value:
        return value
    if len(keys) == 1:
        return {key: item for key, item in value.items() if key != keys[0]}
    return {**value, keys[0]: _without(value[keys[0]], keys[1:])}


def _entry(part: Part, keys: Keys) -> Keys:
    """The keys of a value as the merged attributes have it: of an entry of a list, its name."""
    return next((name for name, listed in part.positions.items() if listed == keys), keys)


def _placed(part: Part, value: Any) -> Any:
    """The fragment whose items remember the part besides their keys in it."""
    if isinstance(value, Items):
        return Items.of((item, (part, keys)) for item, keys in value.pairs)
    if isinstance(value, Mapping):
        return {key: _placed(part, item) for key, item in value.items()}
    return value


def _unique(rule: Merge, base: Items, over: Items) -> Items:
    """Both lists; of two items with the same identity the later one, in the place of the earlier."""
    found = {rule.identity(item): (item, place) for item, place in base.pairs}
    found.update({rule.identity(item): (item, place) for item, place in over.pairs})
    return Items.of(found.values())
