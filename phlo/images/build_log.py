"""What a builder says: which step it is at, the output of the steps, and the error when it fails."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

from phlo.bounded import MOST_SHOWN_LENGTH, Excerpt
from phlo.errors import OperationError
from phlo.hosts.host import Host
from phlo.values import Masker

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TAIL = 10
_STEP_LENGTH = 100


class BuildLog:
    """Reports the steps of a build as progress, and keeps its output.

    name: the recipe's, of which the file of the kept output has its name.
    """

    def __init__(self, tag: str, host: Host, mask: Masker, *, name: str) -> None:
        self._tag = tag
        self._host = host
        self._mask = mask
        self._name = name
        self._step = ""
        self._tail: deque[str] = deque(maxlen=_TAIL)
        self._whole = Excerpt()

    def cleaned(self, line: bytes) -> str:
        """A line as it may be shown: masked, without colours and what a carriage return has overwritten."""
        text = line.decode(errors="replace").rstrip("\r").split("\r")[-1]
        return self._mask(_COLOURS.sub("", text).rstrip())

    def begin_step(self, step: str, shown: str = "") -> None:
        """A step begins. shown: how progress shows it, when it is written differently there."""
        self._step = step
        self._tail.clear()
        self._keep(step)
        self._host.progress(_short(shown or step))

    def add(self, line: str, *, prefix: str = "", is_shown_again: bool = False) -> None:
        """A line of output. prefix: which step it is from, where steps run side by side.

        is_shown_again: it repeats what an error shows anyway.
        """
        if not is_shown_again:
            self._tail.append(line)
        self._keep(f"{prefix}{line}")
        shown = f"{prefix}{line}"
        self._host.output(shown if len(shown) <= MOST_SHOWN_LENGTH else f"{shown[:MOST_SHOWN_LENGTH]}…")

    def keep_output(self) -> str:
        """Keep the whole output beside the record of the run; gives the path, "" when nothing was kept."""
        text = self._whole.text()
        return self._host.keep_log(f"build-{re.sub(r'[^A-Za-z0-9_.-]', '-', self._name)}", text) if text else ""

    def _keep(self, line: str) -> None:
        self._whole.add(f"{line}\n".encode())

    def failed(self, message: str, *, exit_status: str | None = None, fix: str = "") -> OperationError:
        """The error for what the builder said. exit_status: of the command that failed, which `message` repeats."""
        message = self._mask(message)
        lines = [self._step, *self._tail] if self._step else list(self._tail)
        path = self.keep_output()
        kept = [f"the whole output: {path}"] if path else []
        if any("no space left on device" in line.lower() for line in (message, *lines)):
            return OperationError(
                f"the image {self._tag} could not be built: the Docker engine's disk is full",
                fix="`docker system df` shows what uses the space; `docker system prune` frees what nothing uses.",
                detail=[*lines, *kept],
            )
        at = f" at {_short(self._step)}" if self._step else ""
        return OperationError(
            f"the image {self._tag} could not be built{at}" + (f" (exit status {exit_status})" if exit_status else ""),
            fix=fix or "Fix what its last lines report, and run the same command again.",
            detail=[*(lines if exit_status else _with(lines, message)), *kept],
        )


def _with(lines: Sequence[str], message: str) -> list[str]:
    return [*lines, message] if message and message not in lines else list(lines)


def _short(line: str) -> str:
    line = " ".join(line.split())
    return line if len(line) <= _STEP_LENGTH else line[: _STEP_LENGTH - 1] + "…"
