"""Measures phlo beside its peers: `python -m tests.bench --help`, or `invoke bench`."""

from __future__ import annotations

import argparse
import datetime
import fcntl
import functools
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.bench.api_load import QUICK_SECONDS, SECONDS, measure_api
from tests.bench.cases import API, FLEET, GROUPS, PATH, SSH, TASKS, select
from tests.bench.engine import BenchError, Engine, machine_address
from tests.bench.fetch import cache_folder
from tests.bench.fleet import measure_fleets
from tests.bench.image import make_image, remove_image
from tests.bench.newest import newest_engine
from tests.bench.paths import measure_paths
from tests.bench.role_tasks import measure_role_tasks
from tests.bench.rounds import Bench
from tests.bench.rulers import rulers
from tests.bench.ssh_hosts import measure_over_ssh
from tests.bench.table import BESIDE_NEWEST, TABLES, Report, as_json, markdown, put_between_markers
from tests.bench.tools import ansible, compose, phlo, pyinfra
from tests.bench.tools.tool import Absent, Tool, Unavailable
from tests.peers.compose.build import newest as newest_compose

_PEERS = (compose, ansible, pyinfra)
MOST_FLEET_ROUNDS = 1  # one takes as long as all else together
_PAGE = Path(__file__).parents[2] / "docs/benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its tables; 0 when every tool did what it was asked to."""
    options = _parser().parse_args(arguments)
    cache: Path = options.cache
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with open(cache / "lock", "w") as lock, tempfile.TemporaryDirectory(prefix="phlo-bench-") as scratch:
            _take(lock.fileno())
            with _newest(options) if options.newest else nullcontext():
                report = _run(options, Path(scratch))
    except (BenchError, Unavailable) as reason:
        print(f"bench: {reason}", file=sys.stderr)
        return 3
    parts = markdown(report)
    print("\n".join(parts.values()))
    if options.json:
        options.json.write_text(as_json(report), encoding="utf-8")
    if options.save:
        page = _PAGE.read_text(encoding="utf-8")
        for part, text in parts.items():
            page = put_between_markers(page, part, text)
        _PAGE.write_text(page, encoding="utf-8")
    return 1 if report.results.failures or any(load.missed for load in report.api) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure phlo beside its peers.")
    names = [peer.NAME for peer in _PEERS]
    parser.add_argument("--peers", type=_list_of(names), default=names, help=f"of {','.join(names)}; none: ''")
    parser.add_argument("--cases", type=_list_of(GROUPS), default=GROUPS, help=f"of {','.join(GROUPS)}")
    parser.add_argument("--engine", type=_unix, default=machine_address(), help="PATH of the engine's Unix socket")
    parser.add_argument("--compose", type=Path, help="the Compose binary to measure")
    parser.add_argument("--newest", action="store_true", help="engine and Compose of `python -m tests.bench.newest`")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, each with all tools (default 5)")
    parser.add_argument("--largest", type=int, default=25, help="services of the largest workload (default 25)")
    parser.add_argument("--budget", type=float, default=240, help="seconds a tool may use after its first round")
    parser.add_argument("--quick", action="store_true", help="one round, at most 5 services")
    parser.add_argument("--phlo", help="the phlo command to measure (default: beside the running interpreter)")
    parser.add_argument("--json", type=Path, help="write all samples to this file")
    parser.add_argument("--save", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="where peers are kept between runs")
    return parser


def _unix(path: str) -> str:
    return path if "://" in path else f"unix://{Path(path).absolute()}"


@contextmanager
def _newest(options: argparse.Namespace) -> Iterator[None]:
    """Measure phlo and the newest Compose on the newest engine; both are built where they are missing."""
    engine = newest_engine(options.cache)
    _say("building what is missing of the newest engine and Compose")
    engine.build()
    options.compose, options.engine = newest_compose(options.cache), engine.address
    options.peers, options.budget = [compose.NAME], float("inf")  # each turn of the one has one of the other
    engine.start()
    try:
        yield
    finally:
        engine.stop()


def _list_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}. Known: {', '.join(known)}")
        return names

    return parse


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BenchError("another benchmark is running. Two at a time would measure each other.") from None


def _run(options: argparse.Namespace, scratch: Path) -> Report:
    engine = Engine(options.engine)
    about = _about(engine)
    tools = _find_tools(options)
    cases = select(options.cases, largest=5 if options.quick else options.largest)
    engine.clear()
    remove_image(engine)
    make_image(engine, options.cache)
    bench = Bench(
        engine=engine,
        tools=[tool for tool in tools if isinstance(tool, Tool)],
        cases=cases,
        environment=_environment(engine, scratch),
        scratch=scratch,
        say=_say,
    )
    try:
        rounds = 1 if options.quick else options.rounds
        results = bench.run(rounds=rounds, budget_seconds=options.budget)
        ours = [tool for tool in bench.tools if tool.name == phlo.NAME]
        role_tasks = [measure_role_tasks(bench, tool, rounds=rounds) for tool in ours if TASKS in options.cases]
        paths = [path for tool in ours if PATH in options.cases for path in measure_paths(bench, tool, rounds=rounds)]
        fleets = [
            fleet
            for tool in ours
            if FLEET in options.cases
            for fleet in measure_fleets(tool, bench.environment, rounds=min(rounds, MOST_FLEET_ROUNDS))
        ]
        api = [
            load
            for tool in ours
            if API in options.cases
            for load in measure_api(
                tool, bench.environment, seconds=QUICK_SECONDS if options.quick else SECONDS, say=_say
            )
        ]
        over_ssh = (
            measure_over_ssh(bench.tools, bench.environment, docker=engine.address, rounds=min(rounds, 2), say=_say)
            if SSH in options.cases
            else ()
        )
    finally:
        engine.clear()
        remove_image(engine)
    return Report(
        part=BESIDE_NEWEST if options.newest else TABLES,
        about=about,
        tools=tools,
        rulers=rulers(),
        cases=cases,
        results=results,
        role_tasks=role_tasks,
        paths=paths,
        fleets=fleets,
        api=api,
        over_ssh=over_ssh,
    )


def _find_tools(options: argparse.Namespace) -> list[Tool | Absent]:
    finders: dict[tuple[str, str], Callable[[], Tool]] = {
        (phlo.NAME, phlo.TITLE): functools.partial(phlo.find, options.phlo)
    }
    for peer in _PEERS:
        if peer.NAME in options.peers:
            given = (options.compose,) if peer is compose else ()
            finders[peer.NAME, peer.TITLE] = functools.partial(peer.find, options.cache, *given)
    found: list[Tool | Absent] = []
    for (name, title), find in finders.items():
        _say(f"looking for {title}")
        try:
            found.append(find())
        except Unavailable as reason:
            found.append(Absent(name=name, title=title, reason=str(reason)))
    return found


def _environment(engine: Engine, scratch: Path) -> dict[str, str]:
    """The same few variables for every tool, with a home of its own, so that nobody's settings or caches count."""
    home = scratch / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DOCKER_HOST": engine.address,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
    }


def _about(engine: Engine) -> dict[str, str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}",
        "Docker engine": engine.version(),
        "Python": platform.python_version(),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
