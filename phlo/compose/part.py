"""A part of a service: the attributes that one place gives it, with their positions and how they merge."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass, field
from phlo.values import Source
from phlo.yaml_source import Keys, YamlDocument, dotted_name

# A Text by name, None when there is no such variable.
Lookup = Callable[[str], Any]


class Rules(enum.StrEnum):
    """How a part is merged over the parts below it.

    COMPOSE:  as Compose merges files (Compose specification, "Merge"): lists are appended.
    OVERRIDE: as phlo.yaml changes a role: lists are replaced, `volumes` are appended by their target,
              `extra_hosts` are appended.
    """

    COMPOSE = "compose"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Attributes of one service from one place, as written: not interpolated, paths relative to `root`.

    layer:     the layer of variables that the place is, for `Source`.
    root:      the folder that relative paths start at.
    document:  the file, None when there is none; `label` names the place then.
    bases:     where in `document` the attributes may be; the first that has a key counts.
    positions: attribute or entry -> its keys below a base, where these differ.
    position:  names a place where there is no file (an option of a command), for errors.
    """

    attributes: Mapping[str, Any]
    layer: str
    root: Path
    document: YamlDocument | None = None
    bases: tuple[Keys, ...] = ((),)
    label: str = ""
    positions: Mapping[Keys, Keys] = field(default_factory=dict)
    rules: Rules = Rules.OVERRIDE
    position: Callable[..., str] | None = None

    def where(self, *keys: str | int) -> str:
        """The position of an attribute, for `PhloError.where`."""
        if self.position is not None:
            return self.position(*keys)
        if self.document is None:
            return f"{self.label} {dotted_name(keys)}".strip()
        return self.document.where(*self._in_document(keys))

    def source(self, *keys: str | int) -> Source:
        if self.document is None:
            return Source(layer=self.layer, path=self.label or None)
        return self.document.source(*self._in_document(keys), layer=self.layer)

    def written(self, *keys: str | int) -> Any:
        """The value at `keys` of the document before interpolation; None when there is none."""
        value: Any = self.document.data if self.document else None
        for key in self._in_document(keys) if self.document else ():
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def tags(self) -> Iterator[tuple[Keys, str]]:
        """The keys of the part's attributes, and of entries, that have one of Compose's tags, with the tag."""
        tags = self.document.tags if self.document else {}
        for keys, tag in tags.items():
            for base in self.bases:
                if keys[: len(base)] == base and len(keys) > len(base) and keys[len(base)] in self.attributes:
                    yield keys[len(base) :], tag

    def _in_document(self, keys: Keys) -> Keys:
        keys = self.positions.get(keys, keys)
        marks = self.document.marks if self.document else {}
        best, best_depth = (*self.bases[0], *keys), 0
        for base in self.bases:
            depth = next((end for end in range(len(keys), 0, -1) if (*base, *keys[:end]) in marks), 0)
            if depth > best_depth:
                best, best_depth = (*base, *keys), depth
        return best
