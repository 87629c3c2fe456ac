"""The first half of the straight line: from options to a catalog, an inventory, a project and its hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from phlo.cli.default_inventory import inventory_paths
from phlo.cli.engine_address import engine_address
from phlo.cli.shell import Shell
from phlo.config.root import PROJECT_FILE, find_project_root
from phlo.errors import ConfigError, InventoryError, PhloError
from phlo.frozen import replace
from phlo.orchestrators import load
from phlo.user_cache import cache_folder

if TYPE_CHECKING:
    from phlo.compose.project_files import ComposeFiles
    from phlo.config.project import Project
    from phlo.discovery.catalog import Catalog
    from phlo.hosts.host import Host
    from phlo.image_source import BuildRecipe
    from phlo.images.image_shipper import ImageShipper
    from phlo.inventory.clusters import Cluster
    from phlo.inventory.hosts import Inventory

# The value of a variable that a command does not need: one that is a port, a number, a name and a text.
STAND_IN = "1"


class Workspace(NamedTuple):
    """What a command works on: the project's folder, the services there are, and the hosts there are.

    compose: the Compose files that are the whole project; None: it has a phlo.yaml.
    cache: the user's cache folder; None keeps nothing.
    """

    root: Path
    catalog: Catalog
    inventory: Inventory
    compose: ComposeFiles | None = None
    cache: Path | None = None


def project_root(options: Any, shell: Shell) -> Path:
    """The project's folder, see `locate`."""
    return locate(options, shell)[0]


def project_file(options: Any, shell: Shell) -> Path:
    """The path of the project's phlo.yaml. Raises ConfigError for a project that is a Compose file alone."""
    root, compose = locate(options, shell)
    if compose is not None:
        names = ", ".join(path.name for path in compose.files)
        what = f"the project is {names} alone, which phlo does not change"
        fix = f"Change the Compose file, or write a {PROJECT_FILE} beside it with include: [{compose.files[0].name}]."
        raise ConfigError(what, where=root, fix=fix)
    return root / PROJECT_FILE


def locate(options: Any, shell: Shell) -> tuple[Path, ComposeFiles | None]:
    """The project's folder, and its Compose files where it has no phlo.yaml.

    The project is: the Compose files that --file names; else the nearest folder upwards with a phlo.yaml or a Compose
    file, where phlo.yaml counts more; where that is not a phlo.yaml, COMPOSE_FILE may name other files.
    """
    from phlo.compose.project_files import default_files, existing, files_of, named_files

    folder = shell.cwd / (options.project_dir or ".")
    if not folder.is_dir():
        fix = "Check the path; `phlo init NAME` makes a project in a new folder."
        if folder.is_file():
            fix = "-C is the project's folder; check mode is --check."
        raise ConfigError(f"there is no folder {options.project_dir}", where="--project-dir", fix=fix)
    named = tuple(existing(shell.cwd / name) for name in getattr(options, "compose_file", ()))
    nearest = None
    if not named:
        try:
            nearest = find_project_root(folder)
        except ConfigError:
            named = named_files(shell.environ, folder)
            if not named:
                raise
        if nearest is not None and (nearest / PROJECT_FILE).is_file():
            return nearest, None
        named = named or named_files(shell.environ, folder)
    files = files_of(
        named or default_files(nearest or folder),
        start=folder,
        environ=shell.environ,
        env_files=[shell.cwd / name for name in getattr(options, "env_file", ())],
        folder=folder if named and options.project_dir else None,
    )
    return files.folder, files


def open_workspace(options: Any, shell: Shell, *, asks_hosts: bool = True) -> Workspace:
    """Find the services and load the inventory; skipped packages are reported on stderr.

    asks_hosts: whether hosts will be asked something; then of several managers of a cluster one that answers is chosen.
    """
    from phlo.discovery.catalog import NO_SERVICES
    from phlo.discovery.services import discover_services

    root, compose = locate(options, shell)
    # In a Compose project only its own services exist.
    catalog = discover_services(root, cache=cache_folder(shell.environ)) if compose is None else NO_SERVICES
    style = shell.style(options, err=True)
    for problem in catalog.problems:
        shell.tell(f"{style.sign('!')} {problem.package} is skipped: {problem.error}")
    inventory = load_inventory(options, shell, root)
    if asks_hosts and inventory.groups:
        inventory = _with_managers_that_answer(inventory, shell)
    return Workspace(root, catalog, inventory, compose, cache_folder(shell.environ))


def _with_managers_that_answer(inventory: Inventory, shell: Shell) -> Inventory:
    """The inventory, with another manager in place of the first one of each cluster where that one does not answer."""
    found: dict[str, str] = {}
    for cluster in clusters_by_manager(inventory).values():
        managers = load(cluster.orchestrator, "managers")
        found |= managers.answering_manager(
            cluster, shell, lambda name: open_hosts(inventory, [name], shell.environ)[name]
        )
    return replace(inventory, stand_ins=found) if found else inventory


def load_inventory(options: Any, shell: Shell, root: Path) -> Inventory:
    """The inventory of the options, or the default one. root: the folder whose group_vars and host_vars count, too."""
    from phlo import inventory
    from phlo.cli.vault import vault_of

    paths = inventory_paths(options, shell, root)
    return inventory.load(paths, root=root, environ=shell.environ, vault=vault_of(options, shell))


def root_or_here(options: Any, shell: Shell) -> Path:
    """The project's folder; the working directory if there is no project, for commands that need an inventory only."""
    try:
        return project_root(options, shell)
    except ConfigError:
        if options.project_dir:
            raise
        return shell.cwd


def resolve_project(
    workspace: Workspace,
    options: Any,
    shell: Shell,
    *,
    generate_secrets: bool = False,
    fetch_secrets: bool = True,
    needs_files: bool = True,
    stand_ins: Mapping[str, str] | None = None,
    asks: bool = True,
    asked: Iterable[str] = (),
    named: Iterable[str] = (),
    text: str | None = None,
    is_limited: bool = True,
) -> Project:
    """The project with every value final, as the options ask for it.

    generate_secrets: make and keep those that are missing; False only says that they will be.
    fetch_secrets: False for what only looks at names, ports and containers: then no command is run for a secret and no
        passphrase asked for.
    needs_files: False for what looks at no content of containers: then no file for them is read.
    stand_ins: values of variables, going before all others. asks: whether a person may be asked for a passphrase.
    asked: services to restrict it to, with what they need. named: services whose profiles count as asked for.
    text: a phlo.yaml that is not in the file yet.
    is_limited: False where --limit restricts plays, which may name hosts without services.
    """
    from phlo.cli.prompt import asker
    from phlo.config.extra import read_extra
    from phlo.config.request import Machine, Request
    from phlo.config.resolve import resolve

    project = resolve(
        workspace.catalog,
        workspace.inventory,
        root=workspace.root,
        environ=shell.environ,
        extra={**read_extra(options.extra, folder=shell.cwd, vault=workspace.inventory.vault), **(stand_ins or {})},
        request=Request(
            profiles=tuple(getattr(options, "profile", ())),
            services=tuple(asked),
            profile_services=tuple(named),
            no_deps=getattr(options, "no_deps", False),
            dev=getattr(options, "dev", False),
            image_source=getattr(options, "image_source", None),
            project_name=options.project_name,
            generate_secrets=generate_secrets,
            fetch_secrets=fetch_secrets,
            needs_files=needs_files,
        ),
        machine=Machine(ask=asker(shell) if asks else None, bases=_bases, cache=cache_folder(shell.environ)),
        compose=workspace.compose,
        text=text,
    )
    if getattr(options, "scale", ()) or getattr(options, "exclude", ()):
        from phlo.cli.adjust import adjusted

        project = adjusted(project, scale=options.scale, exclude=options.exclude)
    limit = getattr(options, "limit", None) if is_limited else None
    return _limited(project, workspace.inventory, limit) if limit else project


def outline(workspace: Workspace, options: Any, shell: Shell, *, text: str | None = None) -> Project:
    """The project for a command that only has to know its services, their hosts and how they depend on each other.

    No secret is fetched and no passphrase asked for, files that go into containers are not read, and a variable that
    must be set (`${NAME:?}`) and is not gets a stand-in. text: a phlo.yaml that is not in the file yet.
    """
    stand_ins: dict[str, str] = {}
    while True:
        try:
            return resolve_project(
                workspace, options, shell, fetch_secrets=False, needs_files=False, stand_ins=stand_ins, text=text
            )
        except ConfigError as error:
            missing = {one.variable for one in error.each() if isinstance(one, ConfigError) and one.variable}
            if not missing - set(stand_ins):
                raise
            stand_ins |= dict.fromkeys(missing, STAND_IN)


def _bases(recipes: Iterable[BuildRecipe]) -> Mapping[str, Any]:
    from phlo.images.recipe import bases_json

    return bases_json(recipes)


def known_by_name(options: Any, shell: Shell, error: PhloError) -> tuple[str, dict[str, Host], Inventory]:
    """A project whose phlo.yaml cannot be used: the name it was asked for by, and the hosts it may have left things on,
    with their inventory.

    Raises `error`, what is wrong with it, when no name was given.
    """
    if not options.project_name:
        error.fix = f"{error.fix} With --project-name NAME phlo uses the labels of the existing containers.".strip()
        raise error
    style = shell.style(options, err=True)
    shell.tell(f"{style.sign('!')} {error}")
    shell.tell(f'{style.sign("!")} using the labels of the existing containers of "{options.project_name}"')
    hosts = inventory_of_broken(options, shell)
    return options.project_name, open_hosts(hosts, sorted(hosts.hosts), shell.environ), hosts


def inventory_of_broken(options: Any, shell: Shell) -> Inventory:
    """The inventory of a project whose phlo.yaml is broken, perhaps so that its `inventory` cannot be read."""
    from phlo import inventory

    root = root_or_here(options, shell)
    try:
        return load_inventory(options, shell, root)
    except ConfigError:
        shell.tell("No inventory could be read: only the engine of this machine is used. Name the others with -i PATH.")
        return inventory.load([], root=root, environ=shell.environ)


def _limited(project: Project, inventory: Inventory, pattern: str) -> Project:
    """The project on the hosts that a pattern means. Raises InventoryError when it has nothing on any of them."""
    from phlo.config.on_hosts import limited

    found = limited(project, limit_hosts(inventory, pattern, project.root))
    if not any(service.hosts for service in found.services.values()):
        fix = "`phlo services list` shows where services are, `phlo inventory list` the hosts."
        raise InventoryError(f'no service is placed on a host that "{pattern}" means', where="--limit", fix=fix)
    return found


def limit_hosts(inventory: Inventory, pattern: str, root: Path, *, is_play: bool = False) -> tuple[str, ...]:
    """The hosts that `--limit` means. root: of the project, whose history knows what `@failed` is.

    is_play: `localhost` is known even if the inventory does not have it.
    """
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

    return matching(inventory, pattern, where="--limit", sets={"failed": failed}, has_control_machine=is_play)


def open_hosts(inventory: Inventory, names: Iterable[str], environ: Mapping[str, str]) -> dict[str, Host]:
    """The hosts called `names`, ready to be talked to; nothing is sent yet.

    What the inventory does not have is left out: a project without services is on `local` unless it has other hosts.
    """
    from phlo.hosts.connect import reach
    from phlo.hosts.host import Host

    hosts = {}
    image_sender: ImageShipper | None = None
    for name in names:
        given = inventory.find(name)
        if given is None:
            continue
        address, cert_path = engine_address(inventory, name, environ)
        engine, transport = reach(
            address, name=name, environ=environ, cert_path=cert_path, ssh_options=given.ssh_options
        )
        is_local = address.startswith("unix:")
        if not is_local and image_sender is None:
            image_sender = _image_shipper(environ)
        hosts[name] = Host(
            name=name,
            engine=engine,
            is_local=is_local,
            image_sender=None if is_local else image_sender,
            transport=transport,
        )
    return hosts


def _image_shipper(environ: Mapping[str, str]) -> ImageShipper:
    """This machine's own engine, which remote hosts get images from."""
    from phlo.hosts.connect import DEFAULT_SOCKET, open_engine
    from phlo.hosts.host import Host
    from phlo.images.image_shipper import ImageShipper

    name = "this machine"
    return ImageShipper(
        lambda: Host(name=name, engine=open_engine(DEFAULT_SOCKET, name=name, environ=environ)), environ=environ
    )


def all_hosts(project: Project, inventory: Inventory) -> tuple[str, ...]:
    """The hosts that the project's services are placed on, of a cluster the manager that phlo talks to.

    Those of a project without services: `local`, or every host of an inventory that does not have it.
    """
    placed = {host for service in project.services.values() for host in service.hosts}
    return tuple(sorted(placed or ({"local"} if "local" in inventory.hosts else inventory.hosts)))


def all_places(project: Project) -> tuple[str, ...]:
    """The hosts where containers of the project may be, all nodes of a cluster that services run on among them."""
    return tuple(sorted({host for service in project.services.values() for host in service.runs_on})) or ("local",)


def refuse_in_cluster(project: Project, services: Iterable[str], command: str, fix: str) -> None:
    """Raise ConfigError for services that are in a cluster, where a command has nothing to work on."""
    for name in services:
        service = project.services.get(name)
        if service is not None and service.placement is not None:
            raise ConfigError(
                f'"{name}" is placed on {service.placement.label}, where this is not possible',
                where=f"phlo {command}",
                fix=fix,
            )


def clusters_by_manager(inventory: Inventory) -> dict[str, Cluster]:
    """The manager that phlo talks to -> the cluster, of each cluster of the inventory."""
    if not inventory.groups:
        return {}
    from phlo.inventory.clusters import clusters

    return {cluster.manager: cluster for cluster in clusters(inventory)}
