"""What is said when there is nothing to do. It stands alone because the run that says it most loads little else."""

from __future__ import annotations

from phlo.report.style import Style, seconds_text


def nothing_to_do(services: int | None, seconds: float | None, style: Style) -> str:
    """`✓ Nothing to do: all 6 services are as they should be (0.1s)`.

    services: how many there are, None when the run was not about how they should be. seconds: None leaves them out.
    """
    text = {None: "", 0: ": there are no services", 1: ": the service is as it should be"}.get(
        services, f": all {services} services are as they should be"
    )
    took = "" if seconds is None else f" ({seconds_text(seconds)})"
    return f"{style.sign('✓')} Nothing to do{text}{took}"
