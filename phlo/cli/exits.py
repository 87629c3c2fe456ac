"""Exit codes, and the one place where errors become them."""

from __future__ import annotations

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
