"""The argument `name` of the operations that install packages."""

from __future__ import annotations

from collections.abc import Iterable


def package_names(texts: Iterable[str]) -> tuple[str, ...]:
    """The packages, each alone; a text may have several with commas. Raises ValueError for an option."""
    names = tuple(one.strip() for text in texts for one in text.split(",") if one.strip())
    for one in names:
        if one.startswith("-"):
            raise ValueError(f"{one} is not a package but an option")
    return names
