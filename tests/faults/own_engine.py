"""An engine of the tests' own, in a network of its own, that may be killed and may run out of disk."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path
from types import TracebackType

from phlo.errors import HostError
from phlo.hosts.connect import open_engine

START_SECONDS = 120


class OwnEngine:
    """A dockerd for the length of a `with` block. disk_bytes: the size of `disk`, which holds all it has."""

    def __init__(self, *, disk_bytes: int | None = None) -> None:
        # A socket's path may have 107 characters, which pytest's own folders can exceed.
        self._folder = Path(tempfile.mkdtemp(prefix="phlo-engine-"))
        self._pid_file = self._folder / "docker.pid"
        self.socket = self._folder / "docker.sock"
        self.address = f"unix://{self.socket}"
        self.disk = self._folder / "data"
        self._disk_bytes = disk_bytes
        # Keeps the network, bridges included, while the engine is down; ends the engine when this process dies.
        self._network = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", f"ip link set lo up; cat; kill $(cat {self._pid_file})"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._log = (self._folder / "dockerd.log").open("wb")

    def __enter__(self) -> OwnEngine:
        self.disk.mkdir()
        if self._disk_bytes is not None:
            size = f"size={self._disk_bytes}"
            subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(self.disk)], check=True)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGTERM)
        assert self._network.stdin is not None
        self._network.stdin.close()
        self._network.wait()
        self._log.close()
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            place = line.split()[1]
            if place.startswith(str(self._folder)):
                subprocess.run(["umount", "-l", place], check=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        for left in (self._pid_file, self._folder / "exec" / "containerd" / "containerd.pid"):
            left.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *("nsenter", f"--net=/proc/{self._network.pid}/ns/net", "dockerd"),
                "--iptables=false",  # which took a fifth of all time; ports are published by a proxy all the same
                f"--host={self.address}",
                f"--pidfile={self._pid_file}",
                f"--data-root={self.disk}",
                f"--exec-root={self._folder / 'exec'}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with closing(open_engine(self.address, name="own", environ={})) as engine:
                    engine.ping()
                return
            except HostError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it; after SIGKILL its containers run on, as after a crash."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait()
