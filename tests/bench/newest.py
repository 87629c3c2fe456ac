"""Builds and runs the newest Docker engine and Compose beside the machine's own: `python -m tests.bench.newest --help`.

Debian has neither, so both are built from the Go module proxy (10 to 25 minutes, once) and kept in the cache folder:
dockerd, runc and Compose with the installed Go, containerd and docker-proxy unpacked from Debian sid. The engine has
its own socket, data, processes and network namespace: it touches nothing of the machine's engine. Needs root.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.engine import BenchError, Engine
from tests.bench.fetch import cache_folder, debian_package, output_of
from tests.bench.tools.tool import Unavailable
from tests.peers.compose.build import newest as newest_compose

_DOCKERD = ("github.com/moby/moby/v2", "v2.0.0-beta.24")
_RUNC = ("github.com/opencontainers/runc", "v1.4.4")  # Debian's needs a newer libc, or is too old for containerd 2
_VERSION = "29-beta24"
_START_SECONDS = 60.0


class NewestEngine:
    """The programs of the newest engine in a folder, and the one engine that runs from there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = folder / "bin"
        self.socket = folder / "docker.sock"

    @property
    def address(self) -> str:
        return f"unix://{self.socket}"

    def build(self) -> None:
        """Build or fetch what is missing. Raises Unavailable."""
        self._programs.mkdir(parents=True, exist_ok=True)
        flags = f"-s -w -X {_DOCKERD[0]}/dockerversion.Version={_VERSION}"
        tags = "netgo osusergo static_build exclude_graphdriver_btrfs"
        self._compile(_DOCKERD, "./cmd/dockerd", "dockerd", flags, tags, with_c=False)
        if not (self._programs / "runc").exists():
            output_of(["apt-get", "install", "-y", "-qq", "libseccomp-dev"])
        self._compile(_RUNC, ".", "runc", f"-s -w -X main.version={_RUNC[1].removeprefix('v')}", "seccomp", with_c=True)
        containerd = debian_package(self._folder, "containerd", "sid") / "usr/bin"
        for program in (
            containerd / "containerd",
            containerd / "containerd-shim-runc-v2",
            debian_package(self._folder, "docker.io", "sid") / "usr/sbin/docker-proxy",
        ):
            shutil.copy2(program, self._programs / program.name)

    def _compile(
        self, module: tuple[str, str], package: str, program: str, flags: str, tags: str, *, with_c: bool
    ) -> None:
        binary = self._programs / program
        if binary.exists():
            return
        if shutil.which("go") is None:
            raise Unavailable("the newest engine is built with Go 1.26 or later, which is not installed")
        environ = {**os.environ, "GOFLAGS": "-mod=mod", "CGO_ENABLED": "1" if with_c else "0"}
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            work, source = Path(scratch), Path(scratch) / "source"
            (work / "go.mod").write_text("module scratch\ngo 1.26\n", encoding="utf-8")
            listed = _go(work, environ, "mod", "download", "-json", "@".join(module))
            shutil.copytree(json.loads(listed)["Dir"], source)
            for path in (source, *source.rglob("*")):
                path.chmod(path.stat().st_mode | 0o200)
            _go(source, environ, "build", "-tags", tags, "-ldflags", flags, "-o", str(binary), package)

    def start(self) -> None:
        """Start the engine and wait until it answers; one that runs already is left as it is. Raises BenchError."""
        if self._answers():
            return
        for name in ("data", "exec"):
            (self._folder / name).mkdir(exist_ok=True)
        # An engine without a default bridge removes docker0 where it starts: in a network namespace of its own.
        command = [
            *("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "dockerd"),
            self._programs / "dockerd",
            *("--host", self.address),
            *("--data-root", self._folder / "data"),
            *("--exec-root", self._folder / "exec"),
            *("--pidfile", self._pid_file),
            *("--bridge=none", "--iptables=false", "--ip6tables=false"),
        ]
        environ = {**os.environ, "PATH": f"{self._programs}:{os.environ['PATH']}"}
        log = self._folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
                raise BenchError(f"the newest engine does not start: {' / '.join(last)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the engine and wait for its end; fine when none runs."""
        try:
            process = int(self._pid_file.read_text(encoding="utf-8"))
            os.kill(process, signal.SIGTERM)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return
        while self._pid_file.exists():
            time.sleep(0.1)

    @property
    def _pid_file(self) -> Path:
        return self._folder / "pid"

    def _answers(self) -> bool:
        try:
            Engine(self.address).version()
        except BenchError:
            return False
        return True


def newest_engine(cache: Path) -> NewestEngine:
    """The newest engine in a cache folder, built or not."""
    return NewestEngine(cache / "engine-29")


def _go(folder: Path, environ: dict[str, str], *argv: str) -> str:
    try:
        done = subprocess.run(["go", *argv], cwd=folder, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    except subprocess.CalledProcessError as reason:
        raise Unavailable(f"`go {argv[0]}` ended with exit code {reason.returncode}") from None
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, start or stop the newest engine; build the newest Compose with it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.newest", description=main.__doc__)
    parser.add_argument("verb", choices=("build", "start", "stop"))
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="where both are kept")
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    engine = newest_engine(options.cache)
    try:
        if options.verb == "build":
            engine.build()
            print(f"Compose: {newest_compose(options.cache)}")
        elif options.verb == "start":
            engine.start()
        else:
            engine.stop()
    except (BenchError, Unavailable) as reason:
        print(f"newest: {reason}", file=sys.stderr)
        return 3
    print(f"engine:  {engine.address}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
