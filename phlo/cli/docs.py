"""phlo docs: what operations there are for tasks, and what each can do."""

from __future__ import annotations

from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.errors import ConfigError, did_you_mean
from phlo.operations import EVERY
from phlo.playbook.operations import Operations
from phlo.report.operation_docs import arguments, summary, text_of


def operations(options: Any, shell: Shell) -> int:
    """List the operations that tasks can use."""
    found = Operations()
    rows = [(name, summary(found.find(name))) for name in sorted(found.names())]
    if options.json:
        shell.say_json([{"name": name, "summary": text} for name, text in rows])
        return exits.OK
    from phlo.report.table import table

    shell.say(table((), [(f"  {name}", text) for name, text in rows], shell.style(options)))
    return exits.OK


def operation(options: Any, shell: Shell) -> int:
    """Show what an operation does and its arguments."""
    found = Operations()
    known = {*EVERY, *found.installed}
    if options.name not in known:
        fix = did_you_mean(options.name, known)
        raise ConfigError(f'there is no operation "{options.name}"', where="phlo docs", fix=fix)
    module: Any = found.find(options.name)
    if options.json:
        told = [one._asdict() for one in arguments(module)]
        shell.say_json({"name": options.name, "summary": summary(module), "arguments": told})
        return exits.OK
    shell.say(text_of(options.name, module))
    if options.name not in found.names():
        shell.say("\nA step of phlo's own plans; a task cannot use it.")
    return exits.OK
