"""One playbook with its files and the words of its command line, or one expression."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PLAYBOOK = "site.yml"
INVENTORY = "hosts.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """files: path -> text; `site.yml` is the playbook, `hosts.yml` the inventory. words: further arguments.

    environ: environment variables, in which `{root}` is the folder of the case.
    """

    group: str
    name: str
    files: Mapping[str, str]
    words: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.group}: {self.name}"

    @property
    def digest(self) -> str:
        """Changes with everything that a result depends on."""
        text = json.dumps([dict(sorted(self.files.items())), self.words, self.environ], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def arguments(self) -> list[str]:
        """The words behind the name of the command."""
        own = () if "-i" in self.words else ("-i", INVENTORY)
        return [PLAYBOOK, *own, *self.words]

    def write(self, folder: Path) -> None:
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if text.startswith("#!"):
                path.chmod(0o755)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A text with templates, rendered with the variables of its file."""

    group: str
    text: str
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.group}: {self.text}"

    @property
    def digest(self) -> str:
        text = json.dumps([self.text, self.variables], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
