"""An animated SVG of what a terminal showed, without scripts: it plays wherever an image is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import accumulate, pairwise
from typing import NamedTuple

from rich.cells import cell_len

_WIDTH, _HEIGHT, _MARGIN = 8.4, 18, 12  # of a character cell, and around the screen
_LEAST_SECONDS, _MOST_SECONDS, _LAST_SECONDS = 0.3, 1.5, 5.0
_COLOURS = {
    "✓": "#4ac26b",
    "✗": "#ff7b72",
    "!": "#e3b341",
    "~": "#e3b341",
    "+": "#4ac26b",
    "-": "#ff7b72",
    "$": "#79c0ff",
}


class Frame(NamedTuple):
    """A screen. at: seconds since the beginning."""

    at: float
    text: str


def thinned(frames: Iterable[Frame]) -> list[Frame]:
    """The frames without those that are replaced within a moment; the last one is always kept."""
    kept: list[Frame] = []
    for frame in frames:
        if kept and frame.at - kept[-1].at < _LEAST_SECONDS:
            kept[-1] = Frame(kept[-1].at, frame.text)
        elif not kept or frame.text != kept[-1].text:
            kept.append(frame)
    return kept


def animated(frames: Sequence[Frame], *, columns: int, title: str) -> str:
    """The SVG: all frames below each other behind a window, which jumps from one to the next.

    Pauses are shortened. Where a reader prefers no motion, the last frame is shown.
    """
    rows = max(frame.text.count("\n") + 1 for frame in frames)
    height = rows * _HEIGHT + 2 * _MARGIN
    width = round(columns * _WIDTH) + 2 * _MARGIN
    pauses = [min(after.at - one.at, _MOST_SECONDS) for one, after in pairwise(frames)]
    begins = [0.0, *accumulate(pauses)]
    total = begins[-1] + _LAST_SECONDS
    steps = "".join(
        f"{100 * begin / total:.2f}%{{transform:translateY({-index * height}px)}}" for index, begin in enumerate(begins)
    )
    last = f"translateY({-(len(frames) - 1) * height}px)"
    style = (
        f"text{{font:14px ui-monospace,Menlo,Consolas,monospace;white-space:pre;fill:#e6edf3}}"
        f"@keyframes play{{{steps}100%{{transform:{last}}}}}"
        f"#frames{{animation:play {total:.2f}s step-end infinite}}"
        f"@media(prefers-reduced-motion:reduce){{#frames{{animation:none;transform:{last}}}}}"
    )
    shown = "".join(_frame(frame, index * height) for index, frame in enumerate(frames))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img"><title>{escape(title)}</title><style>{style}</style>'
        f'<rect width="100%" height="100%" rx="8" fill="#0d1117"/><g id="frames">{shown}</g></svg>\n'
    )


def _frame(frame: Frame, top: int) -> str:
    return "".join(
        f'<text x="{_MARGIN}" y="{top + _MARGIN + (number + 1) * _HEIGHT - 5}"{_length(line)}{_colour(line)}>'
        f"{escape(line, quote=False)}</text>"
        for number, line in enumerate(frame.text.splitlines())
        if line
    )


def _length(line: str) -> str:
    """The width of a line, so that every font keeps the columns."""
    return f' textLength="{cell_len(line) * _WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'


def _colour(line: str) -> str:
    colour = _COLOURS.get(line[0]) or ("#8b949e" if line.startswith("    ") else "")
    return f' style="fill:{colour}"' if colour else ""
