"""Exit codes, and the one place where errors become them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, Protocol

from phlo.errors import (
    ConfigError,
    HostError,
    InventoryError,
    LockError,
    OperationError,
    PackageError,
    PhloError,
    PlanError,
)
from phlo.stop_signals import SIGNALS, exit_code_of, signal_of

if TYPE_CHECKING:
    from phlo.cli.shell import Shell

OK = 0
FAILED = 1
CHANGES_PENDING = 2
USAGE = 3
UNREACHABLE = 4
ROLLED_BACK = 5
LOCKED = 6

_BY_ERROR: tuple[tuple[type[PhloError], int], ...] = (
    (LockError, LOCKED),
    (HostError, UNREACHABLE),
    (ConfigError, USAGE),
    (PackageError, USAGE),
    (InventoryError, USAGE),
    (PlanError, USAGE),
)

_BY_STATUS = {
    "ok": OK,
    "changed": OK,
    "pending": OK,
    "failed": FAILED,
    "rolled_back": ROLLED_BACK,
    "unreachable": UNREACHABLE,
}


class _Ended(Protocol):
    """How a run of a plan or of playbooks ended. signal: what stopped it, None when it ran to its end."""

    @property
    def status(self) -> str: ...

    @property
    def signal(self) -> int | None: ...


def of_outcome(outcome: _Ended) -> int:
    """The exit code after a run."""
    return _BY_STATUS[outcome.status] if outcome.signal is None else exit_code_of(outcome.signal)


def is_interrupted(code: int) -> bool:
    """Whether an exit code says that a signal stopped the run."""
    return code in map(exit_code_of, SIGNALS)


# What a file system refuses, which no program can know before, and what to do about it.
_NOT_OURS = {
    errno.EACCES: "Give it back to who runs phlo (`chown`), or run phlo as its owner.",
    errno.EPERM: "Give it back to who runs phlo (`chown`), or run phlo as its owner.",
    errno.EROFS: "Put the project on a file system that can be written to.",
    errno.ENOSPC: "Make room: `docker system df` and `du` show what takes it.",
    errno.EDQUOT: "Make room, or have your quota raised.",
    errno.EFBIG: "Check that it is the right file.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`), or lower --forks.",
    errno.ENAMETOOLONG: "Use a shorter name.",
    errno.ENOTDIR: "Something on the way to it is a file and not a folder.",
    errno.EISDIR: "There is a folder where a file should be.",
}


def code_of(error: PhloError) -> int:
    """The exit code that stands for an error."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), FAILED)


def lost_output(name: str, reason: OSError) -> OperationError:
    """The error for an output of this process that could not be written."""
    what = f"some of the output could not be written: {reason.strerror or reason}"
    fix = f"{_NOT_OURS.get(reason.errno or 0, '')} What the command had to do is done.".strip()
    return OperationError(what, where=name, fix=fix)


def report_error(error: BaseException, options: Any, shell: Shell) -> int:
    """Print what went wrong, and give the exit code for it. With --debug a traceback comes first."""
    if isinstance(error, KeyboardInterrupt):
        shell.tell("Interrupted.")
        return exit_code_of(signal_of(error))
    if getattr(options, "debug", False):
        from phlo.report.traceback_text import traceback_text

        shell.tell(traceback_text(error, shell.style(options, err=True)))
    if isinstance(error, OSError) and error.errno in _NOT_OURS:
        error = ConfigError(str(error.strerror), where=error.filename or "", fix=_NOT_OURS[error.errno])
    if isinstance(error, PhloError):
        from phlo.report.errors import error_text

        shell.tell(error_text(error, shell.style(options, err=True)))
        return code_of(error)
    kind = type(error).__name__
    shell.tell(
        f"✗ phlo itself failed ({kind}: {error}). This is a fault in phlo, not in your project: "
        "run the same command again with --debug, and report what it prints to phlo's issue tracker."
    )
    return FAILED
