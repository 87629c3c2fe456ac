"""Foreign text with control characters, through every way in which phlo shows text to a person."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

# Clipboard, title, clear screen, cursor, 8-bit introducer, backspace, carriage return, right-to-left override.
HOSTILE = "\x1b]52;c;ZXZpbA==\x07\x1b]0;title\x07\x1b[2J\x1b[9A\x1b[8m\x9b2J\x08\x08\rx\u202etxt"
MARK = "hostile-mark"

_ALLOWED = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|2K|[0-9]+A)")
_DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|52;c;|\x1b\\[8m")

ROLE = """
name: web
description: "shows {escaped}"
default: true
image: {image}
compose:
  command: ["sh", "-c", {script}]
  labels: {{note: "{escaped}"}}
  environment: {{NOTE: "{escaped}", ROUND: "${{ROUND:-0}}"}}
  healthcheck: {{test: ["CMD-SHELL", "cat /proc/1/environ; [ $${{ROUND}} = 0 ]"], interval: 1s, retries: 1}}
  stop_grace_period: 1s
"""
PLAY = """
- hosts: all
  tasks:
    - {{name: "{mark} {escaped}", debug: {{msg: "{escaped}"}}}}
    - {{name: prints, exec: {{service: web, command: [sh, -c, "echo \\"$NOTE\\"; exit 3"]}}, ignore_errors: true}}
    - {{name: here, command: {{command: [cat, hostile.txt, missing]}}, ignore_errors: true}}
    - {{name: fails, fail: {{msg: "{escaped}"}}}}
"""
INVENTORY = "#!/bin/sh\ncat '{folder}/hostile.txt' >&2\nexit 1\n"


def escaped(text: str) -> str:
    """The text in double quotes of YAML."""
    return "".join(one if one.isprintable() and one not in '"\\' else f"\\u{ord(one):04x}" for one in text)


class Terminal:
    """Runs phlo with a terminal as its output, or with a pipe, and gives what it wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def piped(self, *words: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=180,
        )
        return done.stdout.decode(errors="replace")

    def shown(self, *words: str, **environment: str) -> str:
        own, theirs = pty.openpty()
        found = bytearray()

        def read() -> None:
            while True:
                try:
                    piece = os.read(own, 65536)
                except OSError:  # the other side is closed
                    return
                found.extend(piece)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            subprocess.run(
                [sys.executable, "-m", "phlo", *words],
                cwd=self.folder,
                env={**os.environ, "TERM": "xterm-256color", **environment},
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                timeout=180,
            )
        finally:
            os.close(theirs)
            reader.join()
            os.close(own)
        return found.decode(errors="replace")


@pytest.fixture
def terminal(tmp_path: Path, project: str, tiny: str) -> Terminal:
    script = "'" + 'trap "exit 0" TERM; echo "$$NOTE"; while :; do sleep 1 & wait $$!; done' + "'"
    role = tmp_path / "roles" / "web"
    role.mkdir(parents=True)
    (role / "service.yaml").write_text(ROLE.format(escaped=escaped(HOSTILE), image=tiny, script=script))
    (tmp_path / "phlo.yaml").write_text(f"name: {project}\nservices: {{defaults: false, enabled: [web]}}\n")
    (tmp_path / "play.yaml").write_text(PLAY.format(mark=MARK, escaped=escaped(HOSTILE)))
    (tmp_path / "hostile.txt").write_text(f"{MARK} {HOSTILE}\n")
    program = tmp_path / "hosts.sh"
    program.write_text(INVENTORY.format(folder=tmp_path))
    program.chmod(0o755)
    return Terminal(tmp_path)


def dangers(text: str, *, on_terminal: bool) -> list[str]:
    """What of an output a terminal would act on, other than phlo's own colours and live tree."""
    if on_terminal:  # whose line discipline ends each line with a carriage return as well
        text = _ALLOWED.sub("", re.sub(r"\r+\n", "\n", text).replace("\r\x1b[", "\x1b["))
        text = re.sub(r"\x1b\[(?:[0-9;]*m|\?25[lh]|K|J|[0-9]+A)", "", text)
    return [
        f"{found[0]!r} in {text[max(found.start() - 60, 0) : found.end() + 20]!r}"
        for found in _DANGEROUS.finditer(text)
        if found[0] != "52;c;" or text[found.start() - 2 : found.start()] == "\x1b]"
    ]


COMMANDS = [
    ("plan", "--diff"),
    ("up", "web", "-vv"),
    ("ps",),
    ("services", "list"),
    ("services", "show", "web"),
    ("config", "show"),
    ("play", "play.yaml", "-vv"),
    ("up", "web", "--diff", "-vv"),
    ("history",),
    ("history", "show"),
    ("why", "web"),
    ("plan", "-i", "hosts.sh"),
    ("plan", "--debug", "-i", "hosts.sh"),
    ("doctor",),
    ("services", "show", HOSTILE.replace("\x00", "")),
    ("down", "--yes"),
]


@pytest.mark.parametrize("on_terminal", [True, False], ids=["terminal", "pipe"])
def test_nothing_that_phlo_reports_acts_on_a_terminal(terminal: Terminal, on_terminal: bool) -> None:
    run = terminal.shown if on_terminal else terminal.piped
    found = []
    told = ""
    for number, words in enumerate(COMMANDS):
        # The second `up` makes the health check fail, whose output and last log lines are shown then.
        text = run(*words, ROUND="1" if number >= 7 else "0")
        told += text
        found += [f"{' '.join(words[:2])!r}: {danger}" for danger in dangers(text, on_terminal=on_terminal)]

    assert MARK in told
    assert "\\x1b]52;c;" in told  # hostile text was shown, written out
    assert not found, "\n".join(found)


def test_logs_on_a_terminal_keep_colours_and_write_out_the_rest(terminal: Terminal) -> None:
    terminal.piped("up", "web")

    text = terminal.shown("logs", "web")

    assert "\\x1b]52;c;" in text
    assert not dangers(text, on_terminal=True)


def test_logs_into_a_pipe_are_as_the_container_wrote_them(terminal: Terminal) -> None:
    terminal.piped("up", "web")

    assert HOSTILE in terminal.piped("logs", "web")
