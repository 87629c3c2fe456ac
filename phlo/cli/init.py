"""phlo init: a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.config.root import PROJECT_FILE, normalized_name
from phlo.errors import ConfigError

_PROJECT_YAML = """\
# The project. `phlo plan` shows what `phlo up` would do with it; `phlo config schema` describes every key.
name: {name}

# Which services are part of it: the default ones of the installed packages, and what stands here.
# `phlo services list --all` shows them, `phlo plugin search` what else can be installed.
services: {{}}
#  a-service:                       # one of a package
#    port: 5433                     # moves its first published port
#    environment:                   # merges with its own; these values win
#      TZ: Europe/Berlin
#    volumes: ["./seed:/seed"]      # adds
#    ports: ["5433:5432"]           # replaces; so do depends_on and command
#  another-service:
#    enabled: false                 # leaves it out of `phlo up`
#  my-api:                          # one of your own, in Compose's words; needs no package
#    type: inline
#    image: my/api:latest
#    ports: ["4001:4000"]
#    depends_on: [a-service]

# Variables for services and templates. Secrets do not belong here: those that you do not give are made
# up once and kept in .phlo/.env.local; give your own there, or in the environment.
#env:
#  LOG_LEVEL: info
"""

_GITIGNORE = (".phlo/",)
_GITIGNORE_TITLE = "# phlo: generated files and secrets"

_WORKFLOWS_README = """\
# workflows

Pipelines and models of this project. Services that run them mount this folder.
"""


def init(options: Any, shell: Shell) -> int:
    """Make a project in a new folder, or in this one."""
    root = shell.cwd / options.name if options.name else shell.cwd
    name = _name_of(root, options.name)
    if root.exists() and not root.is_dir():
        raise ConfigError("there is a file of that name", where=root, fix="Choose another name.")
    made = _write_missing(root, name)
    label = f"{options.name}/" if options.name else ""
    for path, is_new in made:
        sign = shell.style(options).sign("+" if is_new else "-") if is_new else " "
        shell.say(f"  {sign} {label}{path}{'' if is_new else '  (there already, left as it is)'}")
    shell.say("")
    shell.say(f"The project {_named_in(root, name)} is ready. Next:")
    steps = [(f"cd {options.name}", "")] if options.name else []
    steps += [("phlo doctor", "is everything here that it needs?"), ("phlo up", "start it")]
    for command, purpose in steps:
        shell.say(f"  {command:<14}{purpose}".rstrip())
    return exits.OK


def _name_of(root: Path, given: str | None) -> str:
    folder = root.resolve().name
    name = normalized_name(folder)
    if not name or (given and name != folder):
        fix = f"Use small letters, digits, - and _{f', for example {name}' if name else ''}."
        raise ConfigError(f'"{given or folder}" cannot name a project', where="phlo init", fix=fix)
    return name


def _named_in(root: Path, name: str) -> str:
    """The project's name: what its phlo.yaml says, which may have been there before."""
    from phlo.config.project_file import load_project_file

    return str(load_project_file(root / PROJECT_FILE).config.name or name)


def _write_missing(root: Path, name: str) -> list[tuple[str, bool]]:
    """Write what is not there: (path, whether it was written)."""
    (root / "workflows").mkdir(parents=True, exist_ok=True)
    return [
        (PROJECT_FILE, _write_new(root / PROJECT_FILE, _PROJECT_YAML.format(name=name))),
        ("workflows/README.md", _write_new(root / "workflows" / "README.md", _WORKFLOWS_README)),
        (".gitignore", _add_lines(root / ".gitignore")),
    ]


def _write_new(path: Path, text: str) -> bool:
    """Write a file unless it is there."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True


def _add_lines(path: Path) -> bool:
    """Add to .gitignore what is missing in it."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    there = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in _GITIGNORE if line.strip("/") not in there]
    if not missing:
        return False
    before = text if not text or text.endswith("\n") else text + "\n"
    path.write_text("\n".join([f"{before}{_GITIGNORE_TITLE}", *missing]) + "\n", encoding="utf-8")
    return True
