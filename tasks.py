"""The project's own tasks: `invoke --list` shows them with those that phlo brings along."""

from __future__ import annotations

import sys
from pathlib import Path

from invoke.context import Context
from invoke.tasks import task

ROOT = Path(__file__).resolve().parent
QUICKSTART = ROOT / "examples" / "quickstart"


def _phlo(c: Context, *arguments: str) -> None:
    """Run phlo as a user would, in this terminal."""
    c.run(" ".join([f"{sys.executable} -m phlo", *arguments]), pty=sys.stdout.isatty(), echo=True)


@task
def engine(c: Context) -> None:
    """Install and start the Docker engine when none answers."""
    _phlo(c, "doctor", "--install-engine")


@task
def check(c: Context, fix: bool = False) -> None:
    """Format, lint, types and layers; --fix mends what can be mended."""
    c.run("ruff format" if fix else "ruff format --check", pty=sys.stdout.isatty())
    c.run("ruff check --fix" if fix else "ruff check", pty=sys.stdout.isatty())
    c.run("mypy", pty=sys.stdout.isatty())
    c.run("pytest -q tests/unit/test_layering.py", pty=sys.stdout.isatty())


@task(help={"upgrade": "take the newest versions that fit, instead of keeping those locked"})
def lock(c: Context, upgrade: bool = False) -> None:
    """Renew requirements.lock from the pyproject files."""
    import io
    import re
    import tomllib

    projects = [
        tomllib.loads(path.read_text())["project"]
        for path in [ROOT / "pyproject.toml", *sorted(ROOT.glob("packages/*/pyproject.toml"))]
    ]
    wanted: set[str] = set()
    for project in projects:
        extras = project.get("optional-dependencies", {})
        wanted.update(project.get("dependencies", ()), extras.get("test", ()), extras.get("dev", ()))
    # Ours come from this repository, never from an index, where the name may be a stranger's.
    ours = {project["name"] for project in projects}
    foreign = sorted(line for line in wanted if re.split(r"[^\w.-]", line, maxsplit=1)[0] not in ours)
    command = (
        "uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
        " --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock"
    )
    c.run(command + (" --upgrade" if upgrade else ""), in_stream=io.StringIO("\n".join(foreign)), hide="out")


@task
def clean(c: Context) -> None:
    """Remove what builds, tests and checks leave behind; the environment stays."""
    c.run("rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .phlo-bench-cache")
