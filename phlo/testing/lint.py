"""Problems of a role that are found without running it."""

from __future__ import annotations

from collections.abc import Iterator

from phlo.config.project import Project, ResolvedService
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import PackageError, PhloError
from phlo.testing.subject import Subject


def lint(subject: Subject, project: Project) -> list[PhloError]:
    """Every finding about the role's own services, as resolved in the test project."""
    found = [PhloError(warning.rstrip(".")) for warning in project.warnings]
    for definition in subject.services:
        found += _definition(definition)
        if definition.name in project.services:
            found += _service(project.services[definition.name])
    if not sorted(subject.tests.glob("test_*.py")):
        fix = f"Write {subject.tests.name}/test_role.py; docs/guides/service-packages.md shows one."
        found.append(PackageError("has no tests", where=subject.folder.name, fix=fix))
    return found


def _definition(definition: ServiceDefinition) -> Iterator[PhloError]:
    if not definition.description:
        yield PackageError("has no description", where=definition.where("description"), fix="Write description.")
    if definition.image and not _is_pinned(definition.image):
        where = definition.where("image")
        yield PackageError(f"{definition.image} is not pinned to a version", where=where, fix="Name a version.")
    for name, variable in definition.env_vars.items():
        where = definition.where("env_vars", name)
        if variable.secret and variable.default:
            yield PackageError("a published default is not a secret", where=where, fix="Remove it: phlo makes one.")
        if not variable.description:
            yield PackageError(f"{name} has no description", where=where, fix="Write description.")


def _service(service: ResolvedService) -> Iterator[PhloError]:
    check = service.compose.healthcheck
    if not service.one_shot and (check is None or not check.test or check.is_disabled):
        where = service.definition.where("compose", "healthcheck")
        yield PackageError("nothing defines when it is ready", where=where, fix="Write compose.healthcheck.")


def _is_pinned(image: str) -> bool:
    """Whether a reference names a version: a digest, a tag other than `latest`, or a variable that may."""
    name, _, tag = image.rpartition("/")[2].partition(":")
    return "@" in image or "$" in image or (bool(tag) and tag != "latest" and bool(name))
