"""Find the services and plug-ins there are, without importing any of their packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.discovery.catalog import Catalog, PluginInfo, Problem, Scan
    from phlo.discovery.definition import ServiceDefinition, inferred_condition
    from phlo.discovery.plugins import ServicePlugin, discover_plugins
    from phlo.discovery.services import ServiceDiscovery, discover_services

__all__ = [
    "Catalog",
    "PluginInfo",
    "Problem",
    "Scan",
    "ServiceDefinition",
    "ServiceDiscovery",
    "ServicePlugin",
    "discover_plugins",
    "discover_services",
    "inferred_condition",
]

_MODULES = {
    "catalog": ("Catalog", "PluginInfo", "Problem", "Scan"),
    "definition": ("ServiceDefinition", "inferred_condition"),
    "plugins": ("ServicePlugin", "discover_plugins"),
    "services": ("ServiceDiscovery", "discover_services"),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
