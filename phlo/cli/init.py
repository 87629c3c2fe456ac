"""phlo init: a new project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.config.capability_types import is_collected
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

{capabilities}# Variables for services and templates. Secrets do not belong here: those that you do not give are made
# up once and kept in .phlo/.env.local; give your own there, or in the environment.
#env:
#  LOG_LEVEL: info
"""

_CAPABILITIES = """\
# Which service provides a capability. {reasons}
capabilities:
{lines}

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
    made = _write_missing(root, name, "" if (root / PROJECT_FILE).exists() else _successors(root, shell))
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


def _successors(root: Path, shell: Shell) -> str:
    """The part of phlo.yaml that has successors provide what services of which there will be no newer version do."""
    from phlo.discovery.services import discover_services
    from phlo.user_cache import cache_folder

    services = discover_services(root, cache=cache_folder(shell.environ)).services
    chosen: dict[str, str] = {}
    reasons = []
    for name, old in sorted(services.items()):
        new = services.get(old.succeeded_by or "")
        if not old.default or new is None:
            continue
        reasons.append(f"There will be no newer {name}: {new.name} takes its place here.")
        for capability in new.provides:
            # What the new one offers besides stays with the default service that offers it, if there is one.
            others = [
                one.name for one in services.values() if one.default and one != old and capability in one.provides
            ]
            if not is_collected(capability) and (others or capability in old.provides):
                chosen[capability] = new.name if capability in old.provides else others[0]
    if not chosen:
        return ""
    lines = "\n".join(f"  {capability}: {new}" for capability, new in sorted(chosen.items()))
    return _CAPABILITIES.format(reasons=" ".join(reasons), lines=lines)


def _write_missing(root: Path, name: str, capabilities: str) -> list[tuple[str, bool]]:
    """Write what is not there: (path, whether it was written)."""
    (root / "workflows").mkdir(parents=True, exist_ok=True)
    return [
        (PROJECT_FILE, _write_new(root / PROJECT_FILE, _PROJECT_YAML.format(name=name, capabilities=capabilities))),
        ("workflows/README.md", _write_new(root / "workflows" / "README.md", _WORKFLOWS_README)),
        (".gitignore", _add_lines(root / ".gitignore")),
    ]


def _write_new(path: Path, text: str) -> bool:
    """Write a file unless it is there."""
    from phlo.config.atomic import new_file

    try:
        new_file(path, text.encode())
    except FileExistsError:
        return False
    return True


def _add_lines(path: Path) -> bool:
    """Add to .gitignore what is missing in it."""
    from phlo.config.atomic import replace_file
    from phlo.config.file_lock import locked

    with locked(path):
        text = _with_lines(path)
        if text is not None:
            replace_file(path, text.encode())
        return text is not None


def _with_lines(path: Path) -> str | None:
    """The text of a .gitignore with the lines that it should have, None when it has them."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    there = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in _GITIGNORE if line.strip("/") not in there]
    if not missing:
        return None
    before = text if not text or text.endswith("\n") else text + "\n"
    return "\n".join([f"{before}{_GITIGNORE_TITLE}", *missing]) + "\n"
