"""phlo's verbs as invoke tasks, for a project's own tasks.py.

from phlo.tasks import namespace                 # nothing of one's own: all of phlo's verbs

ns = phlo.tasks.collection()                     # or with tasks of one's own
ns.add_task(my_task)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from invoke.collection import Collection

    from phlo.cli.task_collection import collection

    namespace: Collection

__all__ = ["collection", "namespace"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from phlo.cli.task_collection import collection

    return collection if name == "collection" else collection()
