from __future__ import annotations

import re
from pathlib import Path

import pytest

from phlo.cli import exits
from phlo.labels import OWN_LABELS
from scripts.docs.blocks import fences
from scripts.docs.checks import ROOT, anchors, broken_links, commands, pages, unknown_commands, unsafe_installs
from scripts.docs.pages import REFERENCE, generated


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_command_shown_exists(page: Path) -> None:
    assert list(unknown_commands(page)) == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_no_page_installs_ours_by_name(page: Path) -> None:
    assert list(unsafe_installs(page)) == []


@pytest.mark.parametrize("page", generated(), ids=name_of)
def test_generated_pages_are_as_the_code_is(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == generated()[page], "run `invoke docs`"


def test_every_page_can_be_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#:\s]+)", page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link).resolve() for link in links if (page.parent / link).exists()]

    expected = {page for page in (ROOT / "docs").rglob("*.md") if "decisions" not in page.parts}
    assert expected - reached == set(), "link them from docs/index.md"


def test_every_exit_code_is_explained() -> None:
    text = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    codes = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == codes


def test_every_label_is_explained() -> None:
    text = (REFERENCE / "labels.md").read_text(encoding="utf-8")

    assert {label for label in OWN_LABELS if f"`{label}`" not in text} == set()


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "architecture" / "decisions").glob("*.md"))

    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_the_guide_shows_the_pipeline_that_init_writes() -> None:
    text = (ROOT / "docs" / "guides" / "pipeline.md").read_text(encoding="utf-8")
    starter = ROOT / "packages" / "phlo-dagster" / "src" / "phlo_dagster" / "starter"
    shown = [fence.text for fence in fences(text) if fence.language == "python"]
    assert shown == [(starter / "definitions.py").read_text(encoding="utf-8")]


# -- the checks themselves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("`phlo pln`", 'there is no command "pln"'),
        ("`phlo up --chek`", "does not know --chek"),
        ("`phlo run uup`", 'there is no task "uup"'),
        ("    phlo config explian NAME", 'there is no command "config explian"'),
        ("```console\n$ A=b phlo up --chek | less\n```", "does not know --chek"),
    ],
)
def test_a_command_that_phlo_does_not_have_is_found(tmp_path: Path, text: str, problem: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)

    (found,) = unknown_commands(page)

    assert problem in found


@pytest.mark.parametrize(
    "text",
    [
        "`phlo`, `phlo services`, `phlo --version`, `phlo plan --help`",
        "`phlo config explain`",
        "`phlo up --forks N`",
        "`phlo run postgres.backup --to FILE`",
        "```console\n$ phlo -C lake up web   # a comment\n$ phlo exec web ls --anything > out\n```",
        "```text\nphlo: what a program printed\n```",
    ],
)
def test_commands_that_phlo_has_are_fine(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)

    assert list(unknown_commands(page)) == []


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = "Say `phlo up`.\n\n    phlo plan   # look\n\n```console\n$ A=b phlo down\nphlo.yaml: text\n```\n"

    assert commands(text) == ["phlo down", "phlo plan   # look", "phlo up"]


@pytest.mark.parametrize(
    ("line", "is_unsafe"),
    [
        ("pip install phlo", True),
        ("pip install 'phlo[defaults]'", True),
        ("pip install --upgrade phlo-postgres==1", True),
        ("pip install ./phlo-checkout ./phlo-checkout/packages/phlo-postgres", False),
        ("pip install invoke  # and phlo", False),
    ],
)
def test_installing_ours_by_name_is_found(tmp_path: Path, line: str, is_unsafe: bool) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Text.\n\n    {line}\n")

    assert bool(list(unsafe_installs(page))) is is_unsafe


def test_a_link_to_a_missing_page_or_heading_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One `code` thing\n")
    page = tmp_path / "page.md"
    page.write_text("[a](other.md) [b](other.md#one-code-thing) [c](other.md#two) [d](gone.md) [e](https://x.invalid/)")

    assert list(broken_links(page)) == ["other.md#two: there is no such heading", "there is no gone.md"]
    assert anchors(tmp_path / "other.md") == {"one-code-thing"}
