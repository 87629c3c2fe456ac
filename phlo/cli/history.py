"""phlo history: what past runs did, when and why."""

from __future__ import annotations

from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import project_root
from phlo.events_json import event_to_json
from phlo.events_schema import schema_text
from phlo.execute.history import find_run, read_run, read_runs, run_ids


def history(options: Any, shell: Shell) -> int:
    """List the runs that changed something, the newest first."""
    from phlo.report.history import history_text, past_run

    root = project_root(options, shell)
    runs = [past_run(run, events) for run, events in read_runs(root, reversed(run_ids(root)), shell.tell)]
    shown = runs[: options.limit] if options.limit else runs
    if options.json:
        shell.say_json([run.as_json() for run in shown])
    elif not shown:
        shell.tell("No run has changed anything yet.")
    else:
        shell.say(history_text(shown, shell.style(options)))
    return exits.OK


def show(options: Any, shell: Shell) -> int:
    """Show the course of one run."""
    from phlo.report.history import timeline_text

    root = project_root(options, shell)
    run = find_run(root, options.run)
    events = read_run(root, run)
    if options.json:
        shell.say_json([event_to_json(event) for event in events])
    else:
        shell.say(timeline_text(run, events, shell.style(options), verbosity=options.verbose))
    return exits.OK


def schema(options: Any, shell: Shell) -> int:
    """Print the JSON Schema of events."""
    shell.say(schema_text().rstrip())
    return exits.OK
