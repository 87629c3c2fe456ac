"""A program behind other programs (ssh, sudo): its arguments and environment go through its standard input.

What ssh and sudo are given is the same for every program: a POSIX shell that reads one line and evaluates it. So no
argument is quoted twice, and no secret shows in a list of processes, but for those in the program's own arguments. The
shell's `read` takes one byte at a time (POSIX, "read"), so that the rest of the input is the program's.
"""

from __future__ import annotations

import errno
import os
import secrets
import shlex
from collections.abc import Callable, Sequence

from phlo.errors import HostError, OperationError
from phlo.frozen import replace
from phlo.hosts.transport import Job, Output

# Read one line, and run it.
READ_LINE = 'IFS= read -r line && eval "$line"'
SHELL = ("sh", "-c", READ_LINE)
Run = Callable[[Sequence[str], Job, Callable[[], bool]], Output]

_MISSING, _NO_FOLDER, _NO_SUDO = "missing", "folder", "sudo"


def run_piped(run: Run, prefix: Sequence[str], job: Job, is_cancelled: Callable[[], bool], *, where: str) -> Output:
    """Run a program by way of a shell that reads the command from its standard input.

    run:    runs a command on this machine. prefix: what leads to the shell, such as `ssh HOST`; nothing: run it here.
    Raises what `Transport.run` raises.
    """
    mark = f"phlo-{secrets.token_hex(8)}"
    lines = ([_become(job.user, mark)] if job.user else []) + [_command(job, mark)]
    script = "".join(f"{line}\n" for line in lines).encode()
    argv = (*prefix, "exec " + shlex.join(SHELL)) if prefix else SHELL
    outer = Job(
        argv=tuple(argv), stdin=script + job.stdin, timeout_seconds=job.timeout_seconds, most_bytes=job.most_bytes
    )
    found = run(argv, outer, is_cancelled)
    said, sign, rest = found.stderr.rpartition(f"\n{mark} ".encode())
    if not sign:
        raise _not_run(found, job, where)
    word, _, after = rest.partition(b"\n")
    what = word.decode(errors="replace")
    if what == _MISSING:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), job.argv[0])
    if what == _NO_FOLDER:
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {job.chdir}", job.chdir)
    if what == _NO_SUDO:
        fix = "Install sudo there, or connect as that user."
        raise OperationError(f"there is no sudo to become {job.user} with", where=where, fix=fix)
    return replace(found, code=int(what), stderr=said + after)


def _command(job: Job, mark: str) -> str:
    """The line that runs the program, and then writes its exit status behind the mark."""
    end = f"printf '\\n{mark} %s\\n'"
    parts = ["_n=$(printf '\\n_'); _n=${_n%_}"]
    if job.chdir:
        parts.append(f"cd -- {_quoted(job.chdir)} 2>/dev/null || {{ {end} {_NO_FOLDER} >&2; exit 1; }}")
    parts += [f"export {name}={_quoted(text)}" for name, text in job.environment.items()]
    program = _quoted(job.argv[0])
    parts.append(f"command -v {program} >/dev/null 2>&1 || {{ {end} {_MISSING} >&2; exit 127; }}")
    parts.append(" ".join(map(_quoted, job.argv)))
    parts.append(f'code=$?; {end} "$code" >&2; exit "$code"')
    return "; ".join(parts)


def _become(user: str, mark: str) -> str:
    """The line that goes on as another user: with sudo, which must not ask for a password, else with root's su."""
    name, shell = shlex.quote(user), shlex.join(SHELL)
    return (
        f'if [ "$(id -un)" = {name} ] || [ "$(id -u)" = {name} ]; then exec {shell}; '
        f"elif command -v sudo >/dev/null 2>&1; then exec sudo -n -H -u {name} -- {shell}; "
        f'elif [ "$(id -u)" = 0 ]; then exec su -s /bin/sh {name} -c {shlex.quote(READ_LINE)}; '
        f"else printf '\\n{mark} {_NO_SUDO}\\n' >&2; exit 1; fi"
    )


def _quoted(text: str) -> str:
    """A word of the shell in one line: `$_n` is an end of line."""
    return '"$_n"'.join(map(shlex.quote, text.split("\n")))


def _not_run(found: Output, job: Job, where: str) -> Exception:
    """The error when the program did not start, or its end was not seen."""
    said = found.complaint or f"exit status {found.code}"
    if job.user and found.code != 255:
        if "password" in said:
            fix = f"Let the user that signs in become {job.user} without one (sudoers: NOPASSWD), or connect as root."
            return OperationError(f"sudo asks for a password to become {job.user}", where=where, fix=fix)
        fix = "Check become_user, and what sudo allows to the user that signs in."
        return OperationError(f"cannot become {job.user} ({said})", where=where, fix=fix)
    return HostError(f"the connection ended while a program ran ({said})", where=where, fix="Run it again.")
