"""Where the values of task files stand, so that an error can name line and column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from phlo.errors import ConfigError
from phlo.yaml_source import Keys, YamlDocument, parse_yaml


class SourceFile:
    """A YAML file, parsed, with its text kept. label: what errors call it."""

    def __init__(self, text: str, *, label: str, folder: Path) -> None:
        self.text = text
        self.label = label
        self.folder = folder
        self.document: YamlDocument = parse_yaml(text, label=label)

    @classmethod
    def read(cls, path: Path, *, label: str) -> SourceFile:
        """Read a file. Raises ConfigError when it cannot be read or is not YAML."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ConfigError("there is no such file", where=label) from None
        except (OSError, UnicodeDecodeError) as reason:
            raise ConfigError(f"cannot be read: {reason}", where=label) from None
        return cls(text, label=label, folder=path.parent)

    @property
    def data(self) -> Any:
        return self.document.data

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()


class Spot(NamedTuple):
    """A position in a file, both numbers from 1, and the line that stands there."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: in a file at `keys`, or, with no file, at a place that only has a name."""

    file: SourceFile | None
    keys: Keys = ()
    name: str = ""

    def __truediv__(self, key: str | int) -> Origin:
        """The place of an entry of the value."""
        return Origin(self.file, (*self.keys, key), self.name)

    def where(self) -> str:
        """`site.yaml:7 [0].tasks[1].exec`, for `PhloError.where`."""
        return self.file.document.where(*self.keys) if self.file else self.name

    def spot(self, name: str) -> Spot | None:
        """Where the name is used in the value, as far as the file's text tells."""
        if self.file is None:
            return None
        source = self.file.document.source(*self.keys)
        line, column = source.line or 1, source.column or 1
        pattern = re.compile(rf"(?<![\w.'\"]){re.escape(name)}(?!\w)|(?<=\.){re.escape(name)}(?!\w)")
        start = column - 1 + (len(str(self.keys[-1])) if self.keys and isinstance(self.keys[-1], str) else 0)
        for number in range(line - 1, len(self.file.lines)):
            found = pattern.search(self.file.lines[number], start if number == line - 1 else 0)
            if found:
                return Spot(number + 1, found.start() + 1, self.file.lines[number])
        return Spot(line, column, self.file.lines[line - 1]) if line <= len(self.file.lines) else None


class Raw(NamedTuple):
    """A value as it was written, templates and all, and where."""

    value: Any
    origin: Origin
