"""Splitting a line into words, in which quotation marks and templates belong together."""

from __future__ import annotations

from collections.abc import Iterator

_BRACES = {"{{": "}}", "{%": "%}", "{#": "#}"}


class UnclosedError(ValueError):
    """A quotation mark or a template is not closed."""


def words_of(text: str, *, must_close: bool = False) -> Iterator[tuple[int, str]]:
    """Where each word begins, and the word. must_close: raise UnclosedError for an open quotation mark or template."""
    position, start, quote, closing = 0, None, "", ""
    while position < len(text):
        mark = text[position]
        two = text[position : position + 2]
        if closing:
            if two == closing:
                closing, position = "", position + 1
        elif quote:
            if mark == "\\" and quote == '"':
                position += 1
            elif mark == quote:
                quote = ""
        elif two in _BRACES:
            start = position if start is None else start
            closing, position = _BRACES[two], position + 1
        elif mark in "'\"":
            start = position if start is None else start
            quote = mark
        elif mark.isspace():
            if start is not None:
                yield start, text[start:position]
            start = None
        elif start is None:
            start = position
        position += 1
    if must_close and (quote or closing):
        raise UnclosedError(f"{quote or closing} is missing")
    if start is not None:
        yield start, text[start:]


def unquoted(text: str) -> str:
    """The text without the quotation marks around all of it."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace('\\"', '"') if text[0] == '"' else text[1:-1]
    return text
