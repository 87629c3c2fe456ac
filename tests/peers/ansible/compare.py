"""Where phlo and ansible-core differ on a case."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.peers.ansible import subject
from tests.peers.ansible.case import Case, Expression
from tests.peers.ansible.recording import ROOT


def of_expression(one: Expression, peer: Mapping[str, Any]) -> list[str]:
    """Each a sentence with what phlo has and what ansible-core has; empty when they agree."""
    ours = subject.of_expression(one)
    if "fails" in ours or "fails" in peer:
        if "fails" in ours and "fails" in peer:
            return []
        return [f"phlo {ours.get('value', ours.get('reason'))!r}, Ansible {peer.get('value', 'fails')!r}"]
    return [] if _same(ours["value"], peer["value"]) else [f"phlo {ours['value']!r}, Ansible {peer['value']!r}"]


def of_case(case: Case, peer: Mapping[str, Any]) -> list[str]:
    """Each a sentence with what phlo has and what ansible-core has; empty when they agree."""
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch, subject.home(Path(scratch)):
        ours = subject.of_case(case, Path(scratch).resolve())
        ours = _substituted(ours, str(Path(scratch).resolve()))
    found = list(_between(ours, peer))
    if found and ours.get("reason"):
        found.append(f"phlo says: {ours['reason']}")
    return found


def is_silent(case: Case, peer: Mapping[str, Any], found: list[str]) -> bool:
    """Whether both end well and have another result: the worst kind."""
    return bool(found) and peer.get("exit") == 0 and not any("exit code" in text for text in found)


def _between(ours: Mapping[str, Any], peer: Mapping[str, Any]) -> Iterator[str]:
    if bool(ours["exit"]) != bool(peer["exit"]):
        yield f"exit code: phlo {ours['exit']}, Ansible {peer['exit']}"
    for host in sorted({*ours["tasks"], *peer["tasks"]}):
        mine, theirs = ours["tasks"].get(host, []), peer["tasks"].get(host, [])
        for number, (one, other) in enumerate(zip_longest(mine, theirs), 1):
            if one is None or other is None or one[1:] != other[1:] or (other[0] and one[0] != other[0]):
                yield f"{host} task {number}: phlo {one}, Ansible {other}"
                break
    for host in sorted({*ours["shown"], *peer["shown"]}):
        for number, (one, other) in enumerate(
            zip_longest(ours["shown"].get(host, []), peer["shown"].get(host, []), fillvalue="<nothing>"), 1
        ):
            if not _same(one, other):
                yield f"{host} shows ({number}): phlo {one!r}, Ansible {other!r}"
    for host in sorted({*ours["stats"], *peer["stats"]}):
        if ours["stats"].get(host) != peer["stats"].get(host):
            yield f"{host} counts: phlo {ours['stats'].get(host)}, Ansible {peer['stats'].get(host)}"


def _same(one: Any, other: Any) -> bool:
    """Equal, type for type: 1 is neither true nor 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or one != one)


def _substituted(value: Any, folder: str) -> Any:
    if isinstance(value, str):
        return value.replace(folder, ROOT)
    if isinstance(value, dict):
        return {key: _substituted(item, folder) for key, item in value.items()}
    return [_substituted(item, folder) for item in value] if isinstance(value, list) else value
