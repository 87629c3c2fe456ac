"""phlo as somebody has it who installed its wheels, and the quickstart as they copied it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from phlo.hosts.connect import open_engine
from phlo.testing.images import tiny_image
from phlo.testing.role_project import free_ports
from tests.support.beside import BUILD_SECONDS, assert_no_default_port, docker, remove_images
from tests.support.once import made_once
from tests.support.pages import LOST_COUNT
from tests.support.running import ended, start
from tests.support.unprotected import UNPROTECTED

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
QUICKSTART = EXAMPLES / "quickstart"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(BUILD_SECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment in which phlo and its packages are installed from wheels. programs: its bin folder."""

    programs: Path

    @property
    def python(self) -> Path:
        return self.programs / "python"

    def run(
        self, *words: str, cwd: Path, code: int | None = 0, timeout_seconds: float = 1800
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its programs; the exit code must be as said, None for any."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
        done = subprocess.run(
            [self.programs / words[0], *words[1:]],
            cwd=cwd,
            env={**environment, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            stdin=subprocess.DEVNULL,
        )
        assert code in (None, done.returncode), f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of phlo and of every package of this repository."""

    def build(folder: Path) -> None:
        for project in (ROOT, *sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))):
            argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
            subprocess.run(argv, cwd=project, check=True, capture_output=True)

    return made_once(tmp_path_factory, "wheels", build)


@pytest.fixture(scope="session")
def installed(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with the locked versions and our wheels, nothing editable, nothing of this repository."""

    def install(folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        python = str(folder / "bin" / "python")
        locked = ["uv", "pip", "install", "--quiet", "--python", python, "--require-hashes"]  # a tenth of pip's time
        subprocess.run([sys.executable, "-m", *locked, "--requirement", str(ROOT / "requirements.lock")], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # Ours never come from an index, where their names may be a stranger's.
        subprocess.run([*pip, "--no-index", "--no-deps", *map(str, sorted(wheels.glob("*.whl")))], check=True)

    return Installed(programs=made_once(tmp_path_factory, "environment", install) / "bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quickstart:
    """A copy of examples/quickstart. ports: port in the repository's copy -> port in this one."""

    folder: Path
    name: str
    ports: dict[int, int]


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Quickstart]:
    """A copy with a name and ports of its own, so that it stands beside one that is running."""
    with open_local() as engine:
        tiny_image(engine)
    folder = tmp_path_factory.mktemp("project") / "quickstart"
    shutil.copytree(QUICKSTART, folder, ignore=shutil.ignore_patterns(".phlo", "__pycache__", ".pytest_cache"))
    name = f"quickstart-{uuid.uuid4().hex[:6]}"
    text = (folder / "phlo.yaml").read_text()
    published = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+):\d+|port: (\d+)", text) for port in port if port}
    ports = dict(zip(sorted({*published, 4000}), free_ports(len(published) + 1), strict=False))
    text = re.sub(r"(127\.0\.0\.1:)(\d+)(?=:\d)", lambda found: f"{found[1]}{ports[int(found[2])]}", text)
    text = re.sub(r"port: (\d+)", lambda found: f"port: {ports[int(found[1])]}", text)
    text = re.sub(r"^name: .*$", f"name: {name}", text, flags=re.MULTILINE)
    (folder / "phlo.yaml").write_text(text + f"  PHLO_API_PORT: {ports[4000]}\n")
    tests = folder / "tests" / "test_quickstart.py"
    tests.write_text(re.sub(r"\b\d{4}\b", lambda found: str(ports.get(int(found[0]), found[0])), tests.read_text()))
    yield Quickstart(folder=folder, name=name, ports=ports)
    try:
        assert_no_default_port(name)
    finally:
        phlo = [sys.executable, "-m", "phlo", "run", "down", "--volumes", "--yes", *UNPROTECTED, "-t", "0"]
        subprocess.run(phlo, cwd=folder, check=False, capture_output=True, timeout=300)


@dataclass(slots=True, kw_only=True)
class Example:
    """A copy of a project of examples/ that stands beside any other, and phlo run in it."""

    folder: Path
    name: str
    ports: list[int]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command."""
        self.started.append(start(self.folder, *words))
        return self.started[-1]

    def phlo(self, *words: str, code: int = 0) -> str:
        """Run a command to its end, giving what it printed; the exit code must be as said."""
        return ended(self.start(*words), code)


@pytest.fixture
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Example]:
    """The example that the test's module names (`EXAMPLE`), with a name and ports of its own; taken down afterwards."""
    of = request.module.EXAMPLE
    folder, name = tmp_path / of, f"{of}-{uuid.uuid4().hex[:6]}"
    shutil.copytree(ROOT / "examples" / of, folder, ignore=shutil.ignore_patterns(".phlo"))
    text = (folder / "phlo.yaml").read_text()
    taken = iter(ports := free_ports(len(re.findall(PUBLISHED, text))))
    text = re.sub(PUBLISHED, lambda found: f"{found[1]}{next(taken)}", text)
    (folder / "phlo.yaml").write_text(re.sub(r"^name: .*$", f"name: {name}", text, flags=re.MULTILINE))
    example = Example(folder=folder, name=name, ports=ports)
    yield example
    try:
        assert_no_default_port(name)
    finally:
        for process in example.started:
            process.kill()
            process.communicate()
        down = example.start("down", "--volumes", "--yes", *UNPROTECTED, "-t", "0")
        _, told = down.communicate(timeout=300)
        remove_images(
            docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*").split()
        )
    assert down.returncode == 0 or LOST_COUNT in told, told


# The host port of `port: 25440` and of `127.0.0.1:25440:80`.
PUBLISHED = r"(?m)(port: |127\.0\.0\.1:)\d+(?=$|:\d)"


def open_local():  # type: ignore[no-untyped-def]
    from contextlib import closing

    return closing(open_engine(None, name="local", environ=os.environ))
