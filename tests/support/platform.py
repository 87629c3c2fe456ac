"""The example platforms, each brought up once for all the tests that look at it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from phlo import inventory
from phlo.config.resolve import resolve
from phlo.discovery.services import discover_services
from scripts.docs.blocks import ROOT
from tests.support.beside import assert_no_default_port, stand_beside
from tests.support.unprotected import UNPROTECTED

EXAMPLES = ROOT / "examples"
UP_SECONDS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A copy of an example with ports and a name of its own. repository: what its pipeline reads."""

    folder: Path
    name: str
    repository: Path
    secrets: dict[str, str] = field(default_factory=dict)

    def phlo(self, *words: str, code: int = 0) -> str:
        done = self._run(*words)
        assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=UP_SECONDS,
            stdin=subprocess.DEVNULL,
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "NO_COLOR": "1", "GITHUB_STATS_REPOSITORY": str(self.repository)}

    def secret(self, name: str) -> str:
        if name not in self.secrets:
            self.secrets[name] = self.phlo("secrets", "get", name).strip()
        return self.secrets[name]

    @property
    def ports(self) -> Mapping[tuple[str, int], int]:
        """Service and port in its container -> port on this machine."""
        return published(self.folder, (self.folder / "phlo.yaml").read_text())

    @property
    def commits(self) -> int:
        """As git counts them."""
        argv = ["git", "-C", str(self.repository), "rev-list", "--count", "HEAD"]
        return int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)

    def api(self) -> httpx.Client:
        """phlo-api, in its container, for an operator."""
        services = json.loads(self.phlo("services", "list", "--json"))
        port = next(service["ports"][0] for service in services if service["name"] == "phlo-api")
        token = self.phlo("secrets", "get", "PHLO_API_OPERATOR_TOKEN").strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1/data", headers=headers, timeout=120)

    def check_numbers(self) -> None:
        """Run the example's own tests."""
        tests = EXAMPLES / "github-stats" / "tests"
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tests), str(tests)]
        environment = {**self.environment, "EXAMPLE_PROJECT": str(self.folder)}
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def published(folder: Path, text: str) -> Mapping[tuple[str, int], int]:
    """The ports of a project with this `phlo.yaml`."""
    found = discover_services(folder), inventory.load([], root=folder)
    return {
        (name, port.target): int(str(port.published))
        for name, service in resolve(*found, root=folder, environ=os.environ).services.items()
        for port in service.compose.ports
    }


class Platforms:
    """Copies examples; the one before is taken down first, so that there is memory for the next."""

    def __init__(self, base: Path, repository: Path) -> None:
        self._base, self._repository = base, repository
        self._running: Platform | None = None

    def get(self, example: str) -> Platform:
        """The copy of an example: up, or with nothing of it there yet when nobody has asked for it before."""
        if self._running is not None and self._running.folder.name == example:
            return self._running
        self.stop()
        base = self._base / f"of-{example}"
        for name in ("github-stats", "lakehouse"):
            ignored = shutil.ignore_patterns(".phlo", "__pycache__", "tests")
            shutil.copytree(EXAMPLES / name, base / name, ignore=ignored)
        name = stand_beside(base / example, {**os.environ, "GITHUB_STATS_REPOSITORY": str(self._repository)})
        self._running = Platform(folder=base / example, name=name, repository=self._repository)
        return self._running

    def stop(self) -> None:
        """Take down what is up."""
        platform, self._running = self._running, None
        if platform is not None:
            try:
                assert_no_default_port(platform.name)
            finally:
                platform.phlo("down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")


@contextmanager
def platforms(base: Path, repository: Path) -> Iterator[Platforms]:
    """For a `with` block."""
    made = Platforms(base, repository)
    try:
        yield made
    finally:
        made.stop()
