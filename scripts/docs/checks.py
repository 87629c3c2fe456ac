"""What may be wrong in the documentation: links to nowhere, commands phlo does not have, installing by bare name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from phlo.cli import parser
from phlo.cli.verbs import VERBS
from phlo.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_INLINE_COMMAND = re.compile(r"`(phlo(?: [^`\n]*)?)`")
# After a prompt, or alone on a line of a code block; variables may be set before it.
_LINE_COMMAND = re.compile(r"^(?:\$ |    )?(?:[A-Z_]+=\S+ )*(phlo (?!: ).*)$", re.MULTILINE)
_END_OF_COMMAND = {"|", "||", "&&", ";", ">", ">>", "<", "#", "&"}
_INSTALL_BY_NAME = re.compile(r"\bpip3? install\b.*\s['\"]?phlo(?:-[\w-]+)?(?:[\[<>=~!'\"\s]|$)")
# Words of `phlo run` that stand for a task, or are one that takes a file.
_RUNS_A_FILE = {"play"}


def pages(root: Path = ROOT) -> list[Path]:
    """Every page of documentation, those of packages and examples too."""
    patterns = ("*.md", "docs/**/*.md", "packages/*/*.md", "examples/**/*.md", "roles/**/*.md")
    return sorted(page for pattern in patterns for page in root.glob(pattern))


def broken_links(page: Path) -> Iterator[str]:
    """The page's links to files and headings that are not there; addresses are not asked."""
    text = _SPAN.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists():
            yield f"there is no {link}"
        elif heading and heading not in anchors(target):
            yield f"{link}: there is no such heading"


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them: small letters, dashes for spaces, no other signs."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def unknown_commands(page: Path) -> Iterator[str]:
    """The page's `phlo ...` commands that phlo would not take."""
    for command in commands(page.read_text(encoding="utf-8")):
        if problem := problem_of(command):
            yield f"`{command}`: {problem}"


def unsafe_installs(page: Path) -> Iterator[str]:
    """The page's lines of code that install a package of ours by its name, which an index may give a stranger's for."""
    yield from unsafe_installs_in(_blocks(page.read_text(encoding="utf-8")))


def unsafe_installs_in(script: str) -> Iterator[str]:
    """The lines of a script that do so."""
    for line in script.splitlines():
        if _INSTALL_BY_NAME.search(line.partition("#")[0]):
            yield f"{line.strip()}: installs by name, write a folder of the repository"


def commands(text: str) -> list[str]:
    """Every phlo command that a page shows, in code blocks and within sentences."""
    return list(dict.fromkeys([*_LINE_COMMAND.findall(_blocks(text)), *_INLINE_COMMAND.findall(text)]))


def _blocks(text: str) -> str:
    """The code blocks of a page, fenced ones and indented ones."""
    return "\n".join([*_FENCE.findall(text), *re.findall(r"^    \S.*$", text, re.MULTILINE)])


def problem_of(command: str) -> str | None:
    """What phlo does not know of a command; a left-out argument or a placeholder for a number is fine."""
    words = _words(command)
    if not words or words[0] in ("--version", "-V", *parser.HELP_FLAGS):
        return None
    try:
        leading, rest = parser.split(words)
        verb, rest = parser.find_verb(rest)
        if verb is None:
            return None
        if verb.name == "run" and rest and not rest[0].startswith("-"):
            tasks = {name: task for task in VERBS if task.is_task for name in (task.name, *task.aliases)}
            if rest[0] not in tasks:
                is_a_roles = "." in rest[0] or rest[0].isupper() or rest[0] in _RUNS_A_FILE
                return None if is_a_roles else f'there is no task "{rest[0]}"'
            verb, rest = tasks[rest[0]], rest[1:]
        parser.parse(verb, [*leading, *(word for word in rest if word not in parser.HELP_FLAGS)])
    except ConfigError as error:
        return error.what if error.what.startswith(("there is no", "does not know")) else None
    return None


def _words(command: str) -> list[str]:
    """The words of a command behind `phlo`, up to what the shell makes of the rest."""
    try:
        words = shlex.split(command, comments=True)[1:]
    except ValueError:  # a quote that the page leaves open
        words = command.split()[1:]
    end = next((index for index, word in enumerate(words) if word in _END_OF_COMMAND), len(words))
    return [word for word in words[:end] if word not in ("...", "…")]
