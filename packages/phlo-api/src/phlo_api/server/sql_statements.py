"""A text of SQL as its statements, with where each begins."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)|'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)|;""", re.DOTALL
)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
# What the statements behind it depend on, or what holds semicolons itself: such a text is sent as it is.
_ONE_SESSION = re.compile(
    r"\b(?:begin|start\s+transaction|use|set|attach|load|prepare|pragma|temp|temporary)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """line, column: where the text begins, both from 1."""

    sql: str
    line: int
    column: int

    def place(self, line: int, column: int | None) -> tuple[int, int | None]:
        """A place in the statement as one in the whole text."""
        if line == 1 and column is not None:
            column += self.column - 1
        return self.line + line - 1, column


def statements_of(sql: str) -> list[Statement]:
    """The statements, without the semicolons between them. Those that need one session stay together."""
    ends = [found.start() for found in _TOKEN.finditer(sql) if found[0] == ";"]
    bounds = zip([0, *(end + 1 for end in ends)], [*ends, len(sql)], strict=True)
    found = [one for start, end in bounds if (one := _statement(sql, start, end)) is not None]
    if len(found) > 1 and any(_ONE_SESSION.search(_TOKEN.sub(" ", one.sql)) for one in found):
        whole = _statement(sql, 0, len(sql))
        return [whole] if whole else []
    return found


def _statement(sql: str, start: int, end: int) -> Statement | None:
    text = sql[start:end]
    if not _COMMENT.sub("", text).strip():
        return None
    begin = start + len(text) - len(text.lstrip())
    line_start = sql.rfind("\n", 0, begin) + 1
    return Statement(sql=text.strip(), line=sql.count("\n", 0, begin) + 1, column=begin - line_start + 1)
