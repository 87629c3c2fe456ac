"""Idempotent operations: each a module with `Args`, `observe`, `decide` and `apply`.

    observe(args, host: ReadHost) -> Seen                 reads only
    decide(args, seen) -> list[Change]                    pure; nothing to do is []
    apply(change, args, seen, host: Host) -> facts        makes one change; harmless when repeated

One law holds for all: observe, decide, apply, observe, decide -> [].

`facts` is what a task's `register` keeps (None: nothing); `changed: False` in it says that in the end there was
nothing to do. A module may also have `facts(args, seen)`, which gives what `register` keeps when there is nothing to
apply, and `diff(args, seen)`, the lines that would change in a file.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from phlo.errors import PlanError, did_you_mean
from phlo.hosts.host import Host, ReadHost
from phlo.orchestrators import load, operation_parts
from phlo.values import Change

BUILT_IN = (
    "image",
    "network",
    "volume",
    "container",
    "file",
    "preflight",
    "wait",
    "hook",
    "power",
    "restart",
    "absent",
    "orphans",
    "rollback",
)
FOR_TASKS = (
    "add_host",
    "apk",
    "apt",
    "archive",
    "assert",
    "blockinfile",
    "command",
    "copy",
    "cron",
    "debug",
    "dnf",
    "exec",
    "fail",
    "fetch",
    "file",
    "get_url",
    "group",
    "group_by",
    "hostname",
    "http",
    "include_vars",
    "lineinfile",
    "package",
    "pause",
    "reboot",
    "run",
    "s3_bucket",
    "s3_download",
    "s3_upload",
    "script",
    "service",
    "set_fact",
    "setup",
    "slurp",
    "stat",
    "sysctl",
    "systemd",
    "systemd_service",
    "template",
    "unarchive",
    "uri",
    "user",
    "validate_argument_spec",
    "volume_archive",
    "volume_unarchive",
    "wait_for",
)
EVERY = tuple(dict.fromkeys((*BUILT_IN, *FOR_TASKS)))
# Modules that are called otherwise: the name is a word of Python, or of a module that is not an operation.
_MODULES = {"assert": "assertion", "archive": "pack", "systemd_service": "systemd", "unarchive": "unpack"}
# What a task names as a step of a plan is named, and is something else.
_TASK_MODULES = {"file": "path_state"}


class Operation(Protocol):
    """What a module of this package offers.

    `are_independent(args)`, which a module may have besides, says whether its changes may be made side by side.
    """

    def observe(self, args: Any, host: ReadHost) -> Any: ...

    def decide(self, args: Any, seen: Any) -> list[Change]: ...

    def apply(self, change: Change, args: Any, seen: Any, host: Host) -> Mapping[str, Any] | None: ...


@functools.cache
def operation(name: str) -> Operation:
    """The operation called `name`; its module is imported when it is first asked for."""
    orchestrator, own = operation_parts(name)
    if orchestrator and own in load(orchestrator, "operations").NAMES:
        found: Operation = load(orchestrator, f"operations.{own}")
        return found
    if name not in EVERY:
        raise PlanError(f'there is no operation "{name}"', fix=did_you_mean(name, EVERY))
    return _module(_MODULES.get(name, name))


def task_operation(name: str) -> Operation:
    """The operation that a task calls `name`."""
    return _module(_TASK_MODULES[name]) if name in _TASK_MODULES else operation(name)


def _module(name: str) -> Operation:
    found: Any = importlib.import_module(f"phlo.operations.{name}")
    module: Operation = found
    return module
