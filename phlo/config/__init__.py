"""phlo.yaml, inventory and environment applied to the catalog: the project, with every value final and sourced.

The stage's verb is `phlo.config.resolve.resolve`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.config.extra import read_extra
    from phlo.config.project import Project, ResolvedService
    from phlo.config.project_config import ProjectConfig, ServiceOverride
    from phlo.config.project_file import load_project_file
    from phlo.config.project_models import project_schema
    from phlo.config.root import find_project_root

__all__ = [
    "Project",
    "ProjectConfig",
    "ResolvedService",
    "ServiceOverride",
    "find_project_root",
    "load_project_file",
    "project_schema",
    "read_extra",
]

_MODULES = {
    "extra": ("read_extra",),
    "project": ("Project", "ResolvedService"),
    "project_file": ("load_project_file",),
    "project_config": ("ProjectConfig", "ServiceOverride"),
    "project_models": ("project_schema",),
    "root": ("find_project_root",),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
