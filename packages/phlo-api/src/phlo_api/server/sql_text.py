"""What the audit log keeps of a statement: its shape, without the values in it."""

from __future__ import annotations

import re

MOST_LENGTH = 200
HIDDEN = "***"
# A comment or a value. One that has no end is hidden up to the statement's end.
_HIDDEN = re.compile(
    r"""--[^\n]*|/\*.*?(?:\*/|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)|'(?:[^']|'')*(?:'|\Z)|"(?:[^"]|"")*(?:"|\Z)"""
    r"""|(?<![\w.])\d[\w.]*""",
    re.DOTALL,
)
_SPACE = re.compile(r"\s+")
# Statements about credentials take them as names, too, with no quotes: only what they begin with is shown.
_CREDENTIALS = re.compile(r"secret|password|passwd|credential|token|access_?key|key_?id|identified", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]+")


def shape_of(sql: str) -> str:
    """A statement on one line with `***` for texts, numbers and comments."""
    if _CREDENTIALS.search(sql):
        first = _WORD.match(sql.lstrip())
        return f"{first[0] if first else ''} {HIDDEN}".strip()
    # With a backslash it depends on the engine where a text ends: from the first quote on nothing is shown.
    shown, quote, _ = sql.partition("'") if "\\" in sql else (sql, "", "")
    text = _SPACE.sub(" ", _HIDDEN.sub(_hide, shown)).strip() + (HIDDEN if quote else "")
    return text if len(text) <= MOST_LENGTH else f"{text[:MOST_LENGTH]}…"


def _hide(found: re.Match[str]) -> str:
    """A name in quotes stays when it is a plain word, as in `SELECT "order"`."""
    text = found[0]
    return text if re.fullmatch(r'"[A-Za-z_][\w ]{0,40}"', text) else HIDDEN
