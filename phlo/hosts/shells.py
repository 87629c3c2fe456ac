"""Commands that only read, one after the other in one shell per container.

To start a command in a container takes the engine a tenth of a second, whatever the command does. A look into a service
is often five commands of ten milliseconds each, so they are handed to a POSIX shell that stays.
"""

from __future__ import annotations

import secrets
import selectors
import shlex
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from phlo.bounded import Excerpt
from phlo.errors import PhloError
from phlo.hosts.commands import CommandResult, captured
from phlo.hosts.engine import CommandTimeoutError, Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.frames import STDERR, STDOUT, Frames

_PIECE_BYTES = 65536
_MOST_SCRIPT_BYTES = 65536
_START_SECONDS = 60.0
# Of a program that cannot be run, or that a signal ended, a shell writes an error of its own.
_MOST_OWN_CODE = 125

_Key = tuple[str, str, str]


class Shells:
    """The shells in the containers of one engine. Any thread may run a command; one container's take turns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shells: dict[_Key, _Shell | None] = {}
        self._turns: dict[_Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def query(
        self,
        container: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        user: str = "",
        working_dir: str = "",
        timeout_seconds: float | None = None,
    ) -> CommandResult:
        """Run a command to its end, as `captured` does.

        The engine itself runs it where there is no shell, and again where the shell would say why it failed.
        Raises CommandTimeoutError when it has not ended in time.
        """
        key = (container, user, working_dir)
        script = _script(command, environment or {})
        with self._turn(key):
            shell = self._shell(key) if script else None
            if shell is not None:
                try:
                    result = shell.run(script, timeout_seconds)
                    if result.code <= _MOST_OWN_CODE:
                        return result
                except CommandTimeoutError:
                    self._drop(key)
                    raise
                except OSError:  # the container or its engine went away: asking once more tells what happened
                    self._drop(key)
        return captured(
            self._engine,
            container,
            command,
            environment=environment,
            user=user,
            working_dir=working_dir,
            timeout_seconds=timeout_seconds,
        )

    def close(self) -> None:
        """End the shells."""
        for key in list(self._shells):
            self._drop(key)

    def _turn(self, key: _Key) -> threading.Lock:
        with self._lock:
            return self._turns.setdefault(key, threading.Lock())

    def _shell(self, key: _Key) -> _Shell | None:
        """The container's shell; None where it has none."""
        if key not in self._shells:
            try:
                self._shells[key] = _Shell(self._engine, *key)
            except (PhloError, OSError):
                self._shells[key] = None
        return self._shells[key]

    def _drop(self, key: _Key) -> None:
        shell = self._shells.pop(key, None)
        if shell is not None:
            shell.close()


class _Shell:
    """A shell that reads commands from its input. Raises OSError, PhloError when it cannot be started."""

    def __init__(self, engine: Engine, container: str, user: str, working_dir: str) -> None:
        body = {
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            "Cmd": ["sh"],
            "User": user,
            "WorkingDir": working_dir,
        }
        run = engine.post(f"/containers/{path_part(container)}/exec", body)["Id"]
        self._channel, self._first = engine.upgrade(f"/exec/{run}/start", {"Detach": False, "Tty": False})
        self._frames = Frames()
        self._mark = f"phlo-{secrets.token_hex(16)}"
        try:
            self.run("true", _START_SECONDS)
        except CommandTimeoutError:
            self.close()
            raise OSError("the shell does not answer") from None
        except OSError:
            self.close()
            raise

    def run(self, script: str, timeout_seconds: float | None) -> CommandResult:
        """Run a script to its end. Raises OSError when the shell ends first, CommandTimeoutError."""
        # The marks come behind what the script has written to each output, with its exit status.
        marks = f"echo; echo {self._mark} $status"
        line = f"({script}\n) </dev/null; status=$?; {marks}; {{ {marks}; }} >&2\n"
        self._channel.sendall(line.encode())
        outputs = {STDOUT: _UntilMark(self._mark), STDERR: _UntilMark(self._mark)}
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        piece, self._first = self._first, b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._channel, selectors.EVENT_READ)
            while True:
                for stream, data in self._frames.take(piece):
                    outputs[stream].add(data)
                if all(output.code is not None for output in outputs.values()):
                    break
                left = None if deadline is None else deadline - time.monotonic()
                if (left is not None and left <= 0) or not waiting.select(left):
                    raise CommandTimeoutError(f"no end within {timeout_seconds:g} s")
                piece = self._channel.recv(_PIECE_BYTES)
                if not piece:
                    raise ConnectionResetError("the shell has ended")
        code = outputs[STDOUT].code
        assert code is not None
        return CommandResult.of(code, outputs[STDOUT].kept, outputs[STDERR].kept)

    def close(self) -> None:
        """End the shell: its input ends."""
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()


class _UntilMark:
    """Keeps an output up to the mark behind it. code: the exit status there, None before it has come."""

    def __init__(self, mark: str) -> None:
        self._mark = f"\n{mark} ".encode()
        self._end = bytearray()
        self.kept = Excerpt()
        self.code: int | None = None

    def add(self, data: bytes) -> None:
        self._end += data
        at = self._end.find(self._mark)
        if at >= 0:
            if self._end.endswith(b"\n", at + len(self._mark)):
                self.kept.add(bytes(self._end[:at]))
                self.code = int(self._end[at + len(self._mark) :])
            return
        whole = len(self._end) - len(self._mark)  # what comes before a mark of which a part may be here
        if whole > 0:
            self.kept.add(bytes(self._end[:whole]))
            del self._end[:whole]


def _script(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """A command in a shell's words; "" for one that is too long, or whose variables a shell cannot name."""
    if not all(name.isidentifier() and name.isascii() for name in environment):
        return ""
    words = [*(f"{name}={shlex.quote(text)}" for name, text in environment.items()), "exec", *map(shlex.quote, command)]
    script = " ".join(words)
    return script if len(script) < _MOST_SCRIPT_BYTES and "\0" not in script else ""
