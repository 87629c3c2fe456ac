"""A Docker engine behind an SSH server: its socket, forwarded over one connection that OpenSSH keeps.

The `ssh` program is used as it is, so that a user's ssh_config (jump hosts, keys, ports), agent and known hosts count.
The connection stays for a while after phlo has ended, and the next run goes on with it at no cost. Neither the agent
nor a key is forwarded. Source: ssh(1), ssh_config(5): ControlPersist, LocalForward, StreamLocalBindUnlink.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult

from phlo.child_environment import child_environment
from phlo.errors import HostError, InventoryError
from phlo.frozen import dataclass
from phlo.hosts.http1 import dial
from phlo.hosts.retry import with_retries
from phlo.ssh_names import is_host_name, is_user_name

ENGINE_SOCKET = "/var/run/docker.sock"
CONNECT_SECONDS = 15
NO_SSH = "Install OpenSSH's client; a container has no keys either, so run phlo on the machine itself."
# How long a connection that nothing uses stays open for the next run.
PERSIST_SECONDS = 120
# What a socket's path may have (unix(7)), with room for the name that ssh gives its own while it makes it.
_LONGEST_PATH = 107 - 18
_SOCKET_PATH = re.compile(r"[\w./@+-]*")
# How long a connection that did not come about is not tried again.
_FRESH_SECONDS = 3.0
# What ssh says when the server is being started, or lets only so many in at a time (sshd_config(5), MaxStartups).
_PASSING = re.compile(
    r"connect to host .* port \d+: Connection (refused|reset)|kex_exchange_identification|Connection (closed|reset) by"
)
# Of every `ssh` that phlo starts.
_CLIENT_OPTIONS: Mapping[str, object] = {
    "BatchMode": "yes",
    "ConnectTimeout": CONNECT_SECONDS,
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "NoHostAuthenticationForLocalhost": "no",
    "ServerAliveCountMax": 3,
    "ServerAliveInterval": 5,
    "StrictHostKeyChecking": "yes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAddress:
    """Where an engine is. socket: its path there. options: further arguments of `ssh`, such as `-F FILE`."""

    host: str
    user: str | None = None
    port: int | None = None
    socket: str = ENGINE_SOCKET
    options: tuple[str, ...] = ()

    @property
    def destination(self) -> tuple[str, ...]:
        """The arguments of `ssh` that say where to."""
        user = () if self.user is None else ("-l", self.user)
        port = () if self.port is None else ("-p", str(self.port))
        return (*self.options, *user, *port, "--", self.host)

    @property
    def shown(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"ssh://{user}{self.host}{f':{self.port}' if self.port else ''}"


def ssh_address(parts: SplitResult, *, name: str, options: Sequence[str] = ()) -> SshAddress:
    """The address in a URL `ssh://[USER@]HOST[:PORT][/PATH/OF/SOCKET]`. Raises InventoryError for an invalid one."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    host, user = parts.hostname or "", parts.username
    has_names = is_host_name(host) and (user is None or is_user_name(user)) and bool(_SOCKET_PATH.fullmatch(parts.path))
    if not has_names or port == 0 or parts.password is not None:
        raise InventoryError(
            f'"{parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()}" is not the address of an SSH server',
            where=name,
            fix="Write ssh://USER@HOST:PORT; keys and agents sign in, not passwords.",
        )
    path = parts.path.rstrip("/") or ENGINE_SOCKET
    return SshAddress(host=host, user=user, port=port, socket=path, options=tuple(options))


class Tunnel:
    """A local socket that leads to the engine's; the first use opens the connection, where none is left from before.

    address: where the engine is. name: the host's name in errors. environ: phlo's environment.
    """

    def __init__(self, address: SshAddress, name: str, environ: Mapping[str, str]) -> None:
        self._address, self._name, self._environ = address, name, environ
        self._lock = threading.Lock()
        self._path: Path | None = None
        # The last try that failed: when, what, and what to do.
        self._failed: tuple[float, str, str] | None = None

    def connect(self, timeout_seconds: float | None) -> socket.socket:
        began = time.monotonic()
        with self._lock:
            if self._failed is not None and began - self._failed[0] < _FRESH_SECONDS:
                raise self._error(*self._failed[1:])
            if self._path is None:
                self._path = _folder(self._environ) / _key(self._address)
            channel = _connected(self._path, timeout_seconds)
            if channel is None:
                channel = self._opened(self._path, timeout_seconds)
        if channel is None:
            raise self._error("the connection ended as soon as it was there", "Run the same command again.")
        return channel

    def client_words(self) -> list[str]:
        """The beginning of an `ssh` command that goes over the same connection; what to run there follows.

        Raises HostError when the host cannot be reached.
        """
        self.connect(None).close()
        assert self._path is not None
        words = _words({**_CLIENT_OPTIONS, "ControlMaster": "no", "ControlPath": f"{self._path}.c"})
        return ["ssh", "-T", *words, *self._address.destination]

    def _opened(self, path: Path, timeout_seconds: float | None) -> socket.socket | None:
        try:
            with_retries(lambda: self._open(path), lambda error: isinstance(error, _SshError) and error.is_passing)
        except _SshError as error:
            what, fix = self._explained(error.said)
            raise self._noted(what, fix) from None
        return _connected(path, timeout_seconds)

    def _noted(self, what: str, fix: str) -> HostError:
        """The error, for all who come soon: a host that does not answer is not tried again for each of them."""
        self._failed = (time.monotonic(), what, fix)
        return self._error(what, fix)

    def _open(self, path: Path) -> None:
        """Start an `ssh` that goes into the background once it is signed in and listens on `path`.

        Of one option ssh takes the first value it gets, so these win over further arguments and the user's ssh_config.
        Raises _SshError when it says why it does not.
        """
        path.unlink(missing_ok=True)
        options = {
            **_CLIENT_OPTIONS,
            "ControlMaster": "yes",
            "ControlPath": f"{path}.c",
            "ControlPersist": PERSIST_SECONDS,
            "ExitOnForwardFailure": "yes",
            "StreamLocalBindMask": "0177",
            "StreamLocalBindUnlink": "yes",
        }
        forward = ["-L", f"{path}:{self._address.socket}"]
        argv = ["ssh", "-f", "-N", "-T", *_words(options), *forward, *self._address.destination]
        Path(f"{path}.c").unlink(missing_ok=True)
        # A file takes what it says: the ssh in the background holds on to its streams, and a pipe would never end.
        with tempfile.TemporaryFile() as said:
            try:
                done = subprocess.run(
                    argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    env=child_environment(self._environ),
                    timeout=CONNECT_SECONDS * 2,
                    check=False,
                    start_new_session=True,
                )
            except FileNotFoundError:
                raise self._error("there is no program `ssh` here", NO_SSH) from None
            except subprocess.TimeoutExpired:
                what = f"{self._address.shown} did not let phlo in within {CONNECT_SECONDS * 2} s"
                raise self._noted(what, self._try_by_hand()) from None
            said.seek(0)
            text = said.read().decode(errors="replace")
        if done.returncode:
            raise _SshError(text)

    def _explained(self, said: str) -> tuple[str, str]:
        """What went wrong, and what to do, from what ssh said."""
        shown, host = self._address.shown, self._address.host
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last = lines[-1] if lines else "ssh said nothing"
        if "REMOTE HOST IDENTIFICATION HAS CHANGED" in said:
            fix = f"If the host was recreated: ssh-keygen -R {shlex.quote(host)}. If not, somebody is in between."
            return f"the host key of {shown} is not the one that is known", fix
        if "Host key verification failed" in said:
            return f"the host key of {shown} is not known", f"Check it, and accept it once: {self._by_hand()}"
        if "Permission denied" in said:
            fix = f"Give your key to that user there (ssh-copy-id), or load it (ssh-add). To try: {self._by_hand()}"
            return f"{shown} does not let you in ({last})", fix
        if "Could not resolve" in said:
            return f'there is no host "{host}" ({last})', "Check docker_host in the inventory, and the network."
        return f"{shown} cannot be reached ({last})", self._try_by_hand()

    def _try_by_hand(self) -> str:
        return f"Check that it is up, then try {self._by_hand()}"

    def _by_hand(self) -> str:
        return shlex.join(["ssh", *(word for word in self._address.destination if word != "--")])

    def _error(self, what: str, fix: str) -> HostError:
        return HostError(what, where=self._name, fix=fix)


def _words(options: Mapping[str, object]) -> list[str]:
    return [word for option, value in options.items() for word in ("-o", f"{option}={value}")]


class _SshError(Exception):
    """`ssh` ended. said: in its words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said

    @property
    def is_passing(self) -> bool:
        return bool(_PASSING.search(self.said))


def _connected(path: Path, timeout_seconds: float | None) -> socket.socket | None:
    """A socket that is connected to a local one, None when nobody listens there (any more)."""
    try:
        return dial(str(path), timeout_seconds)
    except (FileNotFoundError, ConnectionRefusedError):
        return None


def _key(address: SshAddress) -> str:
    """A name for a connection, short enough for a socket's path."""
    words = "\0".join((*address.destination, address.socket))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _folder(environ: Mapping[str, str]) -> Path:
    """A folder for sockets that only this user can enter."""
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or "/nowhere") / "phlo"
    fallback = Path(tempfile.gettempdir()) / f"phlo-{os.getuid()}"
    for folder in (runtime, fallback, Path(f"/tmp/phlo-{os.getuid()}")):  # noqa: S108  checked below
        if len(str(folder)) + 16 > _LONGEST_PATH:
            continue
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            continue
        status = folder.lstat()
        if status.st_uid == os.getuid() and status.st_mode & 0o077 == 0 and folder.is_dir():
            return folder
    raise HostError(
        "there is no folder for the sockets of SSH connections",
        where=str(fallback),
        fix="Make it yours alone (chmod 700), or set XDG_RUNTIME_DIR.",
    )
