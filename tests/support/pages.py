"""Carries out the command blocks of a page, in order and in one shell, and compares what they print.

`pages.yaml` says for every page what it needs; `not_run.yaml` lists the commands that are left out, and why.
"""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml

from phlo.hosts.install import ensure_program
from phlo.testing.role_project import free_ports
from scripts.docs.blocks import ROOT, SCRIPTS, SESSIONS, Command, commands, fences
from tests.support.beside import docker, fixed_ports, remove_images

FOLDER = Path(__file__).parent
# Where pages run: on this machine's engine, on the example platforms, on hosts behind SSH, on a Swarm of them.
PLACES = ("here", "light", "full", "hosts", "swarm")
COMMAND_SECONDS = 1800
# What only a restart of the engine fixes: it counts a container in a network that nobody is in.
LOST_COUNT = "the engine has lost count"
# What differs from run to run, and from machine to machine.
_VARYING = (
    (r"\b\d+\.\d+\.\d+\.\d+\b", "ADDRESS"),
    (r"(?<=Docker )\d+\.\d+\.\d+\S*", "VERSION"),
    (r"(?<=-)[0-9a-f]{6}(?=-)", "ID"),
    (r"-F \S+ ", ""),
    (r"\b[\w.-]+@[\w.-]+(?= \(process)", "WHO"),
    (r"\b[0-9a-f]{12,64}\b|\b\d{8}-\d{6}(-\d{6})?\b", "ID"),
    (r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d:\d\d)?(\.\d+)?", "DATE"),
    (r"[+-]?\b\d+(\.\d+)? ?(ms|s|m|[kKMGT]i?B)\b", "AMOUNT"),
    (r"(?<![\d.])\d+\.\d+(?![\d.])|(?<![:\d.])\b\d{3,}\b(?!\.\d)", "NUMBER"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a page, or what stands under some of its headings, is run.

    names: of projects; each gets an ending of its own. ports: each becomes a free one. setup: a script that comes
    first; $HERE is the folder that it begins in.
    steps: what the reader is asked to do between the blocks: a quote of the page, and the script that stands for it.
    meanwhile: scripts that run beside a command, and end it where only Ctrl-C does; $PID is the command's process,
    $SAID the file with what it has printed.
    instead: what stands in the place of a text of the page's commands, such as an identifier.
    codes: exit codes other than 0 of commands that show no failure. varies: commands whose output is the machine's.
    programs: those that not every machine has -> the system's package that brings each; it is installed where missing.
    """

    page: str
    place: str
    under: Sequence[str] = ()
    names: Sequence[str] = ()
    ports: Sequence[int] = ()
    setup: str = ""
    steps: Sequence[Mapping[str, str]] = ()
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    varies: Sequence[str] = ()
    programs: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.page}:{','.join(self.under)}" if self.under else self.page

    @property
    def text(self) -> str:
        return (ROOT / self.page).read_text(encoding="utf-8")

    def commands(self) -> list[Command]:
        return [one for one in commands(self.text) if not self.under or one.under in self.under]


@functools.cache
def runs(place: str | None = None) -> tuple[Run, ...]:
    """The runs of one place, or all."""
    listed = yaml.safe_load((FOLDER / "pages.yaml").read_text(encoding="utf-8"))
    return tuple(run for entry in listed if (run := Run(**entry)) and place in (None, run.place))


@functools.cache
def not_run() -> dict[str, dict[str, str]]:
    """The commands that are left out: page -> command -> why."""
    return dict(yaml.safe_load((FOLDER / "not_run.yaml").read_text(encoding="utf-8")))


class Reader:
    """Somebody who reads a page and does what it says.

    folder: where they begin. Use as a context; what they made on this machine's engine is removed at the end.
    """

    def __init__(self, run: Run, folder: Path, environ: Mapping[str, str]) -> None:
        self.run, self.folder = run, folder
        self.ending = uuid.uuid4().hex[:6]
        # In the same order, because lists of ports are sorted.
        self.ports = dict(zip(sorted(run.ports), sorted(free_ports(len(run.ports))), strict=True))
        self._status = 0
        self._scratch = Path(tempfile.mkdtemp(prefix="reader-", dir=folder))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VIRTUAL_ENV")},
            "ROOT": str(ROOT),
            "ENDING": self.ending,
            "NO_COLOR": "1",
            "COLUMNS": "120",
            **environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HERE": str(folder),
        }
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._shell.communicate()
        remove_projects(self.ending)

    def _end(self) -> None:
        """End the shell and what it has begun."""
        os.killpg(self._shell.pid, signal.SIGKILL)

    # -- doing ---------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Carry out the page."""
        left_out = not_run().get(self.run.page, {})
        self.prepare(self.run.setup)
        steps = sorted((self._place(step["at"]), step["run"]) for step in self.run.steps)
        listed, problems = self.run.commands(), []
        for index, command in enumerate(listed):
            while steps and steps[0][0] <= command.at:
                at, script = steps.pop(0)
                self.prepare(script, block_after=at)
            if command.name in left_out:
                continue
            said = self.type(command)
            problems += [f"publishes a default port: {found}" for found in fixed_ports(self.ending).items()]
            following = listed[index + 1] if index + 1 < len(listed) else None
            problems += self._problems(command, said, following=following)
        for at, script in steps:
            self.prepare(script, block_after=at)
        assert not problems, "\n".join([self.run.page, *problems])

    def prepare(self, script: str, *, block_after: int = 0) -> None:
        """Run a script of pages.yaml, every command of which must succeed.

        $BLOCK is a file with the page's next block that is no command.
        """
        if not script:
            return
        block = self._scratch / "block"
        others = [one for one in fences(self.run.text) if one.language not in (*SESSIONS, *SCRIPTS)]
        block.write_text(next((one.text for one in others if one.at >= block_after), ""))
        self._do(f"set -e; BLOCK={block}\n{self.own(script)}\nset +e")

    def type(self, command: Command) -> str:
        """Run a command of the page, giving what it printed."""
        text = self.own(command.text)
        for shown, own in self.run.instead.items():
            text = text.replace(shown, own)
        if text.startswith("#!"):
            (script := self._scratch / "script").write_text(text)
            text = f"sh {script}"
        if meanwhile := self.run.meanwhile.get(command.name):
            quoted = text.replace("'", "'\\''")
            text = (
                f"env --default-signal=INT bash -c 'exec {quoted}' & PID=$! SAID={self._said}\n"
                f"{self.own(meanwhile)}\nwait $PID || [ $? = 130 ]"
            )
        return self._do(text)

    @property
    def _said(self) -> Path:
        return self._scratch / "said"

    def _do(self, text: str) -> str:
        self._make_own()
        line = f"(exit {self._status})\n{{ {text}\n}} < /dev/null > {self._said} 2>&1; echo $?\n"
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(line)
        self._shell.stdin.flush()
        alarm = threading.Timer(COMMAND_SECONDS, self._end)
        alarm.start()
        try:
            answer = self._shell.stdout.readline()
        finally:
            alarm.cancel()
        said = self._said.read_text(errors="replace")
        assert answer, f"{text}\nended the shell:\n{said}"
        self._status = int(answer)
        return self.shown(said)

    def _place(self, quote: str) -> int:
        assert self.run.text.count(quote) == 1, f"{self.run.page} has {self.run.text.count(quote)} times: {quote}"
        return self.run.text.index(quote)

    # -- names and ports of its own --------------------------------------------------------------------------------

    def own(self, text: str) -> str:
        """A text of the page with names and ports that nobody else has."""
        for name in self.run.names:
            found = rf"(?m)^name: {name}$|(?<![\w/.-]){name}(?=[-_][\w$])(?!-{self.ending})"
            text = re.sub(found, rf"\g<0>-{self.ending}", text)
        for shown, own in self.ports.items():
            # The host's port: not the one behind it, which is the container's.
            text = re.sub(rf"(?<!\d\d\d:)\b{shown}\b", str(own), text)
        return text

    def shown(self, text: str) -> str:
        """What was printed, with the names and ports of the page."""
        text = text.replace(f"-{self.ending}", "")
        for shown, own in self.ports.items():
            text = re.sub(rf"\b{own}\b", str(shown), text)
        return text

    def _make_own(self) -> None:
        for path in (path for depth in ("", "*/", "*/*/") for path in self.folder.glob(f"{depth}phlo.yaml")):
            # An address with a path is one inside a container.
            parts = re.split(r"(127\.0\.0\.1:\d+/)", text := path.read_text())
            own = "".join(part if index % 2 else self.own(part) for index, part in enumerate(parts))
            if own != text:
                path.write_text(own)

    # -- what it should have printed -------------------------------------------------------------------------------

    def _problems(self, command: Command, said: str, *, following: Command | None) -> list[str]:
        """What a command printed, or its exit code, that is not as the page has it."""
        wrong = []
        fails = any(line.startswith("✗") for line in command.shown)
        if command.name in self.run.codes:
            wrong += [] if self._status == self.run.codes[command.name] else ["another exit code"]
        elif LOST_COUNT in said:
            pass
        elif following is None or following.text != "echo $?":
            wrong += [] if fails == (self._status != 0) else ["it should fail" if fails else "it should not fail"]
        if command.name not in self.run.varies:
            lines = [_stable(line) for line in said.splitlines()]
            wanted = [shown for shown in map(_stable, command.shown) if shown not in ("...", "…", "")]
            wrong += [f"not printed: {shown}" for shown in wanted if not any(shown in line for line in lines)]
        told = f"\n$ {command.text}\n(ended with {self._status})\n{said}"
        return [*wrong, told] if wrong else []


def _stable(line: str) -> str:
    """What of a line is the same in every run."""
    line = re.sub(r"  \d[\d.]*s$", "", line)  # how long it took stands there only when it took long enough
    for pattern, name in _VARYING:
        line = re.sub(pattern, name, line)
    return " ".join(line.split())


def remove_projects(ending: str) -> None:
    """Remove what projects with this ending have on this machine's engine."""
    for kind, form, remove in (
        ("container", "{{.ID}} {{.Names}}", ("rm", "--force", "--volumes")),
        ("network", "{{.Name}} {{.Name}}", ("rm",)),
        ("volume", "{{.Name}} {{.Name}}", ("rm", "--force")),
    ):
        words = ("ls", "--all") if kind == "container" else ("ls",)
        listed = docker(kind, *words, "--format", form, may_fail=True).split()
        found = [one for one, name in zip(listed[::2], listed[1::2], strict=True) if ending in name]
        if found:
            docker(kind, *remove, *dict.fromkeys(found), may_fail=True)
    images = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", may_fail=True).split()
    remove_images(image for image in images if ending in image.partition(":")[0])


def read_page(run: Run, folder: Path, environ: Mapping[str, Any] | None = None) -> None:
    """Carry out a page in a folder."""
    for program, package in run.programs.items():
        ensure_program(program, package=package, say=print)
    with Reader(run, folder, environ or {}) as reader:
        reader.read()
