"""phlo init: a new project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.config.root import PROJECT_FILE, normalized_name
from phlo.errors import ConfigError

if TYPE_CHECKING:
    from phlo.cli.init_choice import Beginning

_README = "workflows/README.md"
_WORKFLOWS_README = """\
# workflows

Pipelines and models of this project. Services that run them mount this folder.
"""

_GITIGNORE = (".phlo/",)
_GITIGNORE_TITLE = "# phlo: generated files and secrets"


def init(options: Any, shell: Shell) -> int:
    """Create a project in a new folder, or in this one."""
    root = shell.cwd / options.name if options.name else shell.cwd
    name = _name_of(root, options.name)
    if root.exists() and not root.is_dir():
        raise ConfigError("there is a file of that name", where=root, fix="Choose another name.")
    begin, files = _beginning(root, name, options, shell)
    label = f"{options.name}/" if options.name else ""
    for path, is_new in _write_missing(root, files):
        sign = shell.style(options).sign("+" if is_new else "-") if is_new else " "
        shell.say(f"  {sign} {label}{path}{'' if is_new else '  (exists, unchanged)'}")
    if begin.services:
        parts = ", ".join(name for name in begin.needed if name not in begin.services)
        shell.say(f"  Services: {', '.join(begin.services)}{f'; with them {parts}' if parts else ''}.")
    for reason in begin.reasons:
        shell.say(f"  {reason}")
    shell.say("")
    shell.say(f"The project {_named_in(root, name)} is ready. Next:")
    steps = [(f"cd {options.name}", "")] if options.name else []
    steps += [
        ("phlo doctor", "check this machine"),
        ("phlo plan", "see what would be created"),
        ("phlo up", "start it"),
    ]
    for command, purpose in steps:
        shell.say(f"  {command:<14}{purpose}".rstrip())
    return exits.OK


def _beginning(root: Path, name: str, options: Any, shell: Shell) -> tuple[Beginning, dict[str, bytes]]:
    """The services of the project, and its files by their paths. An existing phlo.yaml is not changed."""
    from phlo.cli.init_choice import Beginning, choose
    from phlo.cli.init_file import project_text
    from phlo.cli.starter_files import starter_files
    from phlo.discovery.services import discover_services
    from phlo.user_cache import cache_folder

    readme = {_README: _WORKFLOWS_README.encode()}
    if (root / PROJECT_FILE).exists():
        return Beginning(), {PROJECT_FILE: b"", **readme}
    definitions = discover_services(root, cache=cache_folder(shell.environ)).services
    begin = choose(options, shell, root, definitions)
    services = {service: definitions[service].description for service in begin.services}
    text = project_text(name, services, begin.capabilities, begin.include)
    return begin, {PROJECT_FILE: text.encode(), **readme, **starter_files(root, definitions, begin.all_services)}


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


def _write_missing(root: Path, files: Mapping[str, bytes]) -> list[tuple[str, bool]]:
    """Write the files that do not exist: (path, whether it was written)."""
    written = [(path, _write_new(root / path, content)) for path, content in files.items()]
    return [*written, (".gitignore", _add_lines(root / ".gitignore"))]


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file unless it exists."""
    from phlo.config.atomic import new_file

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        new_file(path, content)
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
