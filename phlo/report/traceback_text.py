"""The traceback of an error, for `--debug`."""

from __future__ import annotations

from phlo.report.style import Style


def traceback_text(error: BaseException, style: Style) -> str:
    """Where an error comes from, with the source lines around it on a terminal; values of variables never show.

    A local variable may hold a secret, and a traceback is what people paste into bug reports.
    """
    if not style.is_terminal:
        import traceback

        return "".join(traceback.format_exception(error)).rstrip()
    from rich.traceback import Traceback

    from phlo.report.drawing import drawn

    shown = Traceback.from_exception(
        type(error),
        error,
        error.__traceback__,
        width=style.width,
        code_width=max(style.width - 10, 20),
        theme="ansi_dark",
        word_wrap=True,
        show_locals=False,
    )
    return drawn(shown, style)
