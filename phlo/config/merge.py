"""How a service's parts become one: what the role says, and what phlo.yaml changes of it.

ports, depends_on, command, every other list or single value   replaced
environment, labels and other pairs                            merged by name, the user's value wins
volumes                                                        appended; one of the same target takes its place
port                                                           moves the host side of the first published port
healthcheck, deploy, logging and other mappings                merged, at every depth
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phlo.config.ports import moved_port
from phlo.errors import ConfigError
from phlo.frozen import dataclass, field
from phlo.values import Secret, Source, Text, reveal
from phlo.yaml_source import Keys, YamlDocument, dotted_name

# `[NAME=value, ...]` is the same as `{NAME: value, ...}`.
PAIRS = ("environment", "labels", "annotations", "sysctls")
_REPLACED = ("ports", "depends_on", "command", "entrypoint")
# A null here means the image's own; elsewhere it is the same as not given.
_NULLABLE = ("command", "entrypoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Compose attributes from one place.

    bases: where in `document` they may stand, the first that has a key counts.
    label: names the place when there is no document.
    """

    attributes: Mapping[str, Any]
    layer: str
    document: YamlDocument | None = None
    bases: tuple[Keys, ...] = ((),)
    label: str = ""
    positions: Mapping[Keys, Keys] = field(default_factory=dict)

    def where(self, *keys: str | int) -> str:
        if self.document is None:
            return f"{self.label} {dotted_name(keys)}".strip()
        return self.document.where(*self._in_document(keys))

    def source(self, *keys: str | int) -> Source:
        if self.document is None:
            return Source(layer=self.layer, path=self.label or None)
        return self.document.source(*self._in_document(keys), layer=self.layer)

    def written(self, *keys: str | int) -> Any:
        """What stands at `keys` in the document, before any variable is replaced; None when there is no document."""
        value: Any = self.document.data if self.document else None
        for key in self._in_document(keys) if self.document else ():
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _in_document(self, keys: Keys) -> Keys:
        keys = self.positions.get(keys, keys)
        marks = self.document.marks if self.document else {}
        best, best_depth = (*self.bases[0], *keys), 0
        for base in self.bases:
            depth = next((end for end in range(len(keys), 0, -1) if (*base, *keys[:end]) in marks), 0)
            if depth > best_depth:
                best, best_depth = (*base, *keys), depth
        return best


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A service's Compose attributes, and which part each came from.

    origins: keys -> the part and the keys in it; what stands below a key came from the same place.
    """

    attributes: dict[str, Any]
    origins: dict[Keys, tuple[Part, Keys]]

    def where(self, *keys: str | int) -> str:
        """The position of a value, for `PhloError.where`."""
        part, inside = self._origin(keys)
        return part.where(*inside) if part else dotted_name(keys)

    def source(self, *keys: str | int) -> Source | None:
        part, inside = self._origin(keys)
        return part.source(*inside) if part else None

    def sources(self) -> dict[str, Source]:
        """Dotted name -> where it came from, for every attribute and every entry that was merged on its own."""
        return {dotted_name(keys): part.source(*inside) for keys, (part, inside) in self.origins.items() if keys}

    def _origin(self, keys: Keys) -> tuple[Part | None, Keys]:
        for end in range(len(keys), -1, -1):
            if found := self.origins.get(keys[:end]):
                part, inside = found
                return part, (*inside, *keys[end:])
        return None, keys


def merge_service(parts: Sequence[Part]) -> Merged:
    """Merge parts, the lowest first. Their texts are interpolated and their paths absolute already."""
    merged = Merged(attributes={}, origins={})
    for part in map(with_pairs_as_mappings, parts):
        merged.origins.setdefault((), (part, ()))
        for key, value in part.attributes.items():
            if value is None and key not in _NULLABLE:
                continue
            if key == "port":
                _move_port(merged, part, value)
            elif key == "volumes":
                _append_volumes(merged, part, value)
            elif key in _REPLACED:
                _replace(merged.attributes, merged.origins, part, (key,), value)
            else:
                _merge(merged.attributes, merged.origins, part, (key,), value)
    return merged


def without_replaced(attributes: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """`attributes` without what `override` replaces, so that nothing in there needs to have a value any more."""
    kept: dict[str, Any] = {}
    for key, value in attributes.items():
        other = override.get(key)
        if other is None or key == "volumes" or (key in PAIRS and not isinstance(value, Mapping)):
            kept[key] = value
        elif isinstance(value, Mapping) and key not in _REPLACED:
            names = _pair_names(other) if key in PAIRS else other
            if isinstance(names, Mapping):
                kept[key] = without_replaced(value, names)
    return kept


def with_pairs_as_mappings(part: Part) -> Part:
    """The part with `NAME=value` lists as mappings; a name without a value is None."""
    attributes = dict(part.attributes)
    positions = dict(part.positions)
    for key in PAIRS:
        value = attributes.get(key)
        if not isinstance(value, (list, tuple)):
            continue
        pairs: dict[str, Text | None] = {}
        for index, item in enumerate(value):
            if not isinstance(item, (str, Secret)):
                where = part.where(key, index)
                raise ConfigError("should be NAME=value", where=where, fix='Write "NAME=value", or use a mapping.')
            if isinstance(item, Secret) and "$" in str(part.written(key, index)).partition("=")[0]:
                where = part.where(key, index)
                raise ConfigError("a secret cannot be a name", where=where, fix='Write "NAME=${VARIABLE}".')
            name, pairs_value = _pair(item, key)
            pairs[name] = pairs_value
            positions[(key, name)] = (key, index)
        attributes[key] = pairs
    return Part(
        attributes=attributes,
        layer=part.layer,
        document=part.document,
        bases=part.bases,
        label=part.label,
        positions=positions,
    )


def _pair(item: Text, key: str) -> tuple[str, Text | None]:
    name, equals, value = reveal(item).partition("=")
    if not equals:
        return name, None if key == "environment" else ""
    return name, Secret(value) if isinstance(item, Secret) else value


def _pair_names(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        # A null is a value in `environment`: it takes the variable of that name.
        return {str(name): True for name in value}
    items = value if isinstance(value, (list, tuple)) else ()
    return {str(item).partition("=")[0]: True for item in items}


def _merge(into: dict[str, Any], origins: dict[Keys, tuple[Part, Keys]], part: Part, keys: Keys, value: Any) -> None:
    """Merge one value at `keys`, whose last key is one of `into`."""
    key = str(keys[-1])
    if not isinstance(value, Mapping):
        _replace(into, origins, part, keys, value)
        return
    before = into.get(key)
    if not isinstance(before, Mapping) or _is_another_kind(keys, before, value):
        _forget(origins, keys)
        before = {}
        origins[keys] = (part, keys)
    after = dict(before)
    into[key] = after
    for name, item in value.items():
        if item is not None or keys[0] in PAIRS or name not in after:
            _merge(after, origins, part, (*keys, str(name)), item)


def _is_another_kind(keys: Keys, before: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Whether the old value makes no sense beside the new one: another log driver's options, another build's file."""
    if keys == ("logging",):
        return value.get("driver") not in (None, before.get("driver"))
    return keys == ("build",) and "context" in value


def _replace(into: dict[str, Any], origins: dict[Keys, tuple[Part, Keys]], part: Part, keys: Keys, value: Any) -> None:
    _forget(origins, keys)
    into[str(keys[-1])] = value
    origins[keys] = (part, keys)


def _forget(origins: dict[Keys, tuple[Part, Keys]], keys: Keys) -> None:
    for known in [known for known in origins if known[: len(keys)] == keys]:
        del origins[known]


def _append_volumes(merged: Merged, part: Part, value: Any) -> None:
    if not isinstance(value, (list, tuple)):
        _replace(merged.attributes, merged.origins, part, ("volumes",), value)
        return
    volumes = list(merged.attributes.get("volumes") or [])
    targets = [volume_target(volume) for volume in volumes]
    for index, volume in enumerate(value):
        target = volume_target(volume)
        at = targets.index(target) if target in targets else len(volumes)
        volumes[at : at + 1] = [volume]
        targets[at : at + 1] = [target]
        merged.origins[("volumes", at)] = (part, ("volumes", index))
    merged.origins.setdefault(("volumes",), (part, ("volumes",)))
    merged.attributes["volumes"] = volumes


def volume_target(volume: Any) -> str | None:
    """The path in the container that an entry of `volumes` is mounted at; None of one that is not valid."""
    if isinstance(volume, Mapping):
        target = volume.get("target")
        text = reveal(target) if isinstance(target, (str, Secret)) else ""
    else:
        fields = reveal(volume).split(":") if isinstance(volume, (str, Secret)) else [""]
        text = fields[0] if len(fields) == 1 else fields[1]
    return text.rstrip("/") or text or None


def _move_port(merged: Merged, part: Part, value: Any) -> None:
    where = part.where("port")
    ports = merged.attributes.get("ports")
    if not isinstance(ports, (list, tuple)) or not ports:
        fix = f'Write ports: ["{value}:CONTAINER_PORT"] instead.'
        raise ConfigError("the service publishes no port that could be moved", where=where, fix=fix)
    merged.attributes["ports"] = [moved_port(ports[0], value, where=where), *ports[1:]]
    merged.origins[("ports", 0)] = (part, ("port",))
