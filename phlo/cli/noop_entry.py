"""Stores a cache entry after an `up` that found nothing to do (see `phlo.noop_cache`)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from phlo.cli.default_inventory import VARIABLE as DEFAULT_INVENTORY
from phlo.cli.engine_address import engine_address
from phlo.cli.shell import Shell
from phlo.cli.workspace import Workspace
from phlo.config.project import Project
from phlo.hosts.host import Host
from phlo.images import inputs as recipe_inputs
from phlo.images.present import wanted
from phlo.inventory.context import context_inputs
from phlo.noop_cache import discard_if_stale, live_digest, store
from phlo.report.nothing import nothing_to_do
from phlo.report.style import Style, has_colours

MOST_HOSTS = 3  # they are asked one after the other
_UNIX = "unix://"
_ENVIRONMENT = (DEFAULT_INVENTORY, "DOCKER_CONFIG", "DOCKER_CONTEXT", "NO_COLOR", "TERM")


class Captured(NamedTuple):
    """The state of the engines before a run. images: every reference that one of the services could run from."""

    engines: Mapping[str, Mapping[str, str]]
    live: Mapping[str, str]
    images: tuple[str, ...]


def capture(
    project: Project, workspace: Workspace, hosts: Mapping[str, Host], options: Any, shell: Shell
) -> Captured | None:
    """Capture the state of the engines before a run; None if no cache entry will be stored."""
    # What @failed means is not among the inputs of a cache entry.
    is_lasting = "@" not in (options.limit or "")
    is_plain = is_lasting and not (options.check or options.verbose or options.output != "text" or shell.words is None)
    has_told = project.warnings or workspace.catalog.problems or project.is_volatile
    is_followed = any(service.image.pull_policy == "always" for service in project.services.values())
    if not is_plain or has_told or is_followed or len(hosts) > MOST_HOSTS:
        return None
    assert shell.words is not None
    if discard_if_stale(shell.words, shell.environ, str(shell.cwd)):
        return None
    addresses = {name: engine_address(workspace.inventory, name, shell.environ).url for name in hosts}
    if not all(address.startswith(_UNIX) for address in addresses.values()):
        return None
    engines = {
        name: {"socket": address.removeprefix(_UNIX), "api": ".".join(map(str, hosts[name].engine.api))}
        for name, address in addresses.items()
    }
    images = tuple(reference for service in project.services.values() for reference in wanted(service.image))
    live = _digests(project, engines, images)
    return None if live is None else Captured(engines, live, images)


def store_entry(before: Captured, project: Project, options: Any, shell: Shell, started: float) -> None:
    """Store the cache entry if nothing changed while the run found nothing to do."""
    assert shell.words is not None
    live = _digests(project, before.engines, before.images)
    if live is None or live != before.live:
        return
    styles = (Style(), Style(has_colours(shell.environ, no_color=options.no_color)))
    plain, coloured = (f"{nothing_to_do(len(project.services), None, style)}\n" for style in styles)
    with suppress(OSError):  # the entry only saves time
        store(
            str(project.root),
            shell.words,
            shell.environ,
            str(shell.cwd),
            project=project.name,
            inputs=_inputs(project, options, shell.cwd, shell.environ),
            environment=(*project.environment_read, *_ENVIRONMENT),
            images=before.images,
            engines=before.engines,
            live=live,
            summary="" if options.quiet else plain,
            coloured="" if options.quiet else coloured,
            started=started,
        )


def _digests(
    project: Project, engines: Mapping[str, Mapping[str, str]], images: tuple[str, ...]
) -> dict[str, str] | None:
    """Host -> digest; None when one cannot be had, or says that something is not as it should stay."""
    found = {}
    for name, engine in engines.items():
        try:
            digest = live_digest(engine["socket"], engine["api"], project.name, images)
        except (OSError, ValueError):
            return None
        if digest is None:
            return None
        found[name] = digest
    return found


def _inputs(project: Project, options: Any, cwd: Path, environ: Mapping[str, str]) -> list[str]:
    recipes = (service.image.recipe for service in project.services.values() if service.image.recipe)
    built_from = (path for recipe in recipes for path in recipe_inputs(recipe))
    written = (project.root / name for name in project.outputs)
    contexts = () if environ.get("DOCKER_HOST") else context_inputs(environ)
    given = (cwd / text[1:] for text in options.extra if text.startswith("@"))
    return [str(path) for path in (*project.inputs, *built_from, *written, *contexts, *given)]
