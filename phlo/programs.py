"""Running a program on the control machine: with limits on its time and output, and all its processes ended with it.

Every program runs in a session of its own, so that it can be ended with all the processes that it started. This happens
when it takes too long, when the run is cancelled by a first signal, and when phlo itself ends: after a second signal,
or after an error in another thread. A phlo that is killed with SIGKILL cannot end anything. Linux could signal its
children then (PR_SET_PDEATHSIG), but not their children, and it would do so as soon as one thread of phlo ends.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from phlo.bounded import MOST_OUTPUT_BYTES, Excerpt
from phlo.child_environment import child_environment
from phlo.frozen import dataclass
from phlo.stop_signals import StopRequest, stop_signals

_PIECE = 65536
# So much fits into a pipe without blocking (POSIX, PIPE_BUF).
_FED_AT_ONCE = 512
_LOOK_SECONDS = 0.1
# How long phlo waits for processes that keep an output open after the program itself has ended.
_LINGER_SECONDS = 1.0
# How long a program may take to end after SIGTERM before it is killed.
_GRACE_SECONDS = 2.0
_END_POLL_SECONDS = 0.02


def _ignore(piece: bytes) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """code: the exit status, -N for signal N. stdout, stderr: what it wrote; empty where that was not asked for."""

    code: int
    stdout: Excerpt
    stderr: Excerpt


class ProgramTimeoutError(Exception):
    """A program did not end in time, or the run was cancelled; the program and all that it started were ended.

    stdout, stderr: what it wrote until then. fix: what the user can do about it, "" when the run was cancelled.
    """

    def __init__(self, seconds: float | None, stdout: Excerpt, stderr: Excerpt) -> None:
        super().__init__("was cancelled" if seconds is None else f"did not end within {seconds:g} s")
        self.fix = "" if seconds is None else "Give it a longer `timeout_seconds`."
        self.stdout = stdout
        self.stderr = stderr


def run_program(
    command: Sequence[str] | str,
    *,
    environ: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    folder: Path | None = None,
    stdin: bytes | IO[bytes] = b"",
    timeout_seconds: float | None = None,
    most_bytes: int = MOST_OUTPUT_BYTES,
    is_joined: bool = False,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_output: Callable[[bytes], None] = _ignore,
    grace_seconds: float = _GRACE_SECONDS,
) -> Ended:
    """Run a program to its end; it reads `stdin`, and has no terminal.

    command:      a list is run as it is, a text by the shell.
    environ, more, without: as `child_environment` takes them.
    stdin:        the bytes, or an open file that the program reads itself.
    most_bytes:   how much of each output is kept, its beginning and its end.
    is_joined:    stderr goes into stdout, in the order in which it was written.
    is_cancelled: asked before the start and then ten times a second; once it says yes, the program is ended.
    on_output:    gets each piece of stdout as soon as it was read.
    grace_seconds: how long the program may take to end after SIGTERM before it is killed.

    The program runs in a session of its own. When it takes too long, when this call is interrupted, or when phlo ends,
    the program and all the processes of its session are ended.

    Raises OSError when it cannot be run, ProgramTimeoutError when it did not end in time or was cancelled.
    """
    if is_cancelled():
        raise ProgramTimeoutError(None, Excerpt(), Excerpt())

    fed = stdin if isinstance(stdin, bytes) else b""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            shell=isinstance(command, str),
            cwd=folder,
            env=child_environment(environ, more=more, without=without),
            stdin=subprocess.PIPE if fed else subprocess.DEVNULL if isinstance(stdin, bytes) else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if is_joined else subprocess.PIPE,
            start_new_session=True,
        )

    with _PROGRAMS.started(start, grace_seconds) as process:
        running = _Running(process, fed, most_bytes, on_output)
        try:
            in_time = running.follow(timeout_seconds, is_cancelled)
            if not in_time:
                is_late = not is_cancelled()
                raise ProgramTimeoutError(timeout_seconds if is_late else None, running.stdout, running.stderr)
            return Ended(code=process.wait(), stdout=running.stdout, stderr=running.stderr)
        finally:
            running.close()


class _Programs:
    """The programs of this process that have not ended yet: none of them outlives phlo."""

    def __init__(self) -> None:
        self._running: dict[subprocess.Popen[bytes], float] = {}
        self._changes = threading.Lock()
        self._is_over = False

    @contextmanager
    def started(
        self, start: Callable[[], subprocess.Popen[bytes]], grace_seconds: float
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a program for a block; an exception that leaves the block ends the program and its processes."""
        process = None
        stop = StopRequest()
        try:
            # A signal between the start of the process and the note of it would leave a process that nobody ends.
            with stop_signals(first=stop.take):
                process = self._start(start, grace_seconds)
            if stop.number is not None:
                signal.raise_signal(stop.number)
            yield process
        except BaseException:
            if process is not None:
                _end([process], grace_seconds)
                for stream in (process.stdin, process.stdout, process.stderr):
                    if stream is not None:
                        stream.close()
            raise
        finally:
            # One that could not be ended, because a second signal came meanwhile, is ended when phlo ends.
            if process is not None and process.returncode is not None:
                self._running.pop(process, None)

    def _start(self, start: Callable[[], subprocess.Popen[bytes]], grace_seconds: float) -> subprocess.Popen[bytes]:
        with self._changes:
            if self._is_over:
                raise ProgramTimeoutError(None, Excerpt(), Excerpt())
            process = start()
            self._running[process] = grace_seconds
            return process

    def end_all(self) -> None:
        """End the programs that still run, and let no other thread start a further one: phlo ends."""
        with self._changes:
            self._is_over = True
        running = dict(self._running)
        if running:
            _end(running, max(running.values()))


# The programs of a process are a fact about the process, like its threads: there is one list of them.
_PROGRAMS = _Programs()
atexit.register(_PROGRAMS.end_all)


class _Running:
    """A program's three streams."""

    def __init__(
        self, process: subprocess.Popen[bytes], stdin: bytes, most_bytes: int, on_output: Callable[[bytes], None]
    ) -> None:
        self.stdout, self.stderr = Excerpt(most_bytes), Excerpt(most_bytes)
        self._process = process
        self._on_output = on_output
        self._unread = memoryview(stdin)
        self._waiting = selectors.DefaultSelector()
        for stream, excerpt in ((process.stdout, self.stdout), (process.stderr, self.stderr)):
            if stream is not None:
                self._waiting.register(stream, selectors.EVENT_READ, excerpt)
        if process.stdin is not None:
            self._waiting.register(process.stdin, selectors.EVENT_WRITE)

    def follow(self, timeout_seconds: float | None, is_cancelled: Callable[[], bool]) -> bool:
        """Read and feed until the program has ended; False when it takes too long or is cancelled."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        lingers_until = None
        while True:
            code = self._process.poll()
            now = time.monotonic()
            if code is not None:
                lingers_until = lingers_until or now + _LINGER_SECONDS
                if not self._waiting.get_map() or now > lingers_until:
                    return True
            elif is_cancelled() or (deadline is not None and now > deadline):
                return False
            pause = _LOOK_SECONDS if deadline is None else max(min(_LOOK_SECONDS, deadline - now), 0.0)
            if not self._waiting.get_map():
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(pause)
            for key, _ in self._waiting.select(pause) if self._waiting.get_map() else ():
                self._read(key.fileobj, key.data) if key.data is not None else self._feed(key.fileobj)

    def _read(self, stream: Any, excerpt: Excerpt) -> None:
        piece = os.read(stream.fileno(), _PIECE)
        if piece:
            excerpt.add(piece)
            if excerpt is self.stdout:
                self._on_output(piece)
        else:
            self._close(stream)

    def _feed(self, stream: Any) -> None:
        try:
            written = os.write(stream.fileno(), self._unread[:_FED_AT_ONCE])
        except BrokenPipeError:  # it ends without reading everything
            written = len(self._unread)
        self._unread = self._unread[written:]
        if not self._unread:
            self._close(stream)

    def _close(self, stream: IO[bytes]) -> None:
        self._waiting.unregister(stream)
        stream.close()

    def close(self) -> None:
        for key in list(self._waiting.get_map().values()):
            self._close(key.fileobj)  # type: ignore[arg-type]
        self._waiting.close()


def _end(processes: Collection[subprocess.Popen[bytes]], grace_seconds: float) -> None:
    """End programs and everything in their sessions: with SIGTERM, and with SIGKILL what does not follow it in time."""
    for process in processes:
        _signal_session(process, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and any(_signal_session(process, 0) for process in processes):
        time.sleep(_END_POLL_SECONDS)
    for process in processes:
        _signal_session(process, signal.SIGKILL)
    for process in processes:
        process.wait()


def _signal_session(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to a program and all that it started (0: none); False when there is nobody who could get it."""
    process.poll()  # a process that has ended and was not waited for is still a member of its group
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
