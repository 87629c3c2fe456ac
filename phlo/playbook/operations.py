"""The operations that tasks can use: phlo's own, and those of installed packages."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from phlo.discovery.operations import InstalledOperation, installed_operations
from phlo.errors import PackageError
from phlo.frozen import dataclass, field
from phlo.operations import EVERY, FOR_TASKS, Operation, task_operation

_NEEDED = ("Args", "observe", "decide", "apply")

# Of the operations of phlo's own plans, those whose arguments a task can write.
_FROM_PLANS = frozenset({"network", "power", "volume"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Finds operations by name. An installed one cannot take the name of one of phlo's."""

    installed: Mapping[str, InstalledOperation] = field(default_factory=installed_operations)

    def names(self) -> frozenset[str]:
        """What a task may name."""
        return _FROM_PLANS | frozenset(FOR_TASKS) | frozenset(self.installed)

    def find(self, name: str) -> Operation:
        """The operation's module, imported now. Raises PlanError, or PackageError for a broken one."""
        if name in EVERY or name not in self.installed:
            return task_operation(name)
        entry = self.installed[name]
        where = f"{entry.distribution} entry point {name}"
        try:
            module: Any = importlib.import_module(entry.module.partition(":")[0])
        except Exception as reason:
            what = f"the operation cannot be loaded: {type(reason).__name__}: {reason}"
            raise PackageError(what, where=where, fix="Repair the package, or install another version.") from reason
        missing = [part for part in _NEEDED if not hasattr(module, part)]
        if missing:
            fix = "An operation is a module with all of these: `phlo plugin create NAME --type operation` writes one."
            raise PackageError(f"{entry.module} has no {', '.join(missing)}", where=where, fix=fix)
        found: Operation = module
        return found
