"""Long lines are wrapped between words."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

from phlo.report.fit import fit
from phlo.report.style import Style

PAINT = Style(True)
SENTENCE = "the image of the service was rebuilt because three of its causes have changed since the last run"


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize(
    ("line", "indent"),
    [
        (f"✓ web  {SENTENCE}", 7),
        (f"    {SENTENCE}", 6),
        (f"{PAINT.sign('✗')} {PAINT('web', 'bold')}  {PAINT(SENTENCE, 'red')}", 7),
        (f"! {SENTENCE}", 2),
        (f"✗ {'n' * 60}  {SENTENCE}", 2),
    ],
)
@pytest.mark.parametrize("width", [40, 80])
def test_a_line_goes_on_below_its_text(line: str, indent: int, width: int) -> None:
    lines = plain(fit(line, width)).split("\n")
    assert len(lines) > 1
    assert max(map(cell_len, lines)) <= width
    assert {len(one) - len(one.lstrip()) for one in lines[1:]} == {min(indent, width // 2)}
    assert "".join(plain(line).split()) == "".join(" ".join(lines).split())


def test_no_word_is_broken_that_fits_on_a_line() -> None:
    assert " ".join(fit(f"! {SENTENCE}", 30).split()) == f"! {SENTENCE}"


def test_wide_characters_count_twice() -> None:
    lines = fit(" ".join(["東京サーバ"] * 9), 40).split("\n")
    assert max(map(cell_len, lines)) <= 40
    assert all(word == "東京サーバ" for line in lines for word in line.split())


def test_each_line_ends_its_colours() -> None:
    for line in fit(PAINT(SENTENCE, "red"), 40).split("\n"):
        assert line.endswith("\x1b[0m")


def test_text_in_brackets_is_no_markup() -> None:
    text = f"! [red]{SENTENCE}[/red] :smile: [link=x]y[/link]"
    assert " ".join(fit(text, 40).split()) == text


def test_lines_that_fit_stay_as_they_are_and_load_no_rich() -> None:
    code = (
        "import sys; from phlo.report.fit import fit\n"
        "text = '\\x1b[31m✓\\x1b[0m ' + 'x' * 78 + '\\n東京'\n"
        "assert fit(text, 80) == text\nassert 'rich' not in sys.modules\nfit('x ' * 80, 80)\n"
        "assert 'rich' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
