"""Where the values of task files stand, so that an error can name line and column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from phlo.frozen import dataclass
from phlo.vault.ansible_yaml import AnsibleText, parse_ansible_yaml, read_ansible_text
from phlo.vault.passwords import Vault
from phlo.yaml_source import Keys, PlaybookLoader, YamlDocument


class Place(Protocol):
    """A text that values were written in. label: what errors call it."""

    @property
    def label(self) -> str: ...

    @property
    def lines(self) -> Sequence[str]: ...

    def position(self, keys: Keys) -> tuple[int, int]:
        """Line and column, from 1, behind which the value at `keys` stands."""
        ...

    def where(self, keys: Keys) -> str:
        """`site.yaml:7 [0].tasks[1].exec`, for `PhloError.where`."""
        ...


class SourceFile:
    """A YAML file, parsed, with its text kept. is_encrypted: as a whole; `vault` has decrypted it."""

    def __init__(
        self, text: str, *, label: str, folder: Path, vault: Vault | None = None, is_encrypted: bool = False
    ) -> None:
        self.text = text
        self.label = label
        self.folder = folder
        self.is_encrypted = is_encrypted
        given = AnsibleText(text=text, is_encrypted=is_encrypted)
        self.document: YamlDocument = parse_ansible_yaml(
            given, label=label, vault=vault or Vault(), base=PlaybookLoader
        )

    @classmethod
    def read(cls, path: Path, *, label: str, vault: Vault) -> SourceFile:
        """Read a file. Raises ConfigError when it cannot be read, decrypted, or is not YAML."""
        given = read_ansible_text(path, label=label, vault=vault)
        return cls(given.text, label=label, folder=path.parent, vault=vault, is_encrypted=given.is_encrypted)

    @property
    def data(self) -> Any:
        return self.document.data

    @cached_property
    def lines(self) -> Sequence[str]:
        """Those that errors may show: none of an encrypted file."""
        return [] if self.is_encrypted else self.text.splitlines()

    def position(self, keys: Keys) -> tuple[int, int]:
        source = self.document.source(*keys)
        is_entry = bool(keys) and isinstance(keys[-1], str) and keys in self.document.marks
        return source.line or 1, (source.column or 1) + (len(str(keys[-1])) if is_entry else 0)

    def where(self, keys: Keys) -> str:
        return self.document.where(*keys)


@dataclass(frozen=True)
class TemplateFile:
    """A template file, which has no keys to find a place by."""

    label: str
    text: str

    @cached_property
    def lines(self) -> Sequence[str]:
        return self.text.splitlines()

    def position(self, keys: Keys) -> tuple[int, int]:
        return 1, 1

    def where(self, keys: Keys) -> str:
        return self.label


class Spot(NamedTuple):
    """A position in a file, both numbers from 1, and the line that stands there."""

    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written: in a file at `keys`, or, with no file, at a place that only has a name."""

    file: Place | None
    keys: Keys = ()
    name: str = ""

    def __truediv__(self, key: str | int) -> Origin:
        """The place of an entry of the value."""
        return Origin(self.file, (*self.keys, key), self.name)

    def where(self) -> str:
        """For `PhloError.where`."""
        return self.file.where(self.keys) if self.file else self.name

    def line(self) -> str:
        """File and line, e.g. `site.yaml:7`; the name of a place that is in no file."""
        return f"{self.file.label}:{self.file.position(self.keys)[0]}" if self.file else self.name

    def spot(self, name: str) -> Spot | None:
        """Where the value uses a name, as far as the file's text tells."""
        if self.file is None:
            return None
        first, column = self.file.position(self.keys)
        lines = self.file.lines
        for pattern in (rf"(?<![\w.'\"]){re.escape(name)}(?!\w)", rf"(?<=[.'\"]){re.escape(name)}(?!\w)"):
            for number in range(first - 1, len(lines)):
                found = re.compile(pattern).search(lines[number], column - 1 if number == first - 1 else 0)
                if found:
                    return Spot(number + 1, found.start() + 1, lines[number])
        return Spot(first, column, lines[first - 1]) if first <= len(lines) else None


class Raw(NamedTuple):
    """A value as it was written, templates and all, and where."""

    value: Any
    origin: Origin
