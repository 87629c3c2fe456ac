"""Exit codes, and the one place where errors become them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from phlo.errors import ConfigError, HostError, InventoryError, LockError, PackageError, PhloError, PlanError

if TYPE_CHECKING:
    from phlo.cli.shell import Shell

OK = 0
FAILED = 1
CHANGES_PENDING = 2
USAGE = 3
UNREACHABLE = 4
ROLLED_BACK = 5
LOCKED = 6
INTERRUPTED = 130

_BY_ERROR: tuple[tuple[type[PhloError], int], ...] = (
    (LockError, LOCKED),
    (HostError, UNREACHABLE),
    (ConfigError, USAGE),
    (PackageError, USAGE),
    (InventoryError, USAGE),
    (PlanError, USAGE),
)

BY_OUTCOME = {
    "ok": OK,
    "changed": OK,
    "pending": OK,
    "failed": FAILED,
    "rolled_back": ROLLED_BACK,
    "unreachable": UNREACHABLE,
    "interrupted": INTERRUPTED,
}


# What a file system refuses, which no program can know before, and what to do about it.
_NOT_OURS = {
    errno.EACCES: "Give it back to who runs phlo (`chown`), or run phlo as its owner.",
    errno.EPERM: "Give it back to who runs phlo (`chown`), or run phlo as its owner.",
    errno.EROFS: "Put the project on a file system that can be written to.",
    errno.ENOSPC: "Make room: `docker system df` and `du` show what takes it.",
    errno.EDQUOT: "Make room, or have your quota raised.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`), or lower --forks.",
    errno.ENAMETOOLONG: "Use a shorter name.",
    errno.ENOTDIR: "Something on the way to it is a file and not a folder.",
    errno.EISDIR: "There is a folder where a file should be.",
}


def code_of(error: PhloError) -> int:
    """The exit code that stands for an error."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), FAILED)


def report_error(error: BaseException, options: Any, shell: Shell) -> int:
    """Print what went wrong, and give the exit code for it. With --debug a traceback comes first."""
    if isinstance(error, KeyboardInterrupt):
        shell.tell("Interrupted.")
        return INTERRUPTED
    if getattr(options, "debug", False):
        import traceback

        shell.tell("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, OSError) and error.filename is not None and error.errno in _NOT_OURS:
        error = ConfigError(str(error.strerror), where=error.filename, fix=_NOT_OURS[error.errno])
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
