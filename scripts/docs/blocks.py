"""The command blocks of the documentation: what a reader types, and what the page says it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = ("README.md", "docs/**/*.md", "packages/*/README.md", "examples/*/README.md")
SESSIONS = ("console",)  # `$ command`, then what it prints
SCRIPTS = ("sh", "bash")  # commands alone; with a first line `#!` one script

_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_INDENTED = re.compile(r"(?:^|\n) *\n(    (?![-*] |\d+\. )\S[^\n]*)")
_TYPED = re.compile(r"(?:\$ |(?:phlo|make|pip|invoke|docker|cd) (?!: ))")
_PROMPT = "$ "


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a page. at: where it stands, counted in characters; under: its heading; shown: lines it prints."""

    text: str
    at: int
    under: str
    shown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The command without the page's remark on it."""
        return re.sub(r"\s+# .*$", "", self.text.splitlines()[0]).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """A fenced block of any language."""

    language: str
    text: str
    at: int


def shown_pages(root: Path = ROOT) -> list[Path]:
    return sorted(page for pattern in PATTERNS for page in root.glob(pattern))


def fences(text: str) -> list[Fence]:
    """Every fenced block of a page, in order."""
    return [Fence(language=found[2], text=found[3], at=found.start(3)) for found in _FENCE.finditer(text)]


def commands(text: str) -> list[Command]:
    """Every command of a page's command blocks, in order."""
    bare = _FENCE.sub(lambda found: " " * len(found[0]), text)
    headings = [(found.start(), found[1]) for found in _HEADING.finditer(bare)]
    made: list[Command] = []
    for fence in fences(text):
        under = next((name for at, name in reversed(headings) if at < fence.at), "")
        if fence.language in SESSIONS:
            made += _session(fence, under)
        elif fence.language in SCRIPTS:
            made += _script(fence, under)
    return made


def unclear_blocks(text: str) -> Iterator[str]:
    """Blocks of which nobody can tell whether they are commands: without a language, or of a wrong one."""
    for fence in fences(text):
        first = fence.text.lstrip("\n").splitlines()[:1]
        if not fence.language:
            yield f"a block without a language: {first}"
        elif fence.language == "text" and first and _TYPED.match(first[0]):
            yield f"commands in a block of text: {first[0]}"
    bare = _FENCE.sub("", text)
    yield from (f"an indented block, write a fenced one: {found[1].strip()}" for found in _INDENTED.finditer(bare))


def _session(fence: Fence, under: str) -> Iterator[Command]:
    text, shown, at, position = "", [], fence.at, fence.at
    for line in fence.text.splitlines():
        if line.startswith(_PROMPT):
            if text:
                yield Command(text=text, at=at, under=under, shown=tuple(shown))
            text, shown, at = line.removeprefix(_PROMPT), [], position
        elif text.endswith("\\") and not shown:
            text += f"\n{line}"
        else:
            shown.append(line)
        position += len(line) + 1
    if text:
        yield Command(text=text, at=at, under=under, shown=tuple(shown))


def _script(fence: Fence, under: str) -> Iterator[Command]:
    if fence.text.startswith("#!"):
        yield Command(text=fence.text, at=fence.at, under=under)
        return
    position = fence.at
    for part in re.split(r"(?<!\\)\n", fence.text):
        if part.strip() and not part.lstrip().startswith("#"):
            yield Command(text=part, at=position, under=under)
        position += len(part) + 1
