"""Serve the API of a project: `python -m phlo_api [--project-dir DIR] [--host 127.0.0.1] [--port 4000]`."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from phlo.config.candidates import STATE_FOLDER
from phlo.config.root import find_project_root
from phlo.config.secrets import stored_secret
from phlo.errors import ConfigError, PhloError, did_you_mean
from phlo_api.server.settings import ACTIONS, HOSTS_VARIABLE, TOKEN_VARIABLES, Settings, read_control

LOOPBACK = "127.0.0.1"
# What a container's own environment tells the API; all else that the project is resolved with comes from phlo.
ASSETS = Path("/opt/phlo-api/assets")
_OWN = (
    "DOCKER_HOST",
    "PHLO_MACHINE_ENGINE",
    "PATH",
    "PHLO_BASES",
    "XDG_CACHE_HOME",
    HOSTS_VARIABLE,
)


def main(words: Sequence[str] | None = None) -> int:
    """Serve until told to stop; gives the exit code."""
    options = _parser().parse_args(words)
    try:
        if options.container:
            os.environ["HOME"] = read_control(options.container / "control.json").home
            settings = container_settings(options.container, os.environ)
        else:
            settings = machine_settings(options, os.environ)
    except PhloError as error:
        sys.stderr.write(f"✗ {error}\n")
        return 3
    from phlo_api.server.listen import listen

    listen(settings, host=options.host, port=options.port)
    return 0


def machine_settings(options: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """On the machine itself, for its user. Raises ConfigError where there is no project."""
    root = find_project_root(Path(options.project_dir or "."))
    for name, variable in TOKEN_VARIABLES.items():
        if variable not in environ:
            path = root / STATE_FOLDER / ".env.local"
            stored_secret(path, variable, purpose=f"phlo-api ({name})", make=lambda: secrets.token_urlsafe(32))
    return Settings(
        root=root,
        state_folder=root / STATE_FOLDER / "api",
        environ=dict(environ),
        inventory=tuple(str(Path(path).absolute()) for path in options.inventory),
        project_name=options.project_name,
        actions=tuple(options.allow),
        trusted_proxies=tuple(options.trusted_proxy),
    )


def container_settings(data: Path, environ: Mapping[str, str]) -> Settings:
    """In the container that phlo has made of `service.yaml`. Raises ConfigError for an action that does not exist."""
    root = Path(environ["PHLO_API_PROJECT"])
    inventory = environ.get("PHLO_API_INVENTORY", "")
    return Settings(
        root=root,
        state_folder=data,
        environ={name: environ[name] for name in _OWN if name in environ},
        control=data / "control.json",
        inventory=(str(root / inventory),) if inventory else (),
        actions=allowed(environ.get("PHLO_API_ACTIONS", "")),
        assets=ASSETS,
        trusted_proxies=tuple(environ.get("PHLO_API_TRUSTED_PROXIES", "").replace(",", " ").split()),
    )


def allowed(text: str) -> tuple[str, ...]:
    """The actions that a text names. Raises ConfigError for one that does not exist."""
    names = text.replace(",", " ").split()
    for name in names:
        if name not in ACTIONS:
            raise ConfigError(f'there is no action "{name}"', where="PHLO_API_ACTIONS", fix=did_you_mean(name, ACTIONS))
    return tuple(name for name in ACTIONS if name in names)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m phlo_api", description="Serve the API of a phlo project.")
    parser.add_argument("-C", "--project-dir", help="the project's folder")
    parser.add_argument("-i", "--inventory", action="append", default=[], help="an inventory, as for phlo up")
    parser.add_argument("-p", "--project-name", help="another name than phlo.yaml's")
    parser.add_argument("--host", default=LOOPBACK, help=f"address to listen on (default: {LOOPBACK})")
    parser.add_argument("--port", type=int, default=4000, help="port to listen on (default: 4000)")
    parser.add_argument(
        "--allow", action="append", default=[], choices=ACTIONS, help="what an operator may start; repeat it"
    )
    parser.add_argument(
        "--trusted-proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="an address, network or host name whose X-Forwarded-For is believed; repeat it",
    )
    parser.add_argument("--container", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
