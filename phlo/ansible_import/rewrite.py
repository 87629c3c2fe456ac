"""Writes a file of tasks without what became services: whole tasks are replaced, all other lines stay as they are."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML

from phlo.config.edit import unmistakable
from phlo.playbook.source import SourceFile
from phlo.yaml_source import Keys

# The tasks in place of one; none: it is taken out.
Edits = Mapping[Keys, Sequence[Mapping[str, Any]]]


def rewritten(source: SourceFile, edits: Edits) -> tuple[str, list[Keys]]:
    """The text of a file with tasks replaced, and the keys of those that share a line with something else.

    edits: the keys of each task -> the tasks in its place.
    """
    lines = source.text.splitlines(keepends=True)
    spans = {keys: _span(source, keys, lines) for keys in edits}
    left = []
    for keys, (first, last) in sorted(spans.items(), key=lambda one: one[1], reverse=True):
        indent = lines[first][: source.document.marks[keys][1] - 1]
        if indent.strip() != "-" or last <= first:
            left.append(keys)
        else:
            lines[first:last] = _tasks_text(edits[keys], indent.partition("-")[0])
    return "".join(lines), left


def _span(source: SourceFile, keys: Keys, lines: Sequence[str]) -> tuple[int, int]:
    """The lines of a list's entry, counted from 0; empty when something else begins in its last line."""
    line, column = source.document.marks[keys]
    following = [
        mark for other, mark in source.document.marks.items() if mark > (line, column) and other[: len(keys)] != keys
    ]
    end = min(following)[0] - 1 if following else len(lines)
    while end > line and _is_between(lines[end - 1], column):
        end -= 1
    return line - 1, end


def _is_between(line: str, column: int) -> bool:
    """Whether a line behind an entry is none of it: an empty one, or a comment further left."""
    text = line.lstrip()
    return not text or (text.startswith("#") and len(line) - len(text) < column - 1)


def _tasks_text(tasks: Sequence[Mapping[str, Any]], indent: str) -> list[str]:
    """Tasks as lines of a list with an indentation."""
    found: list[str] = []
    for task in tasks:
        yaml = YAML()
        yaml.width = 10_000
        yaml.indent(mapping=2, sequence=4, offset=2)
        out = io.StringIO()
        yaml.dump(unmistakable(task), out)
        body = out.getvalue().splitlines(keepends=True)
        found += [f"{indent}{'- ' if index == 0 else '  '}{line}" for index, line in enumerate(body)]
    return found
