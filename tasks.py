"""The project's own tasks, together with phlo's verbs: `invoke --list` shows all.

phlo's verbs (`invoke up`, `invoke plan`, ...) work on examples/github-stats, unless they are called inside a project.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.runners import Result
from invoke.tasks import task

import phlo.tasks

ROOT = Path(__file__).resolve().parent
LIGHT = ROOT / "examples" / "github-stats"
FULL = ROOT / "examples" / "lakehouse"
# What is measured beside the newest Compose; the other tables do not depend on it.
NEWEST_CASES = "noop,chain,cold,change,down,help,tasks"
# So many failed tests of `invoke test --all` are run again alone.
FAILURES_RUN_AGAIN = 3
# What `invoke check` looks for misspelt words in.
SPELT = "README.md CONTRIBUTING.md CHANGELOG.md SECURITY.md docs phlo packages roles registry examples scripts tasks.py"
# Charts of the full set: title, SQL on the lake, type, column to group by, metric.
CHARTS = (
    ("Commits by month", "SELECT * FROM iceberg.stats.commits", "bar", "month", "COUNT(*)"),
    ("Lines by folder", "SELECT * FROM iceberg.stats.changes", "pie", "folder", "SUM(insertions)"),
)


def _run(c: Context, command: str, **options: Any) -> Result:
    """Run a command in the repository, with the environment's own programs, in this terminal."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    with c.cd(ROOT):
        result = c.run(command, env={"PATH": programs}, **{"pty": sys.stdout.isatty(), **options})
    assert result is not None
    return result


def _say(line: str) -> None:
    """Print progress at once, so that it keeps its place among what other programs print."""
    print(line, flush=True)


# -- the example platforms -----------------------------------------------------------------------------


@task
def example(c: Context) -> None:
    """Make phlo's verbs work on examples/github-stats; those of a project you are in stay with it."""
    if not any((folder / "phlo.yaml").is_file() for folder in (Path.cwd(), *Path.cwd().parents)):
        os.chdir(LIGHT)


@task
def engine(c: Context) -> None:
    """Install and start the Docker engine when none answers."""
    from phlo.errors import PhloError
    from phlo.hosts.install import ensure_engine

    try:
        ensure_engine(say=_say, environ=os.environ)
    except PhloError as error:
        sys.exit("\n".join([str(error), *error.detail]))


@task(pre=[example])
def load(c: Context) -> None:
    """Run the example's pipeline: the commits of this repository go into the lake, and their statistics out of it."""
    _say("running the pipeline: dagster.materialize")
    _run_here(c, "phlo run dagster.materialize")


@task
def light(c: Context) -> None:
    """Stop examples/lakehouse, which has the same ports as examples/github-stats."""
    _stop(c, FULL)


@task(pre=[engine])
def lakehouse(c: Context) -> None:
    """Bring up the full set of services in examples/lakehouse, run its pipeline and chart the result."""
    _stop(c, LIGHT)
    os.chdir(FULL)
    _run_here(c, "phlo up --profile-tasks")
    load(c)
    for title, sql, kind, x, metric in CHARTS:
        words = ["phlo", "run", "superset.chart", title, "--database", "lake", "--sql", sql, "--type", kind, "--x", x]
        _run_here(c, shlex.join([*words, "--metric", metric, "--dashboard", "Repository"]))
    urls(c)


@task(pre=[example])
def urls(c: Context) -> None:
    """List the services, and the addresses that answer in a browser."""
    # phlo knows that they work before the engine's next probe is due, which is when the engine says so too.
    deadline = time.monotonic() + 30
    while (
        '"starting"' in (found := _run_here(c, "phlo services list --json", hide=True)) and time.monotonic() < deadline
    ):
        time.sleep(0.5)
    _run_here(c, "phlo services list")
    listed = json.loads(found)
    for service in listed["services"] if isinstance(listed, dict) else listed:
        for port in service.get("ports") or ():
            number = port["published"] if isinstance(port, dict) else port
            if number and _speaks_http(address := f"http://localhost:{number}/"):
                print(f"  {service['name']:<16} {address}")


def _stop(c: Context, folder: Path) -> None:
    """Take an example down that runs; its data stays."""
    listed = c.run(f"{sys.executable} -m phlo ps --json --project-dir {folder}", hide=True)
    if listed and json.loads(listed.stdout or "[]"):
        _run_here(c, f"phlo down --project-dir {folder}")


def _run_here(c: Context, command: str, *, hide: bool = False) -> str:
    done = c.run(f"{sys.executable} -m {command}", hide=hide, pty=not hide and sys.stdout.isatty())
    return done.stdout if done else ""


def _speaks_http(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310  this machine's own ports
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


# -- tests and checks ------------------------------------------------------------------------------------


@task(pre=[engine])
def images(c: Context) -> None:
    """Make the base image and the tiny test image, where they are not there yet."""
    from phlo.hosts.connect import open_engine
    from phlo.hosts.host import Host
    from phlo.images.base import ensure_base
    from phlo.images.base_recipe import DEFAULT_SUITE
    from phlo.images.registries import Registries
    from phlo.testing.images import tiny_image

    local = open_engine(None, name="local", environ=os.environ)
    host = Host(name="local", engine=local, progress=_say)
    print(ensure_base(DEFAULT_SUITE, host, registries=Registries(), environ=os.environ), "is there", flush=True)
    print(tiny_image(local), "is there", flush=True)
    local.close()


@task(help={"all": "everything: real engine, images, whole projects", "options": "further options for pytest"})
def test(c: Context, all: bool = False, options: str = "") -> None:  # noqa: A002  the option's name
    """Run the unit tests and the comparison with the recordings of Compose and Ansible; with --all every test."""
    # Tests start phlo thousands of times, and where PYTHONDONTWRITEBYTECODE is set each would compile it again.
    _run(c, "python -m compileall -q phlo packages tests scripts")
    if not all:
        _run(c, f"pytest -n 2 tests/unit tests/peers/compose/test_compose.py tests/peers/ansible {options}")
        return
    from tests.support.slowest import Timed, read_report, report_lines

    engine(c)
    images(c)
    report = ROOT / "build" / "tests.xml"
    report.unlink(missing_ok=True)
    # Two at a time, in the order of tests/support/schedule.py: each test has a project and ports of its own.
    has_passed = _run(c, f"pytest -n 2 tests packages --junitxml {report} {options}", warn=True)
    tests: list[Timed] = []
    if report.is_file():
        seconds, tests = read_report(report)
        print("\n".join(report_lines(seconds, tests)), flush=True)
    if not has_passed and not _pass_alone(c, [test.name for test in tests if test.has_failed], options):
        sys.exit("test: failed")


def _pass_alone(c: Context, failed: list[str], options: str) -> bool:
    """Run the failed tests again, with no other test beside them; few of them, since many have one cause.

    A test that passes only then is a defect, of the test or of phlo, and is listed as one.
    """
    if not 0 < len(failed) <= FAILURES_RUN_AGAIN:
        return False
    _say(f"test: {len(failed)} failed; running them again, alone")
    if not _run(c, f"pytest -n 0 --last-failed --last-failed-no-failures none {options}", warn=True):
        return False
    _say("test: failed beside other tests and passed alone; each is a defect to fix:")
    for name in failed:
        _say(f"  {name}")
    return True


@task(
    help={
        "verb": "up or down",
        "count": "how many hosts",
        "number": "of the bed; several can be up at once, each with its own number",
    }
)
def hosts(c: Context, verb: str, count: int = 3, number: int = 0) -> None:
    """Make Docker hosts behind SSH servers out of this machine, or remove them; needs root."""
    if verb == "up":
        engine(c)
    _run(c, f"python -m tests.hosts.bed {verb} --count {count} --number {number}")


@task
def check(c: Context, fix: bool = False) -> None:
    """Format, lint, types, spelling and layers, all of them before it fails; --fix repairs what can be repaired."""
    commands = (
        "ruff format" if fix else "ruff format --check",
        "ruff check --fix" if fix else "ruff check",
        "mypy",
        f"codespell {SPELT}",
        "pytest -q tests/unit/test_layering.py tests/unit/docs/test_words.py",
    )
    failed = [command for command in commands if not _run(c, command, warn=True)]
    if failed:
        sys.exit(f"check: failed: {', '.join(failed)}")


@task(help={"options": "options of `python -m tests.faults`, e.g. --options='--only killed --most 5'"})
def faults(c: Context, options: str = "") -> None:
    """Let phlo run into every fault there is (an hour), and write the table into docs/reliability.md."""
    _run(c, f"python -m tests.faults {options or '--save'}")


@task(
    help={
        "newest": "beside the newest Compose on the newest engine; builds both where they are missing (20 minutes)",
        "engine": "the Unix socket of the engine to measure on",
        "compose": "the Compose binary to measure",
        "options": "further options of `python -m tests.bench`, e.g. --options='--quick'; without any: --save",
    }
)
def bench(c: Context, newest: bool = False, engine: str = "", compose: str = "", options: str = "") -> None:
    """Measure phlo beside its peers, and write the tables into docs/benchmarks.md."""
    named = [f"--engine {shlex.quote(engine)}"] if engine else []
    named += [f"--compose {shlex.quote(compose)}"] if compose else []
    named += [f"--newest --cases {NEWEST_CASES}"] if newest else []
    _run(c, " ".join(["python -m tests.bench", *named, options or "--save"]))


@task(
    help={
        "peer": "compose or ansible",
        "record": "run the peer on new cases first; builds Compose, or installs ansible-core, where it is missing",
        "options": "further options of `python -m tests.peers.PEER`, e.g. --options='--only ports'",
    }
)
def peers(c: Context, peer: str, record: bool = False, options: str = "") -> None:
    """Compare phlo with what another tool made of the same files, and write the tables into the documentation."""
    if peer not in ("ansible", "compose"):
        sys.exit(f"peers: there is no recording of {peer}. Write: invoke peers compose, or invoke peers ansible")
    _run(c, f"python -m tests.peers.{peer} {'--record ' if record else ''}{options}")


# -- what is generated -------------------------------------------------------------------------------------


@task
def docs(c: Context) -> None:
    """Write the generated reference pages, and check every link and every command that the documentation shows."""
    from scripts.docs.checks import broken_links, pages, unknown_commands, unsafe_installs
    from scripts.docs.diagrams import draw
    from scripts.docs.pages import generated

    draw()
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
    wrong = [
        f"{page.relative_to(ROOT)}: {problem}"
        for page in pages()
        for problem in (*broken_links(page), *unknown_commands(page), *unsafe_installs(page))
    ]
    if wrong:
        sys.exit("\n".join(wrong))


@task
def record(c: Context) -> None:
    """Record runs on a terminal of 80 columns, and write them into docs/reference/output.md."""
    from scripts.docs.recordings import record as record_all

    record_all()


@task
def site(c: Context) -> None:
    """Make the documentation into a site, in build/site."""
    from scripts.docs.site import REQUIREMENTS, SETTINGS, gather

    gather()
    environment = ROOT / "build" / "site-environment"
    if not (environment / "bin" / "mkdocs").exists():
        _run(c, f"python -m venv {environment}")
        _run(c, f"{environment}/bin/pip install --quiet --require-hashes --requirement {REQUIREMENTS}")
    _run(c, f"{environment}/bin/mkdocs build --strict --quiet --config-file {SETTINGS}")


@task(help={"upgrade": "take the newest versions that fit, instead of keeping those locked"})
def lock(c: Context, upgrade: bool = False) -> None:
    """Renew requirements.lock from the pyproject files."""
    import io
    import tomllib

    projects = [
        tomllib.loads(path.read_text())["project"]
        for path in [ROOT / "pyproject.toml", *sorted(ROOT.glob("packages/*/pyproject.toml"))]
    ]
    wanted: set[str] = set()
    for project in projects:
        extras = project.get("optional-dependencies", {})
        wanted.update(
            project.get("dependencies", ()),
            *(extras.get(name, ()) for name in ("test", "otel", "graph", "watch", "dev")),
        )
    # Ours come from this repository, never from an index, where the name may be a stranger's.
    ours = {project["name"] for project in projects}
    foreign = sorted(line for line in wanted if re.split(r"[^\w.-]", line, maxsplit=1)[0] not in ours)
    command = (
        "uv pip compile - --universal --python-version 3.11 --generate-hashes --no-header --no-annotate"
        " --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock"
    )
    _run(c, command + (" --upgrade" if upgrade else ""), in_stream=io.StringIO("\n".join(foreign)), pty=False)


@task
def clean(c: Context) -> None:
    """Remove what builds, tests and checks leave behind; the environment stays."""
    _run(c, "rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .phlo-bench-cache")


namespace = phlo.tasks.collection()
for verb in namespace.tasks.values():
    verb.pre = [example, *verb.pre]
for own in (
    example,
    engine,
    light,
    load,
    lakehouse,
    urls,
    images,
    test,
    hosts,
    check,
    faults,
    bench,
    peers,
    docs,
    record,
    site,
    lock,
    clean,
):
    namespace.add_task(own)
