"""A tool under measurement: the files it needs for a workload, and its commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.bench.workload import Workload
from tests.hosts.bed import Bed

Argv = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """What a tool needs, and its commands, for the hosts of a bed: the whole workload runs on each of them."""

    files: Callable[[Workload, Bed], Mapping[str, str]]
    up: Argv
    down: Argv


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Commands run in a folder that holds `files`.

    files:    a workload -> relative path -> text; written again before `up` when the workload has changed.
    up_chain: `up` for a chain of health checks, None where the tool cannot wait for health.
    remote:   the same for several hosts, None where the tool knows but one.
    setting:  environment variables of this tool, added to those that all get.
    remark:   what a reader of the table must know about how the tool was used.
    others:   services that the tool would bring up besides the workload's unless told not to.
    """

    name: str
    title: str
    version: str
    files: Callable[[Workload], Mapping[str, str]]
    up: Argv
    up_chain: Argv | None
    down: Argv
    help: Argv
    setting: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
    others: tuple[str, ...] = ()
    remote: Remote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A tool that is not measured, and why; the table says so."""

    name: str
    title: str
    reason: str


class Unavailable(Exception):
    """A tool cannot be had on this machine; the message is the reason shown."""
