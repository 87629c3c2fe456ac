"""The cases, which are data in `corpus/`.

`corpus/expressions/GROUP.yaml` has `vars`, and `expressions`: a list of texts.
`corpus/playbooks/GROUP.yaml` is a list of entries, each one of

    {name, play}                  one playbook; with further `files`, `words` and `environ`
    {name, play, each: {A: B}}    a playbook for each A, in which `@@` (anywhere in its files and words) is B

An entry without an inventory gets that of `corpus/hosts.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.peers.ansible.case import INVENTORY, PLAYBOOK, Case, Expression

_FOLDER = Path(__file__).with_name("corpus")
_PLACE = "@@"


def expressions() -> list[Expression]:
    """All of them; each text is unique in its group."""
    found = []
    for path in sorted((_FOLDER / "expressions").glob("*.yaml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        variables = data.get("vars") or {}
        found += [Expression(group=path.stem, text=text, variables=variables) for text in data["expressions"]]
    return _unique(found)


def playbooks() -> list[Case]:
    """All of them; each name is unique in its group."""
    inventory = (_FOLDER / INVENTORY).read_text(encoding="utf-8")
    found = []
    for path in sorted((_FOLDER / "playbooks").glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
            found += list(_cases(path.stem, entry, inventory))
    return _unique(found)


def _cases(group: str, entry: Mapping[str, Any], inventory: str) -> Iterator[Case]:
    known = {"name", "play", "files", "words", "environ", "each"}
    assert set(entry) <= known, (group, entry["name"], set(entry) - known)
    files = {INVENTORY: inventory, PLAYBOOK: entry["play"], **entry.get("files", {})}
    for key, text in entry.get("each", {"": ""}).items():
        yield Case(
            group=group,
            name=f"{entry['name']}: {key}" if key != "" else entry["name"],
            files={name: _filled(content, str(text)) for name, content in files.items()},
            words=tuple(str(word).replace(_PLACE, str(text)) for word in entry.get("words", ())),
            environ=entry.get("environ", {}),
        )


def _filled(content: str, text: str) -> str:
    """`content` with `text` at each place, its further lines as deep as the place."""
    lines = []
    for line in content.splitlines():
        if _PLACE in line:
            depth = len(line) - len(line.lstrip())
            inner = ("\n" + " " * depth).join(text.rstrip("\n").split("\n"))
            line = line.replace(_PLACE, inner)
        lines.append(line)
    return "\n".join(lines) + "\n"


def _unique(found: list[Any]) -> list[Any]:
    names = [one.id for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, twice
    return found
