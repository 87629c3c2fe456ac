"""The vocabulary: phrases that the documentation and the texts of the code do not use, each with a better one.

Checked are Markdown, service files, and the texts of Python files: errors, help, events, docstrings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# Phrase -> what to write instead. A phrase is a regular expression that matches whole words, in any case.
PHRASES = {
    "anew": "again, or a verb with re-: recreate, restart, reload",
    "(is|are|be) told(?! apart)": "is reported, is printed, gets a message",
    "figures?(?! out)": "metrics, numbers",
    "mend(s|ed)?": "fix, correct",
    "(one|address|change) that is none": "an invalid one",
    "goes before": "overrides, has priority over",
    "going over": "overriding",
    "stands? in": "is in, is set in, is stored in",
    "putting back": "restoring, rolling back",
    "(is|are|was|were|be|been) put back": "is restored, is rolled back",
    "not to be had": "is not available",
    "good manners": "cleanly",
    "hangs? together": "depend on each other, belong together",
    "come to work": "become ready",
    "who is to help": "support",
    "brings? along": "contains, provides",
    "of somebody else": "of another project, of another account",
    "configured otherwise": "configuration changed",
    "in the place of what is there": "replacing",
    "shall be": "should be, is to be",
    "(?<!there )is no (file|node|text|host|secret|number|regular|saved|address|error|part)(?! is)": "is not a",
    "says (no|nothing)": "has no, is given no",
    "certainly gone": "no longer exists",
    "at work": "running, in use",
    "takes? the room": "uses the space",
    "goes on running": "keeps running",
    "hold(s)? any ?more": "is out of date, no longer matches",
    "to go back to": "to roll back to",
    "take (it|this|that) out": "remove it",
    "switch(ed)? (it )?(on|off)": "enable, disable",
    "what is there": "what exists, the current state",
    "that is there": "that exists, existing",
    "had (from|of) upstream": "pulled from upstream",
    "whoever": "everyone who, users who",
    "looks? on": "sees",
    "once more": "again",
    "by itself": "automatically, without help",
    "how .{1,20} (is|are) doing": "state",
    "mind (who|that|what)": "note",
    "too many instances|instances too many": "surplus instances",
}
PATTERN = {phrase: re.compile(rf"\b{phrase}\b", re.IGNORECASE) for phrase in PHRASES}

CHECKED = ("phlo/**/*.py", "packages/*/src/**/*.py", "scripts/**/*.py")
PAGES = (
    "*.md",
    "docs/**/*.md",
    "packages/*/*.md",
    "examples/**/*.md",
    "roles/**/*.md",
    "packages/*/src/**/*service.yaml",
)
# Texts that other tools wrote, and records of what was decided in the words of that time.
LEFT_OUT = (
    "CHANGELOG.md",
    "docs/architecture/decisions",
    "docs/reference/ansible-differences.md",
    "docs/reference/api.md",
    "docs/reference/compose-differences.md",
    "packages/phlo-api",
    "packages/phlo-observatory",
    "phlo/execute/play",
    "phlo/playbook",
)


def is_left_out(path: Path) -> bool:
    name = path.relative_to(ROOT).as_posix()
    return name.startswith(LEFT_OUT) or "/image/" in name or "/tests/" in name or "/.phlo/" in f"/{name}"


def files(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from (path for path in sorted(ROOT.glob(pattern)) if not is_left_out(path))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line number and text: every line of a page; of a Python file its strings."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), 1)
        return
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def found_in(text: str) -> list[str]:
    return [f'"{match[0]}": write {PHRASES[phrase]}' for phrase in PHRASES if (match := PATTERN[phrase].search(text))]


def test_no_text_has_a_phrase_of_the_vocabulary() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {problem}"
        for path in files((*CHECKED, *PAGES))
        for line, text in texts(path)
        for problem in found_in(text)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The container is made anew.", 1),
        ("An address that is none is told.", 2),
        ("Figures of the service", 1),
        ("The two are told apart by their names; figure out which", 0),
        ("It needs mending; amend it", 0),
        ("The old version is restored.", 0),
        ("It is no file. There is no file.", 1),
    ],
)
def test_a_phrase_is_found_as_whole_words(text: str, count: int) -> None:
    assert len(found_in(text)) == count
