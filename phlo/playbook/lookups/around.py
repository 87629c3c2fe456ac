"""What a lookup can ask of the template that it is called in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2.utils import missing

from phlo.errors import OperationError
from phlo.frozen import dataclass


class LookupFailedError(OperationError):
    """A lookup did not find what it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """render: the rendering that is under way; it knows the variables. root: the project's folder."""

    render: Any
    root: Path

    def name(self, name: str) -> Any:
        """A variable's value, None when it has none."""
        value = self.render.name(name)
        return None if value is missing else value

    def folders(self, kind: str) -> Iterator[Path]:
        """Where relative files are looked for. kind: files, templates or vars."""
        for base in (self.name("role_path"), self.name("playbook_dir"), self.root):
            if base:
                yield Path(base) / kind
                yield Path(base)

    def find(self, name: str, kind: str) -> Path | None:
        """A file by its name, None when there is none."""
        path = Path(name).expanduser()
        if path.is_absolute():
            return path if path.exists() else None
        return next((found for folder in self.folders(kind) if (found := folder / path).exists()), None)

    def text(self, name: Any) -> str:
        """The text of a file; an encrypted one is decrypted, and what is made of it is a secret."""
        path = self.file(name, "files")
        text, secrets = self.render.templar.read(path, label=str(name))
        self.render.secrets += secrets
        return str(text)

    def file(self, name: Any, kind: str) -> Path:
        """A file by its name. Raises LookupFailedError."""
        found = self.find(str(name), kind)
        if found is None:
            looked = ", ".join(dict.fromkeys(map(str, self.folders(kind))))
            raise LookupFailedError(f'there is no file "{name}"', fix=f"It was looked for in {looked}.")
        return found
