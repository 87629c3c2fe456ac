"""The documentation as a site leads to every page, and loads nothing from elsewhere."""

from __future__ import annotations

from collections import Counter

from scripts.docs.checks import ROOT, pages
from scripts.docs.diagrams import is_current, picture_of, sources
from scripts.docs.site import in_navigation, settings


def test_the_navigation_leads_to_every_page_once_and_to_nothing_else() -> None:
    named = Counter(in_navigation(settings()["nav"]))
    there = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("docs/**/*.md", "examples/*/README.md", "packages/*/README.md")
        for path in ROOT.glob(pattern)
    }
    assert set(named) == there | {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
    assert set(named.values()) == {1}


def test_fonts_are_the_readers_own() -> None:
    assert settings()["theme"]["font"] is False


def test_pictures_are_drawn_from_what_they_are_described_by_and_shown() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in pages())
    for source in sources():
        assert is_current(source), f"{source.name}: run `invoke docs`"
        assert picture_of(source).name in shown


def test_pictures_load_nothing() -> None:
    for source in sources():
        assert "href" not in picture_of(source).read_text(encoding="utf-8")
