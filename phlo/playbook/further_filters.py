"""Ansible's filters for sizes, paths, URLs and combinations."""

from __future__ import annotations

import itertools
import os
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit as split_url

UNITS = "BKMGTPEZY"
# The namespace that Ansible's own `to_uuid` hashes in, so that the same text gives the same id.
NAMESPACE = uuid.UUID("361E6D51-FAEC-444A-9079-341386DA8E2E")


def human_readable(size: Any, is_bits: bool = False, unit: str | None = None) -> str:
    """`1536 | human_readable` is `1.50 KB`."""
    number = float(size)
    fits = (index for index in reversed(range(len(UNITS))) if number >= 1024**index)
    power = UNITS.index(unit[0].upper()) if unit else next(fits, 0)
    suffix = ("bits" if is_bits else "Bytes") if power == 0 else f"{UNITS[power]}{'b' if is_bits else 'B'}"
    return f"{number / 1024**power:.2f} {suffix}"


def human_to_bytes(text: Any, default_unit: str | None = None) -> int:
    """`'1.5G' | human_to_bytes`; raises ValueError for what is no size."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([a-zA-Z]?)(?:i?[bB](?:ytes|its)?)?\s*", str(text))
    if found is None:
        raise ValueError(f'human_to_bytes: "{text}" is no size such as 10M')
    unit = (found[2] or default_unit or "B")[0].upper()
    if unit not in UNITS:
        raise ValueError(f'human_to_bytes: "{unit}" is no unit, but one of {", ".join(UNITS)}')
    return round(float(found[1]) * float(1024 ** UNITS.index(unit)))


def to_uuid(text: Any, namespace: Any = NAMESPACE) -> str:
    return str(uuid.uuid5(uuid.UUID(str(namespace)), str(text)))


def urlsplit(url: Any, part: str = "") -> Any:
    """A URL in its parts, or one of them: scheme, hostname, port, path, query, fragment, username, ..."""
    found = split_url(str(url))
    names = ("scheme", "netloc", "hostname", "port", "path", "query", "fragment", "username", "password")
    parts = {name: getattr(found, name) for name in names}
    if not part:
        return parts
    if part not in parts:
        raise ValueError(f'urlsplit: there is no part "{part}"; there are {", ".join(names)}')
    return parts[part]


def from_yaml_all(text: Any) -> list[Any]:
    import yaml

    return list(yaml.safe_load_all(str(text)))


def _lists(found: Iterable[Iterable[Any]]) -> list[list[Any]]:
    return [list(one) for one in found]


FURTHER_FILTERS: Mapping[str, Callable[..., Any]] = {
    "human_readable": human_readable,
    "human_to_bytes": human_to_bytes,
    "to_uuid": to_uuid,
    "urlsplit": urlsplit,
    "from_yaml_all": from_yaml_all,
    "zip_longest": lambda *lists, fillvalue=None: _lists(itertools.zip_longest(*lists, fillvalue=fillvalue)),
    "combinations": lambda items, size: _lists(itertools.combinations(items, size)),
    "permutations": lambda items, size=None: _lists(itertools.permutations(items, size)),
    "realpath": lambda path: os.path.realpath(str(path)),
    "relpath": lambda path, start=".": os.path.relpath(str(path), str(start)),
    "expanduser": lambda path: os.path.expanduser(str(path)),
    "expandvars": lambda path: os.path.expandvars(str(path)),
}
