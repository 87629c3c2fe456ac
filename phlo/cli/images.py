"""images list, images publish and images prune: what the hosts and the registries have of the project's images."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.cli import exits
from phlo.cli.engine_address import docker_engine
from phlo.cli.shell import Shell
from phlo.cli.workspace import all_places, open_hosts, open_workspace, outline, resolve_project
from phlo.errors import ConfigError, EngineError, OperationError
from phlo.hosts.engine_requests import path_part
from phlo.size import size_text

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.hosts.host import Host
    from phlo.image_source import BuildRecipe, ImageRegistry, ImageSource
    from phlo.images.on_host import HostImage


def list_images(options: Any, shell: Shell) -> int:
    """List the images of the project on its hosts: where each came from, its size and age, and who uses it."""
    _, found = _images_of(options, shell)
    if options.services:
        found = [(host, image) for host, image in found if set(options.services) & set(image.users)]
    if options.json:
        shell.say_json([_data(host.name, image) for host, image in found])
        return exits.OK
    from phlo.report.table import table

    several = len({host.name for host, _ in found}) > 1
    header = (*(("HOST",) if several else ()), "IMAGE", "FROM", "SIZE", "AGE", "USED BY")
    rows = [(*((host.name,) if several else ()), *_cells(image)) for host, image in found]
    shell.say(table(header, rows, shell.style(options), wrapped=("USED BY",), optional=("AGE", "SIZE")))
    return exits.OK


def prune(options: Any, shell: Shell) -> int:
    """Remove images of the project's recipes that nothing uses, on all hosts."""
    from phlo.images.on_host import unused

    project, found = _images_of(options, shell)
    wanted = _wanted(project)
    going = [(host, image) for host, image in found if unused([image], wanted)]
    for host, image in going:
        for name in image.names if not options.check else ():
            _remove(host, name)
        if not options.json:
            verb = "would remove" if options.check else "removed"
            shell.say(f"{host.name}: {verb} {image.reference} ({size_text(image.size)})")
    if options.json:
        shell.say_json([_data(host.name, image) for host, image in going])
    elif not going:
        shell.tell("There is no image that nothing uses.")
    return exits.OK


def publish(options: Any, shell: Shell) -> int:
    """Build what is missing of the images of the project's recipes, and push them to its registries."""
    workspace = open_workspace(options, shell, asks_hosts=False)
    project = resolve_project(
        workspace, options, shell, generate_secrets=True, needs_files=True, asked=options.services
    )
    sources = _published_sources(project)
    if not sources:
        raise ConfigError("no service has a recipe", where="phlo images publish", fix="There is nothing to publish.")
    registries = _named(project)
    targets = (
        [options.registry.strip("/")] if options.registry else [one.prefix for one in registries if not one.mirrors]
    )
    if not targets:
        fix = "Name one under `registries` in phlo.yaml, or with --registry HOST/PATH."
        raise ConfigError("there is no registry to publish to", where="phlo images publish", fix=fix)
    host = _this_machine(options, shell)
    done = [
        {"image": tag, "registry": target, "reference": f"{target}/{tag}", "status": status}
        for tag, source in sources.items()
        for target in targets
        for status in [_publish(tag, source, target, registries, host, shell)]
    ]
    if options.json:
        shell.say_json(done)
    else:
        for one in done:
            shell.say(f"{one['reference']}  {one['status']}")
    return exits.OK


def _publish(
    tag: str, source: ImageSource, target: str, registries: Sequence[ImageRegistry], host: Host, shell: Shell
) -> str:
    """Make sure that a registry has an image; gives what was done."""
    from phlo.images.obtain import obtain
    from phlo.images.push import push
    from phlo.images.registries import Registries

    reference = f"{target}/{tag}"
    if _is_published(reference, host):
        return "there already"
    done = obtain(source, host, registries=Registries(), environ=shell.environ)
    push(tag, reference, host, registries)
    return "built and pushed" if done.how == "build" else "pushed"


def _is_published(reference: str, host: Host) -> bool:
    """Whether the registry has an image; False also when it does not answer to strangers: then the push shows it."""
    try:
        return host.engine.get_or_none(f"/distribution/{path_part(reference)}/json") is not None
    except EngineError:
        return False


def _published_sources(project: Project) -> Mapping[str, ImageSource]:
    """Content tag -> its source. Raises OperationError for an image that holds a secret."""
    from phlo.images.recipe import content_tag, secret_arguments

    found: dict[str, ImageSource] = {}
    for service in project.services.values():
        recipe = service.image.recipe
        if recipe is None or service.image.reference is not None:
            continue
        if names := secret_arguments(recipe):
            raise OperationError(
                f"is built with the secret {', '.join(names)}, which anyone who has the image can read",
                where=service.name,
                fix="Give it to the container (`environment`, `secrets`) or as a secret of the build.",
            )
        found[content_tag(recipe)] = service.image
    return found


def _this_machine(options: Any, shell: Shell) -> Host:
    from phlo.hosts.connect import open_engine
    from phlo.hosts.host import Host

    name = "this machine"
    address = docker_engine(shell.environ)
    engine = open_engine(address.url, name=name, environ=shell.environ, cert_path=address.cert_path)
    return Host(name=name, engine=engine, progress=shell.tell)


def _images_of(options: Any, shell: Shell) -> tuple[Project, list[tuple[Host, HostImage]]]:
    from phlo.images.on_host import images_on

    workspace = open_workspace(options, shell)
    project = outline(workspace, options, shell)
    repositories = {recipe.name.rpartition(":")[0] for recipe in _recipes(project)}
    hosts = open_hosts(workspace.inventory, all_places(project), shell.environ)
    registries = _named(project)
    return project, [
        (host, image)
        for host in hosts.values()
        for image in images_on(host.engine.reader(), project.name, repositories, registries)
    ]


def _recipes(project: Project) -> list[BuildRecipe]:
    return [service.image.recipe for service in project.services.values() if service.image.recipe]


def _named(project: Project) -> tuple[ImageRegistry, ...]:
    """The registries that the project names: every service has the same."""
    return next((service.image.registries for service in project.services.values()), ())


def _wanted(project: Project) -> set[str]:
    """The tags that the services want now, and those of their bases."""
    from phlo.images.base_recipe import read_base_recipe
    from phlo.images.present import wanted
    from phlo.images.recipe import base_suite

    suites = {suite for recipe in _recipes(project) if (suite := base_suite(recipe))}
    tags = {tag for service in project.services.values() for tag in wanted(service.image)}
    return tags | {read_base_recipe(suite).tag for suite in suites}


def _remove(host: Host, name: str) -> None:
    """Remove a tag, and the image with its last one; an image that somebody has begun to use meanwhile stays."""
    try:
        host.engine.delete(f"/images/{path_part(name)}")
    except EngineError as error:
        if error.status not in (404, 409):
            raise


def _cells(image: HostImage) -> tuple[str, ...]:
    return image.reference, image.origin, size_text(image.size), _age(image.created), ", ".join(image.users)


def _age(created: int) -> str:
    seconds = max(0, int(time.time()) - created)
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _data(host: str, image: HostImage) -> dict[str, Any]:
    return {
        "host": host,
        "reference": image.reference,
        "names": list(image.names),
        "id": image.id,
        "origin": image.origin,
        "size_bytes": image.size,
        "created": image.created,
        "used_by": list(image.users),
    }
