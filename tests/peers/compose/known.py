"""The file sets on which phlo and Compose are known to differ, each with a reason: `differences.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("differences.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Why sets differ. title: what differs, in a few words. stays: it is meant; False: phlo will do as Compose."""

    title: str
    reason: str
    stays: bool


def listed() -> Mapping[str, Known]:
    """Name of a file set -> why it differs. A set is listed once."""
    found: dict[str, Known] = {}
    for entry in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        known = Known(title=entry["title"], reason=entry["reason"], stays=entry["stays"])
        for name in entry["sets"]:
            if name in found:
                raise ValueError(f"{FILE.name}: {name!r} is listed twice")
            found[name] = known
    return found


def prune(equal: Collection[str]) -> None:
    """Take the sets that agree out of the file."""
    text = FILE.read_text(encoding="utf-8")
    entries = [
        {**entry, "sets": [name for name in entry["sets"] if name not in equal]} for entry in yaml.safe_load(text)
    ]
    comment = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    kept = [entry for entry in entries if entry["sets"]]
    FILE.write_text(comment + yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=118), encoding="utf-8")
