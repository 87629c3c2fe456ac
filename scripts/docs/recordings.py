"""Recordings of real runs on a terminal of 80 columns: as text in docs/reference/output.md, one as an animation.

Each command runs behind a pseudo-terminal, and `Screen` makes of what it writes what a person would see: at the moments
that a recording asks for, and at the end. The project is a copy of examples/failed-deploy, on the machine's own engine.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import shutil
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scripts.docs.animation import Frame, animated, thinned
from scripts.docs.screen import Screen

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "output.md"
ANIMATION = ROOT / "docs" / "images" / "rollback.svg"
ANIMATED = "failed-deploy"
COLUMNS, ROWS = 80, 24
_BLOCK = re.compile(r"(<!-- recording: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

PLAY = """\
- name: Check the deployment
  hosts: all
  tasks:
    - name: wait for the api
      wait_for: {service: api, command: [/srv/check]}
    - name: the version that runs
      exec: {service: api, command: [printenv, API_VERSION]}
      register: version
    - name: a cache that may be missing
      exec: {service: api, command: [cat, /srv/cache]}
      ignore_errors: true
    - block:
        - name: read the optional settings
          exec: {service: api, command: [cat, /srv/settings]}
      rescue:
        - name: use the defaults
          debug: {msg: "version {{ version.stdout }} with its defaults"}
    - name: compare with the version that is wanted
      assert: {that: [version.stdout == "2"], fail_msg: "version 2 is not deployed"}
"""


class Recording(NamedTuple):
    """A command whose run is shown. before: shell commands that are not.

    moments: patterns; the screen is shown as it is when it first matches each of them.
    """

    name: str
    command: str
    before: str = ""
    moments: Sequence[str] = ()


RECORDINGS = (
    Recording("build", "phlo build web", moments=(r"step \d",)),
    Recording("up", "phlo up", moments=(r"waiting until it is ready",)),
    Recording("nothing-to-do", "phlo up"),
    Recording(
        "failed-deploy",
        "phlo up web",
        before="sed -i 's/WEB_VERSION: .*/WEB_VERSION: broken/' phlo.yaml",
        moments=(r"web +waiting until it is ready|web +preparing",),
    ),
    Recording("play", "phlo play check.yaml", before="sed -i 's/WEB_VERSION: .*/WEB_VERSION: \"1\"/' phlo.yaml"),
)


def record() -> None:
    """Make every recording, and write them into the page."""
    with tempfile.TemporaryDirectory(prefix="phlo-recording-") as folder:
        project = Path(folder) / "shop"
        shutil.copytree(ROOT / "examples" / "failed-deploy", project, ignore=shutil.ignore_patterns(".phlo"))
        text = (project / "phlo.yaml").read_text()
        (project / "phlo.yaml").write_text(text.replace("name: failed-deploy", "name: shop").replace("8095", "8096"))
        (project / "check.yaml").write_text(PLAY)
        with (project / "server" / "Dockerfile").open("a") as recipe:  # an image that was not built before
            recipe.write(f"LABEL recording={os.urandom(4).hex()}\n")
        try:
            shown = {one.name: _recorded(one, project) for one in RECORDINGS}
        finally:
            subprocess.run(["phlo", "down", "--volumes", "--yes", "--quiet"], cwd=project, check=True)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_BLOCK.sub(lambda found: found[1] + shown[found[2]] + found[3], page), encoding="utf-8")


def _recorded(one: Recording, project: Path) -> str:
    if one.before:
        subprocess.run(["sh", "-c", one.before], cwd=project, check=True)
    *moments, (end, code) = _run(one, project, film := [])
    if one.name == ANIMATED:
        typed = f"$ {one.before}\n$ {one.command}\n"
        frames = [Frame(at, f"{typed}{text}") for at, text in film]
        ending = Frame(film[-1].at + 1.0, f"{frames[-1].text}\n$ echo $?\n{code}")
        title = "phlo restores the previous version of a service whose new version fails"
        ANIMATION.write_text(animated([*thinned(frames), ending], columns=COLUMNS, title=title), encoding="utf-8")
    shown = [(", under way", frame) for frame, _ in moments]
    shown.append((f", at its end, with exit code {code}", end))
    return "\n".join(f"`{one.command}`{when}:\n\n```text\n{frame}\n```\n" for when, frame in shown)


def _run(one: Recording, project: Path, film: list[Frame]) -> list[tuple[str, int]]:
    """The screen at each moment, and at the end with the exit code. film: gets the screen after each output."""
    own, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    done = subprocess.Popen(
        one.command.split(),
        cwd=project,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environ, "TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    began = time.monotonic()
    screen, decoder = Screen(COLUMNS, ROWS), codecs.getincrementaldecoder("utf-8")()
    missing, frames = list(one.moments), []
    with open(own, "rb", buffering=0) as stream:
        while True:
            try:
                screen.feed(decoder.decode(stream.read(65536)))
            except OSError:  # the program has ended
                break
            film.append(Frame(time.monotonic() - began, screen.text))
            if missing and re.search(missing[0], screen.text):
                frames.append((screen.text, 0))
                missing.pop(0)
    if missing:
        raise RuntimeError(f"{one.command} never showed {missing[0]!r}:\n{screen.text}")
    return [*frames, (screen.text, done.wait())]
