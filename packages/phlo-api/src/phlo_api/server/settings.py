"""What the API is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ACTIONS = ("up", "restart", "action", "rollback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """root: the project's folder.

    state_folder: where tokens' hashes and the audit log are kept.
    environ:      the environment that the project is resolved with.
    inventory:    inventory files, as `-i` of the command line.
    project_name: instead of phlo.yaml's.
    actions:      what an operator may start; everything else is refused.
    tokens:       name of a token that phlo made -> its text; `viewer` and `operator` have the role of that name.
    assets:       the folder with the script and style of `/docs`; None: there is no such page.
    requests_per_minute: of one token or address.
    """

    root: Path
    state_folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    inventory: tuple[str, ...] = ()
    project_name: str | None = None
    actions: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    assets: Path | None = None
    requests_per_minute: int = 1200
    is_in_container: bool = False
