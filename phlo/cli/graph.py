"""phlo services graph: which service needs which, and what of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phlo.cli import exits
from phlo.cli.out_file import unwritable
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, resolve_project
from phlo.errors import ConfigError, PhloError
from phlo.report.service_graph import dot, graph_data, graph_of, mermaid, tree
from phlo.report.style import Style

PICTURES = ("svg", "png")

_BY_SUFFIX = {".txt": "tree", ".mmd": "mermaid", ".dot": "dot", ".gv": "dot", ".svg": "svg", ".png": "png"}


def graph(options: Any, shell: Shell) -> int:
    """Draw the services and their needs."""
    workspace = open_workspace(options, shell, asks_hosts=False)
    project = resolve_project(workspace, options, shell, fetch_secrets=False, asked=options.services)
    found = graph_of(project)
    if options.json:
        shell.say_json(graph_data(found))
        return exits.OK
    target = shell.cwd / options.out if options.out else None
    form = options.format or (_form_of(target) if target else "tree")
    if form in PICTURES:
        drawn = picture(dot(found), form)
    else:
        style = Style() if target else shell.style(options)
        text = {"tree": lambda: tree(found, style), "mermaid": lambda: mermaid(found), "dot": lambda: dot(found)}[
            form
        ]()
        drawn = f"{text}\n".encode()
    _put(drawn, target, form, shell)
    return exits.OK


def _form_of(target: Path) -> str:
    """What the ending of a file's name says. Raises ConfigError for one that says something else."""
    form = _BY_SUFFIX.get(target.suffix.lower())
    if form is None:
        fix = f"Let it end with {', '.join(_BY_SUFFIX)}, or say --format."
        raise ConfigError(
            f'"{target.suffix or target.name}" is not a known format', where="phlo services graph -o", fix=fix
        )
    return form


def picture(source: str, form: str) -> bytes:
    """DOT text drawn by graphviz. Raises ConfigError when it is not there."""
    where = f"phlo services graph --format {form}"
    other = "`--format mermaid` and `--format dot` need neither"
    try:
        import graphviz  # type: ignore[import-untyped]
    except ImportError:
        fix = f"Install it with `pip install 'phlo[graph]'`; {other}."
        raise ConfigError("needs the Python library graphviz", where=where, fix=fix) from None
    try:
        drawn: bytes = graphviz.Source(source).pipe(format=form)
    except graphviz.ExecutableNotFound:
        fix = f"Install graphviz with the system's packages (`apt-get install graphviz`); {other}."
        raise ConfigError("needs graphviz's program `dot`, which is not on PATH", where=where, fix=fix) from None
    except graphviz.CalledProcessError as reason:
        said = (reason.stderr or b"").decode(errors="replace").splitlines()
        what, fix = f"`dot` failed with exit code {reason.returncode}", f"Reinstall graphviz; {other}."
        raise PhloError(what, where=where, fix=fix, detail=said) from None
    return drawn


def _put(drawn: bytes, target: Path | None, form: str, shell: Shell) -> None:
    if target:
        from phlo.config.atomic import replace_file

        try:
            replace_file(target, drawn)
        except OSError as reason:
            raise unwritable(target, reason) from None
    elif form != "png":
        shell.out.write(drawn.decode())
    elif shell.out.isatty():
        raise ConfigError("a terminal cannot show a picture", where="phlo services graph", fix="Add -o FILE.")
    else:
        shell.out.flush()
        shell.out.buffer.write(drawn)
