"""Debian's registry server on this machine, open or with a login, with or without TLS."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER, PASSWORD = "tester", "sesame-open"
_HTPASSWD = f"{USER}:$2b$04$oK1eK1GrFd4Huh2U.E6lDe7a7MSLCukjawNAMBp2BJNXCYL5mJFRu\n"

_CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"{tls}}}
"""


def registry_program(folder: Path) -> str:
    """The registry server; taken out of its package, into a folder, when it is not installed."""
    found = shutil.which("docker-registry")
    if found:
        return found
    for argv in (["apt-get", "-qq", "download", "docker-registry"], ["sh", "-c", "dpkg -x docker-registry_*.deb ."]):
        subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return str(folder / "usr/bin/docker-registry")


@contextmanager
def serving(program: str, folder: Path, *, has_login: bool = False, has_tls: bool = False) -> Iterator[str]:
    """Run a registry; gives its address."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    tls = f", tls: {{certificate: {folder}/cert.pem, key: {folder}/key.pem}}" if has_tls else ""
    if has_tls:
        _make_certificate(folder)
    config = _CONFIG.format(folder=folder, port=port, tls=tls)
    if has_login:
        (folder / "htpasswd").write_text(_HTPASSWD)
        config += f"auth: {{htpasswd: {{realm: test, path: {folder / 'htpasswd'}}}}}\n"
    (folder / "config.yml").write_text(config)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)
    try:
        _until_it_listens(port, folder / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _make_certificate(folder: Path) -> None:
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    argv += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)


def _until_it_listens(port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
