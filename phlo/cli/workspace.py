"""The first half of the straight line: from options to a catalog, an inventory, a project and its hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from phlo.cli.shell import Shell
from phlo.config.root import find_project_root
from phlo.errors import ConfigError, InventoryError, PhloError
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.discovery.catalog import Catalog
    from phlo.hosts.host import Host
    from phlo.images.workshop import Workshop
    from phlo.inventory.hosts import Inventory
    from phlo.values import BuildRecipe

# What the inventory calls the engine that DOCKER_HOST leads to, for a phlo in a container.
MACHINE_ENGINE_VARIABLE = "PHLO_MACHINE_ENGINE"


class Workspace(NamedTuple):
    """What a command works on: the project's folder, the services there are, and the hosts there are."""

    root: Path
    catalog: Catalog
    inventory: Inventory


def project_root(options: Any, shell: Shell) -> Path:
    """The project's folder: the one asked for, else the nearest upwards from here that has a phlo.yaml."""
    folder = shell.cwd / (options.project_dir or ".")
    if not folder.is_dir():
        fix = "Check the path; `phlo init NAME` makes a project in a new folder."
        raise ConfigError(f"there is no folder {options.project_dir}", where="--project-dir", fix=fix)
    return find_project_root(folder)


def open_workspace(options: Any, shell: Shell, *, asks_hosts: bool = True) -> Workspace:
    """Find the services and load the inventory; packages that had to be skipped are told on stderr.

    asks_hosts: whether hosts will be asked something; then of several managers of a Swarm one that answers is chosen.
    """
    from phlo.discovery.services import discover_services

    root = project_root(options, shell)
    catalog = discover_services(root, cache=cache_folder(shell.environ))
    style = shell.style(options, err=True)
    for problem in catalog.problems:
        shell.tell(f"{style.sign('!')} {problem.package} is skipped: {problem.error}")
    inventory = load_inventory(options, shell, root)
    if asks_hosts and inventory.groups:
        from phlo.cli.managers import with_managers_that_answer

        inventory = with_managers_that_answer(inventory, shell)
    return Workspace(root, catalog, inventory)


def load_inventory(options: Any, shell: Shell, root: Path) -> Inventory:
    """The inventory that the options name. root: the project's folder, whose group_vars and host_vars count."""
    from phlo import inventory
    from phlo.config.passphrase import PASSPHRASE_VARIABLE

    paths = [shell.cwd / name for name in getattr(options, "inventory", ())]
    environ = {name: text for name, text in shell.environ.items() if name != PASSPHRASE_VARIABLE}
    return inventory.load(paths, root=root, environ=environ)


def resolve_project(
    workspace: Workspace,
    options: Any,
    shell: Shell,
    *,
    generate_secrets: bool = False,
    fetch_secrets: bool = True,
    asked: Iterable[str] = (),
    named: Iterable[str] = (),
) -> Project:
    """The project with every value final, as the options ask for it.

    generate_secrets: make and keep those that are missing; False only says that they will be.
    fetch_secrets: False for what only looks at names, ports and containers: then no command is run for a secret and no
        passphrase asked for.
    asked: services to restrict it to, with what they need. named: services whose profiles count as asked for.
    """
    from phlo.cli.prompt import asker
    from phlo.config.candidates import read_extra
    from phlo.config.resolve import resolve

    project = resolve(
        workspace.catalog,
        workspace.inventory,
        root=workspace.root,
        environ=shell.environ,
        extra=read_extra(options.extra, folder=shell.cwd),
        profiles=getattr(options, "profile", ()),
        asked=tuple(asked),
        named=tuple(named),
        no_deps=getattr(options, "no_deps", False),
        generate_secrets=generate_secrets,
        dev=getattr(options, "dev", False),
        image_source=getattr(options, "image_source", None),
        project_name=options.project_name,
        ask=asker(shell),
        fetch_secrets=fetch_secrets,
        bases=_bases,
    )
    limit = getattr(options, "limit", None)
    return _limited(project, workspace.inventory, limit) if limit else project


def _bases(recipes: Iterable[BuildRecipe]) -> Mapping[str, Any]:
    from phlo.images.recipe import bases_json

    return bases_json(recipes)


def known_by_name(options: Any, shell: Shell, error: PhloError) -> tuple[str, dict[str, Host], Inventory]:
    """A project whose phlo.yaml cannot be used: the name it was asked for by, and the hosts it may have left things on,
    with their inventory.

    Raises `error`, what is wrong with it, when no name was given.
    """
    if not options.project_name:
        error.fix = f"{error.fix} With --project-name NAME this goes by the labels of what is there.".strip()
        raise error
    style = shell.style(options, err=True)
    shell.tell(f"{style.sign('!')} {error}")
    shell.tell(f'{style.sign("!")} going by the labels of what is there of "{options.project_name}"')
    hosts = load_inventory(options, shell, shell.cwd / (options.project_dir or "."))
    return options.project_name, open_hosts(hosts, sorted(hosts.hosts), shell.environ), hosts


def _limited(project: Project, inventory: Inventory, pattern: str) -> Project:
    """The project on the hosts that a pattern means. Raises InventoryError when it has nothing on any of them."""
    from phlo.config.on_hosts import limited

    found = limited(project, limit_hosts(inventory, pattern, project.root))
    if not any(service.hosts for service in found.services.values()):
        fix = "`phlo services list` shows where services are, `phlo inventory list` the hosts."
        raise InventoryError(f'no service is placed on a host that "{pattern}" means', where="--limit", fix=fix)
    return found


def limit_hosts(inventory: Inventory, pattern: str, root: Path) -> tuple[str, ...]:
    """The hosts that `--limit` means. root: of the project, whose history knows what `@failed` is."""
    from phlo.inventory.patterns import matching

    def failed() -> frozenset[str]:
        from phlo.execute.history import failed_hosts, read_run, run_ids

        runs = run_ids(root)
        found = failed_hosts(read_run(root, runs[-1])) if runs else frozenset()
        if not found:
            what = (
                f"no host failed in the last run, {runs[-1]}" if runs else "there is no run yet that could have failed"
            )
            raise InventoryError(what, where="--limit @failed", fix="Leave it out.")
        return found

    return matching(inventory, pattern, where="--limit", sets={"failed": failed})


def open_hosts(inventory: Inventory, names: Iterable[str], environ: Mapping[str, str]) -> dict[str, Host]:
    """The hosts called `names`, ready to be talked to; nothing is sent yet.

    What the inventory does not have is left out: a project without services is on `local` unless it has other hosts.
    """
    from phlo.hosts.connect import open_engine
    from phlo.hosts.host import Host

    hosts = {}
    supply: Workshop | None = None
    for name in names:
        given = inventory.hosts.get(name)
        if given is None:
            continue
        address, cert_path = engine_address(inventory, name, environ)
        engine = open_engine(address, name=name, environ=environ, cert_path=cert_path, ssh_options=given.ssh_options)
        is_local = address.startswith("unix:")
        if not is_local and supply is None:
            supply = _workshop(environ)
        hosts[name] = Host(name=name, engine=engine, is_local=is_local, supply=None if is_local else supply)
    return hosts


def _workshop(environ: Mapping[str, str]) -> Workshop:
    """This machine's own engine, which remote hosts get images from."""
    from phlo.hosts.connect import DEFAULT_SOCKET, open_engine
    from phlo.hosts.host import Host
    from phlo.images.workshop import Workshop

    name = "this machine"
    return Workshop(
        lambda: Host(name=name, engine=open_engine(DEFAULT_SOCKET, name=name, environ=environ)), environ=environ
    )


class EngineAddress(NamedTuple):
    """Where an engine listens. cert_path: folder of its TLS files, None for none of its own."""

    url: str
    cert_path: str | None


def engine_address(inventory: Inventory, host: str, environ: Mapping[str, str]) -> EngineAddress:
    """Where a host's engine listens: as the inventory says, else DOCKER_HOST, else Docker's usual socket.

    A phlo that works in a container for the machine around it has another way to that machine's socket: what the
    inventory calls by the name in PHLO_MACHINE_ENGINE is what DOCKER_HOST names.
    """
    from phlo.hosts.connect import DEFAULT_SOCKET, cert_path_of

    given = inventory.hosts[host]
    if given.docker_context:
        from phlo.inventory.context import context_endpoint

        if endpoint := context_endpoint(given.docker_context, host=host, environ=environ):
            return EngineAddress(endpoint.docker_host, given.cert_path or endpoint.cert_path)
    if given.docker_host and given.docker_host != environ.get(MACHINE_ENGINE_VARIABLE):
        return EngineAddress(given.docker_host, given.cert_path)
    return EngineAddress(environ.get("DOCKER_HOST") or DEFAULT_SOCKET, given.cert_path or cert_path_of(environ))


def all_hosts(project: Project) -> tuple[str, ...]:
    """The hosts that the project's services are placed on, of a Swarm the manager that phlo talks to."""
    return tuple(sorted({host for service in project.services.values() for host in service.hosts})) or ("local",)


def all_places(project: Project) -> tuple[str, ...]:
    """The hosts where containers of the project may be, all nodes of a Swarm that services run on among them."""
    return tuple(sorted({host for service in project.services.values() for host in service.runs_on})) or ("local",)


def refuse_on_swarm(project: Project, services: Iterable[str], command: str, fix: str) -> None:
    """Raise ConfigError for services that are on a Swarm, where a command has nothing to work on."""
    for name in services:
        service = project.services.get(name)
        if service is not None and service.place is not None:
            raise ConfigError(
                f'"{name}" is placed on the Swarm "{service.place.swarm}", where this is not possible',
                where=f"phlo {command}",
                fix=fix,
            )


def swarm_nodes(inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """The manager that phlo talks to -> the nodes, of each Swarm of the inventory."""
    if not inventory.groups:
        return {}
    from phlo.inventory.swarms import swarms

    return {swarm.manager: swarm.nodes for swarm in swarms(inventory)}
