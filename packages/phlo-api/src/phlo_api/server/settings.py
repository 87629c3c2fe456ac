"""What the API is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from phlo.bounded import parse_json, read_file
from phlo.errors import ConfigError

TOKEN_VARIABLES = {"viewer": "PHLO_API_VIEWER_TOKEN", "operator": "PHLO_API_OPERATOR_TOKEN"}
HOSTS_VARIABLE = "PHLO_ALLOWED_HOSTS"
ACTIONS = ("up", "restart", "stop", "action", "rollback")
# What the environment of a process can hold.
_Name = Annotated[str, Field(pattern=r"^[^=\x00]+$")]
_Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]


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
    wrong_tokens_per_minute: of one address.
    trusted_proxies: addresses, networks and host names whose X-Forwarded-For is believed.
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
    wrong_tokens_per_minute: int = 20
    trusted_proxies: tuple[str, ...] = ()

    @property
    def is_in_container(self) -> bool:
        return self.control is not None

    def resolving(self) -> Resolving:
        """What the project is resolved with now. Raises ConfigError when the control file cannot be read."""
        if self.control is None:
            return Resolving(environ=self.environ, project_name=self.project_name)
        control = read_control(self.control)
        # The container's own value is made of several variables of the project; it is none of them.
        own = {name: text for name, text in self.environ.items() if name != HOSTS_VARIABLE}
        given = {**own, "HOME": control.home, **control.variables}
        return Resolving(environ=given, project_name=control.project)


class Control(BaseModel):
    """The control file: the project's name, the home of who runs phlo, and variables that stand in no file."""

    model_config = ConfigDict(strict=True)

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    home: _Text
    variables: dict[_Name, _Text]


def read_control(path: Path) -> Control:
    """The control file. Raises ConfigError when it cannot be read or does not fit its form."""
    try:
        return Control.model_validate(parse_json(read_file(path)))
    except (OSError, ValueError) as reason:
        what = f"cannot be read ({type(reason).__name__})"
        raise ConfigError(what, where=path, fix="Run `phlo up` on the machine.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolving:
    """environ: the process environment as phlo shall see it. project_name: instead of phlo.yaml's."""

    environ: Mapping[str, str]
    project_name: str | None
