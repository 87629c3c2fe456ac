"""Files of a Compose project that share their variables, and what a value in them depends on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from phlo.compose.dotenv import Entry
from phlo.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The files that share their variables: those of the project, or those of one `include`.

    name:    identifies the scope. around: names of the scopes around it, the outermost first.
    folder:  what relative paths start at.
    entries: its variables that no scope around it has, with the file of each.
    env_files: the files of these variables, the one that wins last.
    """

    name: str
    around: tuple[str, ...]
    folder: Path
    entries: Mapping[str, tuple[Entry, str]]
    env_files: tuple[Path, ...] = ()

    @property
    def visible(self) -> tuple[str, ...]:
        """The scopes whose variables its files see."""
        return (*self.around, self.name)


class Origin(NamedTuple):
    """What a value depends on besides its text: the folder that paths start at, and the variables."""

    root: Path
    scope: Scope

    @property
    def meaning(self) -> tuple[Path, tuple[Path, ...]]:
        """Equal for two origins in which the same text means the same."""
        return self.root, self.scope.env_files
