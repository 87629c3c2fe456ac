"""Why a step was not run, in words."""

from __future__ import annotations

from phlo.errors import PhloError
from phlo.values import Status, Step

INTERRUPTED = "not started: interrupted"
NOT_LOCKED = "not started: the deploy lock could not be taken"
CALLED_OFF = "left as it is: the new version did not work, or is not available, elsewhere"
STACK_FAILED = "not started: another service failed, and everything that was changed is rolled back"
ENDED_WELL = (Status.OK, Status.CHANGED, Status.PENDING, Status.UNKNOWN, Status.SKIPPED)


def blocked_by(failed: Step, step: Step) -> str:
    """Why a step cannot run after one that failed."""
    if failed.operation == "preflight":
        return "left as it is: not everything can start on its host"
    if failed.service == step.service:
        return f"its {failed.operation} step did not succeed"
    return f"left as it is: it needs {failed.service or failed.name}, which did not come up"


def defect(step: Step, error: BaseException) -> PhloError:
    """The error of a step for an exception that phlo should not have raised."""
    failure = PhloError(
        f"phlo itself failed ({type(error).__name__}: {error})",
        where=step.id,
        fix="Run it again with --debug and report what it shows.",
    )
    failure.__cause__ = error
    return failure
