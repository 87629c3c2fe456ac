"""A process, told from every other one, also from a later one with the same number."""

from __future__ import annotations

import os

from phlo.frozen import dataclass

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessId:
    """machine: the boot and the process namespace it belongs to, empty where that is unknown.

    started: clock ticks from that boot to its start, so a clock that is set does not matter (proc(5)).
    """

    machine: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.machine}/{self.pid}/{self.started}"

    @classmethod
    def parse(cls, text: str) -> ProcessId:
        """The opposite of `str`; raises ValueError."""
        machine, pid, started = text.rsplit("/", 2)
        if not pid.isascii() or not pid.isdecimal():
            raise ValueError(text)
        return cls(machine=machine, pid=int(pid), started=started)

    def is_here(self) -> bool:
        """Whether this machine can tell if it still runs."""
        return bool(self.machine) and self.machine == _machine()

    def is_gone(self) -> bool:
        """True when it certainly runs no more; False when it does, or when that cannot be determined here."""
        return self.is_here() and _started(self.pid) != self.started


def this_process() -> ProcessId:
    """The process that asks."""
    pid = os.getpid()
    started = _started(pid)
    return ProcessId(machine=_machine() if started else "", pid=pid, started=started)


def _machine() -> str:
    try:
        with open(_BOOT_ID, encoding="ascii") as stream:
            return f"{stream.read().strip()}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:  # not Linux
        return ""


def _started(pid: int) -> str:
    """When a process started; empty when there is none, or only its exit status waits to be read."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            # The second field is the program's name in parentheses, which may hold anything.
            fields = stream.read().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
