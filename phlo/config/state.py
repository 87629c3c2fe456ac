"""The project as a plain mapping, for templates of services that show it (`phlo_state`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phlo.config.containers import Container, Containers
from phlo.config.images import Images
from phlo.config.selection import Selection
from phlo.discovery.catalog import Catalog
from phlo.discovery.definition import ServiceDefinition
from phlo.values import mask_all


def state_of(
    project: str,
    *,
    catalog: Catalog,
    selection: Selection,
    definitions: Mapping[str, ServiceDefinition],
    containers: Containers,
    images: Images,
    warnings: Sequence[str],
) -> dict[str, Any]:
    """What a service that shows the project needs to know of it; every secret is masked."""
    from dataclasses import asdict

    from phlo.discovery.registry import load_registry

    enabled = {name: containers.of(definitions[name]) for name in selection.enabled}
    return {
        "project": project,
        "services": [
            _service(definition, enabled.get(name), selection, images) for name, definition in definitions.items()
        ],
        "plugins": [asdict(plugin) for plugin in catalog.plugins],
        "registry": [asdict(entry) for entry in load_registry()],
        "config": {
            "name": project,
            "services": {name: _attributes(container) for name, container in sorted(enabled.items())},
        },
        "warnings": list(warnings),
    }


def _attributes(container: Container) -> dict[str, Any]:
    """The container in Compose syntax, without how its image is built: that is about the control machine's folders."""
    return {key: mask_all(value) for key, value in container.merged.attributes.items() if key != "build"}


def _service(
    definition: ServiceDefinition, container: Container | None, selection: Selection, images: Images
) -> dict[str, Any]:
    image = definition.image
    if container:
        source = images.of(container)
        image = source.reference or (source.recipe.name if source.recipe else None)
    absence = selection.absent.get(definition.name)
    return {
        "name": definition.name,
        "description": definition.description,
        "category": definition.category,
        "kind": definition.kind,
        "package": definition.package,
        "version": definition.version or definition.package_version,
        "image": image,
        "ports": [
            {
                "host": port.published,
                "container": port.target,
                "protocol": port.protocol,
                "app_protocol": port.app_protocol,
            }
            for port in (container.compose.ports if container else ())
        ],
        "depends_on": sorted(container.compose.depends_on if container else definition.depends_on),
        "enabled": container is not None,
        # Without its line, so that moving lines in phlo.yaml is no change.
        "reason": (selection.enabled.get(definition.name) or (absence.reason if absence else "")).partition(":")[0],
    }
