"""Serve the API of a project: `python -m phlo_api [--project-dir DIR] [--host 127.0.0.1] [--port 4000]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from phlo.cli.workspace import find_project_root
from phlo.config.candidates import env_files
from phlo.config.dotenv import load_env_file
from phlo.errors import PhloError
from phlo_api.server.settings import ACTIONS, Settings

TOKEN_VARIABLES = {"viewer": "PHLO_API_VIEWER_TOKEN", "operator": "PHLO_API_OPERATOR_TOKEN"}
LOOPBACK = "127.0.0.1"


def main(words: Sequence[str] | None = None) -> int:
    """Serve until told to stop; gives the exit code."""
    options = _parser().parse_args(words)
    try:
        settings = settings_of(options, os.environ)
    except PhloError as error:
        sys.stderr.write(f"✗ {error}\n")
        return 3
    import uvicorn

    from phlo_api.server.app import create_app

    app = create_app(settings)
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning", server_header=False)
    return 0


def settings_of(options: argparse.Namespace, environ: dict[str, str] | os._Environ[str]) -> Settings:
    """What the command line and the project say. Raises ConfigError where there is no project, or a wrong action."""
    root = find_project_root(Path(options.project_dir or "."))
    known = {**_kept(root), **environ}
    return Settings(
        root=root,
        state_folder=root / ".phlo" / "api",
        environ=dict(environ),
        inventory=tuple(options.inventory),
        project_name=options.project_name,
        actions=tuple(options.allow),
        tokens={name: known.get(variable, "") for name, variable in TOKEN_VARIABLES.items()},
    )


def _kept(root: Path) -> dict[str, str]:
    """What stands in the project's environment files, the secrets that phlo made among it."""
    found: dict[str, str] = {}
    for path in env_files(root):
        if path.is_file():
            found |= {entry.name: entry.text or "" for entry in load_env_file(path, label=path.name).values()}
    return found


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
    return parser


if __name__ == "__main__":
    sys.exit(main())
