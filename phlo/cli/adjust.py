"""`--scale` and `--exclude`: a project that differs from its files for one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from phlo.errors import ConfigError, did_you_mean
from phlo.frozen import replace

if TYPE_CHECKING:
    from phlo.config.project import Project


def adjusted(project: Project, *, scale: Iterable[str] = (), exclude: Iterable[str] = ()) -> Project:
    """The project with other numbers of instances, and without the excluded services.

    scale: `SERVICE=N`. exclude: services; their containers stay as they are, and nothing waits for them.
    Raises ConfigError for a service that is not part of the run.
    """
    scales, left_out = _scales(scale, project), tuple(exclude)
    for name in left_out:
        _check_known(name, project, "--exclude")
    if not scales and not left_out:
        return project
    return _changed(project, scales, left_out)


def _changed(project: Project, scales: Mapping[str, int], left_out: tuple[str, ...]) -> Project:
    from phlo.config.project import Absence

    services = {
        name: replace(service, scale=scales.get(name, service.scale))
        for name, service in project.services.items()
        if name not in left_out
    }
    absent = {
        name: Absence(definition=project.services[name].definition, reason="--exclude", is_optional=True)
        for name in left_out
        if name in project.services
    }
    variants = {host: _changed(variant, scales, left_out) for host, variant in project.variants.items()}
    return replace(project, services=services, absent={**project.absent, **absent}, variants=variants)


def _scales(items: Iterable[str], project: Project) -> dict[str, int]:
    found = {}
    for item in items:
        name, _, number = item.partition("=")
        if not number.isascii() or not number.isdecimal():
            raise ConfigError(f'"{item}" is not SERVICE=N', where="--scale", fix="Write for example --scale web=3.")
        _check_known(name, project, "--scale")
        found[name] = int(number)
    return found


def _check_known(name: str, project: Project, where: str) -> None:
    if name in project.services:
        return
    if name in project.absent:
        what = f'the service "{name}" is not part of this run ({project.absent[name].reason})'
        raise ConfigError(what, where=where, fix="Leave it out.")
    raise ConfigError(f'there is no service "{name}"', where=where, fix=did_you_mean(name, project.services))
