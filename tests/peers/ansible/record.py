"""What ansible-core makes of the cases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

from tests.peers.ansible.case import INVENTORY, PLAYBOOK, Case, Expression
from tests.peers.ansible.environment import settings
from tests.peers.ansible.recording import ROOT, Recording

_PROCESSES = 3
_SAVED_EVERY = 50
_PROGRAM = Path(__file__).with_name("recorder") / "play_cases.py"


def record(
    cases: Sequence[Case],
    expressions: Sequence[Expression],
    interpreter: Path,
    before: Mapping[str, Any],
    save: Callable[[Recording], None],
) -> None:
    """Record every case; those that `before` has, unchanged, are taken from there.

    save: called with the results so far, periodically and at the end.
    """
    found = {one.digest: before[one.digest] for one in (*cases, *expressions) if one.digest in before}
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch, ThreadPoolExecutor(_PROCESSES) as pool:
        folder = Path(scratch)
        wanted = [one for one in expressions if one.digest not in found]
        for group, members in groupby(wanted, key=lambda one: one.group):
            with _ansible(folder, interpreter) as run:
                found |= _expressions(list(members), folder / "expressions" / group, run)
        missing = [one for one in cases if one.digest not in found]
        parts = [missing[start::_PROCESSES] for start in range(_PROCESSES)]
        lock = Lock()

        def take(case: Case, result: dict[str, Any]) -> None:
            with lock:
                found[case.digest] = result
                print(f"{len(found):5} {case.id} {result['exit']}", file=sys.stderr)
                if len(found) % _SAVED_EVERY == 0:
                    save(found)

        list(pool.map(lambda number: _part(parts[number], folder / str(number), interpreter, take), range(_PROCESSES)))
    save(found)


def _part(cases: Sequence[Case], folder: Path, interpreter: Path, take: Callable[[Case, dict[str, Any]], None]) -> None:
    folder.mkdir()
    with _ansible(folder, interpreter) as run:
        for number, case in enumerate(cases):
            take(case, _case(case, folder / str(number), run))


class _Ansible:
    """The process that forks one child per case."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, folder: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[int, list[Any]]:
        """The exit code, and the events."""
        output = folder.with_name(f"{folder.name}.events")
        case = {"folder": str(folder), "arguments": arguments, "environ": dict(environ), "output": str(output)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        if code == 99 or os.environ.get("PEERS_DEBUG"):
            print(Path(f"{output}.log").read_text(encoding="utf-8"), file=sys.stderr)
        text = output.read_text(encoding="utf-8") if output.exists() else ""
        return code, [json.loads(line.replace(str(folder), ROOT)) for line in text.splitlines()]


@contextmanager
def _ansible(scratch: Path, interpreter: Path) -> Iterator[_Ansible]:
    environ = settings(scratch, interpreter)
    argv = ["nice", "-n", "19", str(interpreter), str(_PROGRAM)]
    with subprocess.Popen(argv, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield _Ansible(process)
        assert process.stdin is not None
        process.stdin.close()


def _case(case: Case, folder: Path, run: _Ansible) -> dict[str, Any]:
    case.write(folder)
    environ = {name: text.replace("{root}", str(folder)) for name, text in case.environ.items()}
    code, events = run(folder, case.arguments, environ)
    return {"exit": code, **summary(events)}


def summary(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """tasks: host -> [name, status, is it ignored]. shown: host -> what `debug` showed. stats: host -> counts."""
    tasks: dict[str, list[Any]] = {}
    shown: dict[str, list[Any]] = {}
    stats: dict[str, Any] = {}
    for event in events:
        if "stats" in event:
            stats[event["stats"]] = {name: event[name] for name in ("rescued", "ignored")}
            continue
        if "shown" in event:
            shown.setdefault(event["host"], []).append(event["shown"])
        if "item" not in event and not _is_quiet(event):
            entry = [event["name"], event["status"], *(["ignored"] if event.get("ignored") else [])]
            tasks.setdefault(event["host"], []).append(entry)
    return {"tasks": tasks, "shown": shown, "stats": {host: one for host, one in stats.items() if any(one.values())}}


def _is_quiet(event: Mapping[str, Any]) -> bool:
    """Whether it is the end of an include or a meta task, of which only what follows from it counts."""
    return (event["action"].startswith(("include_", "import_")) or event["action"] == "meta") and (
        event["status"] != "failed"
    )


def _expressions(members: Sequence[Expression], folder: Path, run: _Ansible) -> dict[str, Any]:
    """One playbook with a task for each; what fails is ignored."""
    tasks = [
        {"name": str(number), "debug": {"msg": one.text}, "ignore_errors": True} for number, one in enumerate(members)
    ]
    play = [{"hosts": "localhost", "vars": dict(members[0].variables), "tasks": tasks}]
    files = {
        PLAYBOOK: yaml.safe_dump(play, sort_keys=False, width=1000),
        INVENTORY: "localhost: {hosts: {localhost: {ansible_connection: local}}}",
    }
    Case(group="", name="", files=files).write(folder)
    code, events = run(folder, [PLAYBOOK, "-i", INVENTORY], {})
    ends = {event["name"]: event for event in events if "name" in event}
    assert len(ends) == len(members), f"{members[0].group}: exit code {code}, {len(ends)} of {len(members)} tasks ended"
    return {
        one.digest: {"value": end["shown"]} if (end := ends[str(number)])["status"] == "ok" else {"fails": True}
        for number, one in enumerate(members)
    }
