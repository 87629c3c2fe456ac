"""phlo config: the configuration as phlo understands it."""

from __future__ import annotations

from typing import Any

from phlo.cli import exits
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, resolve_project
from phlo.discovery.services import OWN_ROLES
from phlo.errors import ConfigError
from phlo.visible import visible


def show(options: Any, shell: Shell) -> int:
    """Print the resolved project, secrets masked."""
    from phlo.config.show import project_data

    workspace = open_workspace(options, shell, asks_hosts=False)
    project = resolve_project(workspace, options, shell, fetch_secrets=False, asked=options.services)
    data = project_data(project, with_sources=options.sources)
    if options.json:
        shell.say_json(data)
    else:
        import yaml

        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
        if visible(text) != text:  # the other form has escapes for all but ASCII, and the same value
            text = yaml.safe_dump(data, sort_keys=False)
        shell.say(text.removesuffix("\n"))
    return exits.OK


def validate(options: Any, shell: Shell) -> int:
    """Check the configuration; errors are raised by the stages.

    A package that is broken is skipped everywhere, and reported. A role of the project itself is the user's to fix.
    """
    from phlo.config.on_hosts import unknown_services
    from phlo.plan import build
    from phlo.plan.role_tasks import with_role_tasks

    workspace = open_workspace(options, shell, asks_hosts=False)
    project = resolve_project(workspace, options, shell, fetch_secrets=False)
    with_role_tasks(build(project), project, workspace.inventory, workspace.catalog.services, cache=workspace.cache)
    own = [problem.package for problem in workspace.catalog.problems if problem.package.startswith(OWN_ROLES)]
    if own:
        fix = "Fix the errors above, or take the folder out of roles/."
        raise ConfigError(
            f"cannot be used, and {'is' if len(own) == 1 else 'are'} skipped", where=", ".join(own), fix=fix
        )
    style = shell.style(options)
    known = {*workspace.catalog.services, *project.services, *project.absent}
    for warning in (*project.warnings, *unknown_services(workspace.inventory, known)):
        shell.tell(f"{shell.style(options, err=True).sign('!')} {warning}")
    if not options.quiet:
        services = f"{len(project.services)} service{'' if len(project.services) == 1 else 's'}"
        shell.say(f"{style.sign('✓')} {project.name}: {services}, {len(project.absent)} more not enabled")
    return exits.OK


def explain(options: Any, shell: Shell) -> int:
    """Show where a value comes from: the one that counts first, then those that lost."""
    from phlo.config.show import explain as explained
    from phlo.report.explained import explained_text

    workspace = open_workspace(options, shell, asks_hosts=False)
    found = explained(resolve_project(workspace, options, shell, fetch_secrets=False), options.value)
    if options.json:
        shell.say_json(found)
        return exits.OK
    shell.say(explained_text(found, shell.style(options)))
    return exits.OK


def schema(options: Any, shell: Shell) -> int:
    """Print the JSON Schema of phlo.yaml."""
    from phlo.config.project_models import project_schema

    shell.say_json(project_schema())
    return exits.OK
