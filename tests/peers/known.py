"""The cases on which phlo and a peer are known to differ, each with a reason: a file `differences.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Why cases differ. title: what differs, in a few words. stays: it is meant; False: phlo will do as the peer."""

    title: str
    reason: str
    stays: bool


@dataclass(frozen=True, slots=True)
class Differences:
    """The file with the differences to one peer."""

    path: Path

    def listed(self) -> Mapping[str, Known]:
        """Name of a case -> why it differs. A case is listed once."""
        found: dict[str, Known] = {}
        for entry in yaml.safe_load(self.path.read_text(encoding="utf-8")):
            known = Known(title=entry["title"], reason=entry["reason"], stays=entry["stays"])
            for name in entry["cases"]:
                if name in found:
                    raise ValueError(f"{self.path.name}: {name!r} is listed twice")
                found[name] = known
        return found

    def prune(self, equal: Collection[str]) -> None:
        """Take the cases that agree out of the file."""
        text = self.path.read_text(encoding="utf-8")
        entries = [
            {**entry, "cases": [name for name in entry["cases"] if name not in equal]} for entry in yaml.safe_load(text)
        ]
        comment = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
        kept = [entry for entry in entries if entry["cases"]]
        written = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=118)
        self.path.write_text(comment + written, encoding="utf-8")
