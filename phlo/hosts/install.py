"""Install and start the Docker engine, and single programs, from the system's own packages.

Only on Debian, Ubuntu and their kin, and only as root; elsewhere one clear message says what to do.
Whatever is there already is left as it is.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from phlo.bounded import last_lines
from phlo.child_environment import child_environment
from phlo.errors import HostError
from phlo.frozen import dataclass
from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.programs import run_program

Say = Callable[[str], None]

# iptables: bridges and published ports; the others: pulling, unpacking layers, git build contexts.
_ENGINE_PACKAGES = ("docker.io", "iptables", "ca-certificates", "xz-utils", "git")
_DEADLINE_SECONDS = 60.0
# dpkg finishes the package that it unpacks; a dpkg that is killed leaves the system's packages half-installed.
_APT_GRACE_SECONDS = 30.0
_LINES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """How `dockerd` is started where systemd does not do it. options: further arguments of dockerd(8)."""

    socket: Path = Path("/var/run/docker.sock")
    pidfile: Path = Path("/var/run/docker.pid")
    log: Path = Path("/var/log/dockerd.log")
    options: tuple[str, ...] = ()

    def command(self, program: str) -> list[str]:
        return [program, f"--host=unix://{self.socket}", f"--pidfile={self.pidfile}", *self.options]

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """The engine behind its socket, for as long as it is needed."""
        engine = open_engine(f"unix://{self.socket}", name="local", environ={})
        try:
            yield engine
        finally:
            engine.close()


def ensure_engine(*, say: Say, environ: Mapping[str, str], daemon: Daemon | None = None) -> bool:
    """Make sure that a Docker engine answers on this machine; True when it had to be started.

    say:    told each step before it is done.
    daemon: None: the system's engine, at its usual place.
    Raises HostError with what to do when that is not possible; when the engine does not come up, with its log's end.
    """
    if daemon is None and environ.get("DOCKER_HOST"):
        with closing(open_engine(None, name="local", environ=environ)) as engine:
            engine.ping()
        say(f"the Docker engine at {environ['DOCKER_HOST']} answers; nothing to do")
        return False
    daemon = daemon or Daemon()
    if _answers(daemon, say):
        return False
    _require_root("the Docker engine")
    with _alone(say):
        if _answers(daemon, say):
            return False
        program = shutil.which("dockerd") or _install_engine(say)
        _start(daemon, program, say)
    return True


def ensure_program(name: str, *, package: str, say: Say) -> str:
    """The path of a program, installed from the system's packages when it is not there."""
    found = shutil.which(name)
    if found:
        return found
    _require_root(name)
    with _alone(say):
        if not shutil.which(name):
            apt_install([package], say)
    found = shutil.which(name)
    if found is None:
        raise HostError(f"the package {package} was installed, but {name} is not on PATH", fix="Check PATH.")
    return found


def _answers(daemon: Daemon, say: Say) -> bool:
    try:
        with daemon.engine() as engine:
            version = engine.get("/version")
    except HostError:
        if daemon.socket.exists() and not os.access(daemon.socket, os.R_OK | os.W_OK):
            raise
        return False
    say(f"Docker engine {version['Version']} answers at {daemon.socket}; left as it is")
    return True


def _require_root(what: str) -> None:
    if shutil.which("apt-get") is None:
        raise HostError(
            f"phlo can install {what} on Debian and Ubuntu only, and this system is another one",
            fix=f"Install and start {what} the way your system does it, then run the same command again.",
        )
    if os.geteuid() != 0:
        raise HostError(
            f"{what} is missing, and installing it needs root",
            fix="Run the same command with sudo, or ask the administrator of this machine.",
        )


# -- installing -----------------------------------------------------------------------------------------


def _install_engine(say: Say) -> str:
    apt_install(_ENGINE_PACKAGES, say)
    # Newer releases have the `docker` command in a package of its own.
    if shutil.which("docker") is None and _is_known("docker-cli"):
        apt_install(["docker-cli"], say)
    program = shutil.which("dockerd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise HostError("the package docker.io was installed, but dockerd is not there", fix="See /var/log/dpkg.log.")
    return program


def _is_known(package: str) -> bool:
    command = ["apt-cache", "show", package]
    return run_program(command).code == 0


def apt_install(packages: Sequence[str], say: Say) -> None:
    """Install packages of the system. Raises HostError with what apt-get complained of."""
    say(f"installing {', '.join(packages)} from this system's packages")
    _apt(["update"])
    _apt(["install", "-y", "--no-install-recommends", *packages])


def _apt(arguments: list[str]) -> None:
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments]
    environment = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = run_program(command, more=environment, is_joined=True, grace_seconds=_APT_GRACE_SECONDS)
    if done.code:
        raise HostError(
            f"`{' '.join(command)}` failed with exit status {done.code}",
            fix="Fix what it reports, and run the same command again.",
            detail=last_lines(done.stdout.text(), _LINES_SHOWN),
        )


@contextmanager
def _alone(say: Say) -> Iterator[None]:
    """Hold back another phlo on this machine that installs or starts at the same time."""
    with Path("/run/phlo-install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another phlo that is installing")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# -- starting --------------------------------------------------------------------------------------------


def _start(daemon: Daemon, program: str, say: Say) -> None:
    is_systems_own = daemon == Daemon()
    if is_systems_own and Path("/run/systemd/system").is_dir():
        say("starting the Docker engine (systemctl start docker)")
        command = ["systemctl", "start", "docker"]
        done = run_program(command)
        if done.code:
            raise HostError(
                "systemd could not start the Docker engine",
                fix="See `journalctl -u docker`.",
                detail=last_lines(done.stderr.text(), _LINES_SHOWN),
            )
        _wait(daemon, None)
    else:
        pid = _running(daemon)
        if pid is None:
            say(f"starting the Docker engine (dockerd, its log is {daemon.log})")
            pid = _spawn(daemon, program)
        else:
            say(f"waiting for the Docker engine that is starting already (process {pid})")
        _wait(daemon, pid)
    say(f"the Docker engine answers at {daemon.socket}")


def _running(daemon: Daemon) -> int | None:
    """The process that the pidfile names, when it is a dockerd; a pidfile left behind is removed."""
    try:
        pid = int(daemon.pidfile.read_text())
        if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd":
            return pid
    except (OSError, ValueError):
        pass  # no such file, or no such process
    daemon.pidfile.unlink(missing_ok=True)
    return None


def _spawn(daemon: Daemon, program: str) -> int:
    """Start dockerd in a session of its own, so that it outlives this process and its terminal."""
    daemon.log.parent.mkdir(parents=True, exist_ok=True)
    output = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    argv = daemon.command(program)
    return os.posix_spawnp(
        argv[0],
        argv,
        child_environment(),
        setsid=True,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(daemon.log), output, 0o640),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
    )


def _wait(daemon: Daemon, pid: int | None) -> None:
    """Wait until the engine answers. pid: its process when phlo started it, to see it end early."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            with daemon.engine() as engine:
                engine.ping()
            return
        except HostError:
            if pid is not None and _has_ended(pid):
                raise _did_not_start(daemon, "ended at once") from None
            time.sleep(0.05)
    raise _did_not_start(daemon, f"does not answer after {_DEADLINE_SECONDS:g} s")


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # somebody else's process
        return not Path(f"/proc/{pid}").exists()


def _did_not_start(daemon: Daemon, what: str) -> HostError:
    tail: deque[str] = deque(maxlen=10)
    if daemon.log.is_file():
        with daemon.log.open(errors="replace") as log:
            tail.extend(line.rstrip() for line in log)
    return HostError(
        f"the Docker engine {what}",
        fix=f"See {daemon.log}. In a container it needs --privileged; elsewhere check cgroups and iptables.",
        detail=tail,
    )
