"""Times one command from a process so small that it does not hide the command's own memory.

    python -I -S stopwatch.py LOG TIMEOUT_SECONDS COMMAND [ARGUMENT...]

The command's output goes to LOG. Prints its seconds, peak resident memory in KiB, exit code and the
seconds of processor time that it used. Linux counts what
the parent held at the moment of the start as the child's memory (getrusage(2), ru_maxrss), so anyone who starts
the command sets the floor of what can be measured: here a bare interpreter.
"""

from __future__ import annotations

import os
import signal
import sys
import time


def main() -> None:
    log, timeout_seconds, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    begin = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions, setsid=True)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, float(timeout_seconds))
    try:
        _, status, usage = os.wait4(child, 0)
    except KeyboardInterrupt:
        os.killpg(child, signal.SIGKILL)
        raise
    seconds = time.monotonic() - begin
    processor = usage.ru_utime + usage.ru_stime
    print(seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status), processor)


if __name__ == "__main__":
    main()
