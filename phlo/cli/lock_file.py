"""lock, outdated and `up --frozen`: phlo.lock, which says exactly what the project is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import phlo
from phlo.bounded import parse_json, read_file
from phlo.cli import exits
from phlo.cli.engine_address import docker_engine
from phlo.cli.shell import Shell
from phlo.cli.workspace import open_workspace, resolve_project
from phlo.errors import ConfigError, EngineError, HostError, OperationError
from phlo.frozen import dataclass, field, replace
from phlo.hosts.engine_requests import path_part

if TYPE_CHECKING:
    from phlo.config.project import Project
    from phlo.hosts.engine_reader import EngineReader

LOCK_FILE = "phlo.lock"
_VERSION = 1
_PARTS = ("packages", "bases", "recipes", "images")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What a project is made of.

    packages: distribution -> version, phlo itself included.
    bases:    Debian release -> what the base image is on every machine.
    recipes:  service -> the content tag of its image.
    images:   reference -> the digest that its registry has for it; "" when nobody could say.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    recipes: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        parts = {part: dict(sorted(getattr(self, part).items())) for part in _PARTS}
        return json.dumps({"version": _VERSION, **parts}, indent=2) + "\n"


class _Difference(NamedTuple):
    what: str
    locked: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: {self.locked or 'not in phlo.lock'} -> {self.now or 'no longer there'}"


def lock(options: Any, shell: Shell) -> int:
    """Write phlo.lock."""
    from phlo.config.atomic import replace_file

    project = _project(options, shell)
    now = _lock_of(project)
    digests = {reference: _digest(reference, shell) for reference in now.images}
    for reference in sorted(name for name, digest in digests.items() if not digest):
        sign = shell.style(options, err=True).sign("!")
        shell.tell(
            f"{sign} {reference} is locked by its tag alone: neither its registry nor the engine knows its digest"
        )
    path = project.root / LOCK_FILE
    new = replace(now, images=digests)
    replace_file(path, new.text().encode())
    shell.say(f"{path.name}: {', '.join(_counted(len(getattr(new, part)), part) for part in _PARTS)}")
    return exits.OK


def outdated(options: Any, shell: Shell) -> int:
    """List packages, images and recipes of which there is something newer than what is installed or locked."""
    project = _project(options, shell)
    path = project.root / LOCK_FILE
    locked = read_lock(path) if path.exists() else None
    found = [*_newer_packages(project), *_newer_images(project, locked, options, shell)]
    if locked is not None:
        found += _differences(
            replace(locked, packages={}, images={}), replace(_lock_of(project), packages={}, images={})
        )
    if options.json:
        shell.say_json([{"what": one.what, "current": one.locked, "newest": one.now} for one in found])
    elif not found:
        shell.tell("Nothing newer was found.")
    else:
        from phlo.report.table import table

        shell.say(table(("WHAT", "CURRENT", "NEWEST"), [tuple(one) for one in found], shell.style(options)))
    return exits.OK


def frozen(project: Project) -> Project:
    """The project with its images pinned to the digests of phlo.lock, for `--frozen`.

    Raises ConfigError when the project is made of anything else than phlo.lock says.
    """
    path = project.root / LOCK_FILE
    if not path.exists():
        raise ConfigError("there is no phlo.lock", where="--frozen", fix="Write one with `phlo lock`.")
    locked = read_lock(path)
    now = _lock_of(project)
    part = Lock(
        packages={name: text for name, text in locked.packages.items() if name in now.packages},
        bases={name: text for name, text in locked.bases.items() if name in now.bases},
        recipes={name: text for name, text in locked.recipes.items() if name in now.recipes},
        images={name: "" for name in locked.images if name in now.images},
    )
    different = list(_differences(part, now))
    if different:
        raise ConfigError(
            f"the project is not what it says: {different[0]}"
            + (f", and {len(different) - 1} more" if different[1:] else ""),
            where=LOCK_FILE,
            detail=tuple(map(str, different[1:])),
            fix="Undo the change, or accept it with `phlo lock`.",
        )
    return _pinned(project, locked.images, path)


def read_lock(path: Path) -> Lock:
    """Raises ConfigError for a file that `phlo lock` did not write."""
    try:
        data = parse_json(read_file(path))
        if data["version"] != _VERSION:
            raise ValueError("version")
        parts = {part: {str(key): str(text) for key, text in data[part].items()} for part in _PARTS}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as reason:
        what = f"cannot be read ({type(reason).__name__})"
        raise ConfigError(what, where=path, fix="Write it again with `phlo lock`.") from None
    return Lock(**parts)


def _counted(number: int, part: str) -> str:
    return f"{number} {part[:-1] if number == 1 else part}"


def _project(options: Any, shell: Shell) -> Project:
    workspace = open_workspace(options, shell, asks_hosts=False)
    return resolve_project(workspace, options, shell, fetch_secrets=False)


def _lock_of(project: Project) -> Lock:
    """What the project is made of now; digests of images are left empty."""
    from phlo.images.base_recipe import read_base_recipe
    from phlo.images.recipe import base_suite, content_tag

    packages = {"phlo": phlo.__version__}
    recipes, bases, images = {}, {}, {}
    for name, service in project.services.items():
        definition, source = service.definition, service.image
        if definition.package and definition.package_version:
            packages[definition.package] = definition.package_version
        if source.recipe is not None:
            recipes[name] = content_tag(source.recipe)
            if suite := base_suite(source.recipe):
                bases[suite] = read_base_recipe(suite).identity
        elif source.reference is not None:
            images[source.reference] = ""
    return Lock(packages=packages, bases=bases, recipes=recipes, images=images)


def _differences(locked: Lock, now: Lock) -> Iterator[_Difference]:
    for part in _PARTS:
        before, after = getattr(locked, part), getattr(now, part)
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                shown = {True: name, False: ""}
                old, new = before.get(name), after.get(name)
                yield _Difference(
                    f"{part[:-1]} {name}",
                    shown[old is not None] if old == "" else old or "",
                    shown[new is not None] if new == "" else new or "",
                )


def _pinned(project: Project, digests: Mapping[str, str], path: Path) -> Project:
    services = {}
    for name, service in project.services.items():
        source = service.image
        digest = digests.get(source.reference or "", "") if source.recipe is None else ""
        if digest and source.reference and "@" not in source.reference:
            service = replace(service, image=replace(source, reference=f"{source.reference}@{digest}"))
        services[name] = service
    variants = {host: _pinned(variant, digests, path) for host, variant in project.variants.items()}
    return replace(project, services=services, variants=variants, inputs=(*project.inputs, path))


def _digest(reference: str, shell: Shell) -> str:
    """The digest that the registry has for a reference, else the one that the engine pulled; "" when neither says."""
    if "@" in reference:
        return reference.partition("@")[2]
    try:
        engine = _engine(shell)
        return _digest_in_registry(reference, engine) or _digest_here(reference, engine)
    except HostError:
        return ""


def _digest_in_registry(reference: str, engine: EngineReader) -> str:
    try:
        return str(engine.get(f"/distribution/{path_part(reference)}/json")["Descriptor"]["digest"])
    except EngineError:
        return ""


def _digest_here(reference: str, engine: EngineReader) -> str:
    found = engine.get_or_none(f"/images/{path_part(reference)}/json") or {}
    return next((name.partition("@")[2] for name in found.get("RepoDigests") or ()), "")


def _engine(shell: Shell) -> EngineReader:
    from phlo.hosts.connect import open_engine

    address = docker_engine(shell.environ)
    engine = open_engine(address.url, name="this machine", environ=shell.environ, cert_path=address.cert_path)
    return engine.reader()


def _newer_packages(project: Project) -> Iterator[_Difference]:
    """Installed packages of which phlo's registry has another version."""
    from phlo.discovery.registry import load_registry

    known = {entry.name: entry.version for entry in load_registry()}
    for name, version in sorted(_lock_of(project).packages.items()):
        newest = known.get(name)
        if newest and newest != version:
            yield _Difference(f"package {name}", version, newest)


def _newer_images(project: Project, locked: Lock | None, options: Any, shell: Shell) -> Iterator[_Difference]:
    """References for which the registry has a newer tag, or another image than is locked or than is on this machine."""
    from phlo.images.pull import Reference
    from phlo.images.tags import list_tags, newest_tag

    references = sorted(_lock_of(project).images)
    engine = _engine(shell) if references else None
    silent: set[str] = set()  # registries that did not answer
    registries = next((service.image.registries for service in project.services.values()), ())
    for reference in references:
        assert engine is not None
        parts = Reference.parse(reference)
        if parts.tag and parts.registry not in silent:
            try:
                newer = newest_tag(parts.tag, list_tags(reference, registries))
            except OperationError as error:
                silent.add(parts.registry)
                shell.tell(f"{shell.style(options, err=True).sign('!')} {error}")
            else:
                if newer:
                    yield _Difference(f"tag of {reference}", parts.tag, newer)
        try:
            newest = _digest_in_registry(reference, engine)
            current = (locked.images.get(reference, "") if locked else "") or _digest_here(reference, engine)
        except HostError:
            return
        if newest and newest != current:
            yield _Difference(f"image {reference}", current, newest)
