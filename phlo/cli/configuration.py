"""phlo config: the configuration as phlo understands it."""

from __future__ import annotations

from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, resolve_project


def show(options: Any, shell: Shell) -> int:
    """Print the resolved project, secrets masked."""
    from phlo.config.show import project_data

    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, fetch_secrets=False, asked=options.services)
    data = project_data(project, with_sources=options.sources)
    if options.json:
        shell.say_json(data)
    else:
        import yaml

        shell.out.write(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
    return exits.OK


def validate(options: Any, shell: Shell) -> int:
    """Check the configuration; errors are raised by the stages."""
    from phlo.plan import build

    workspace = open_workspace(options, shell)
    project = resolve_project(workspace, options, shell, fetch_secrets=False)
    build(project)
    style = shell.style(options)
    for warning in project.warnings:
        shell.tell(f"{shell.style(options, err=True).sign('!')} {warning}")
    if not options.quiet:
        services = f"{len(project.services)} service{'' if len(project.services) == 1 else 's'}"
        shell.say(f"{style.sign('✓')} {project.name}: {services}, {len(project.absent)} more not enabled")
    return exits.OK


def explain(options: Any, shell: Shell) -> int:
    """Show where a value comes from: the one that counts first, then those that lost."""
    from phlo.config.show import explain as explained
    from phlo.report.table import table

    workspace = open_workspace(options, shell)
    found = explained(resolve_project(workspace, options, shell, fetch_secrets=False), options.value)
    if options.json:
        shell.say_json(found)
        return exits.OK
    rows = [("✓" if one["wins"] else " ", one["name"], one["value"], one["layer"], one["where"]) for one in found]
    shell.say(table(("", "NAME", "VALUE", "LAYER", "WHERE"), rows, shell.style(options)))
    return exits.OK


def schema(options: Any, shell: Shell) -> int:
    """Print the JSON Schema of phlo.yaml."""
    from phlo.config.schema import project_schema

    shell.say_json(project_schema())
    return exits.OK
