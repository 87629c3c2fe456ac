"""What the API is told when it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phlo.errors import ConfigError

TOKEN_VARIABLES = {"viewer": "PHLO_API_VIEWER_TOKEN", "operator": "PHLO_API_OPERATOR_TOKEN"}
ACTIONS = ("up", "restart", "action", "rollback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """root: the project's folder.

    state_folder: where tokens' hashes and the audit log are kept.
    environ:      the environment that the project is resolved with.
    control:      the file that phlo keeps up to date in a container with what stands in no file of the project.
    inventory:    inventory files, as `-i` of the command line.
    project_name: instead of phlo.yaml's.
    actions:      what an operator may start; everything else is refused.
    tokens:       name of a token -> its text, of those that are not the project's variables; for tests.
    assets:       the folder with the script and style of `/docs`; None: there is no such page.
    requests_per_minute: of one token or address.
    """

    root: Path
    state_folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    control: Path | None = None
    inventory: tuple[str, ...] = ()
    project_name: str | None = None
    actions: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    assets: Path | None = None
    requests_per_minute: int = 1200

    @property
    def is_in_container(self) -> bool:
        return self.control is not None

    def resolving(self) -> Resolving:
        """What the project is resolved with now. Raises ConfigError when the control file cannot be read."""
        if self.control is None:
            return Resolving(environ=self.environ, project_name=self.project_name)
        try:
            data = json.loads(self.control.read_text(encoding="utf-8"))
            given = {**self.environ, "HOME": data["home"], **data["variables"]}
            return Resolving(environ=given, project_name=data["project"])
        except (OSError, ValueError, KeyError) as reason:
            what = f"cannot be read ({type(reason).__name__})"
            raise ConfigError(what, where=self.control, fix="Run `phlo up` on the machine.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolving:
    """environ: the process environment as phlo shall see it. project_name: instead of phlo.yaml's."""

    environ: Mapping[str, str]
    project_name: str | None
