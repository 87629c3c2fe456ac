"""Renders what was measured: Markdown for people, JSON for machines."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.api_load import ApiLoad
from tests.bench.cases import Case, Step
from tests.bench.fleet import FORKS, LATENCY_SECONDS, SERVICES, WORK, Fleet
from tests.bench.measure import Sample
from tests.bench.paths import ColdPath
from tests.bench.role_tasks import SERVICES as TASK_SERVICES
from tests.bench.role_tasks import TASKS, RoleTasks
from tests.bench.rounds import Results
from tests.bench.rulers import Ruler
from tests.bench.ssh_hosts import LONGEST_SECONDS, OverSSH
from tests.bench.ssh_hosts import SERVICES as SSH_SERVICES
from tests.bench.ssh_hosts import WORK as SSH_WORK
from tests.bench.summary import Summary, summarize
from tests.bench.tools.tool import Absent, Tool

# Parts of the page, each of one run.
TABLES, BESIDE_NEWEST, OVER_SSH, OF_API = "bench", "bench beside the newest", "bench over SSH", "bench of the API"
_BASE = "phlo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run of the benchmark. about: facts of the machine, in the order to be shown.

    part: the part of the page that its tables are for.
    role_tasks, paths, fleets, api: what is measured of phlo alone. over_ssh: what is measured on several hosts.
    """

    part: str = TABLES
    about: Mapping[str, str]
    tools: Sequence[Tool | Absent]
    rulers: Sequence[Ruler]
    cases: Sequence[Case]
    results: Results
    role_tasks: Sequence[RoleTasks] = ()
    paths: Sequence[ColdPath] = ()
    fleets: Sequence[Fleet] = ()
    api: Sequence[ApiLoad] = ()
    over_ssh: Sequence[OverSSH] = ()

    def summary(self, case: Case, name: str) -> Summary | None:
        samples = self.results.samples.get((case.key, name))
        return summarize(samples) if samples else None


def markdown(report: Report) -> dict[str, str]:
    """Part of the page -> its tables, with what was measured and how above them. What was not measured is left out."""
    about = "\n".join(f"- {name}: {text}" for name, text in report.about.items())
    found = {OVER_SSH: _text([about, _ssh_part(report)])} if report.over_ssh else {}
    if report.api:
        found[OF_API] = _text([about, _api_part(report.api)])
    if report.cases or report.role_tasks or report.paths or report.fleets:
        tables = _newest_tables(report) if report.part == BESIDE_NEWEST else _tables(report)
        found[report.part] = _text([about, *tables])
    return found


def _text(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _tables(report: Report) -> list[str]:
    return [
        "Medians in seconds; in brackets, how many times as long as phlo." if report.cases else "",
        _main_table(report),
        "Peak memory in MB, of a tool's largest process:" if report.cases else "",
        _memory_table(report),
        "\n".join(_tool_note(tool) for tool in report.tools),
        "The same, with all that a median hides (processor: seconds of processor time, all processes together):"
        if report.cases
        else "",
        _detail_table(report),
        "What bounds them from below, in seconds, measured between the no-ops:" if _ruler_table(report) else "",
        _ruler_table(report),
        _role_tasks_part(report.role_tasks),
        _path_part(report.paths),
        _fleet_part(report.fleets),
        _failures(report),
    ]


def _newest_tables(report: Report) -> list[str]:
    """phlo beside one peer: medians, and the median of the ratios of their turns, which other load moves less."""
    ours, *peers = (tool for tool in report.tools if isinstance(tool, Tool))
    rows = []
    for case in report.cases:
        for peer in peers:
            mine, others = (report.results.samples.get((case.key, one.name), ()) for one in (ours, peer))
            pairs = [own.seconds / other.seconds for own, other in zip(mine, others, strict=False)]
            ratio = f"{statistics.median(pairs):.2f}x" if pairs else "failed"
            range_ = f"{min(pairs):.2f} to {max(pairs):.2f}" if pairs else ""
            cells = (_cell(report, case, ours), _seconds_of(report, case, peer), ratio, range_, str(len(pairs)))
            rows.append([case.title, *cells])
    return [
        "Medians in seconds. The ratio is phlo's time in the other's: the median of the turns, and their range.",
        _grid(["", "phlo", *(peer.title for peer in peers), "ratio", "range", "turns"], rows),
        "\n".join(_tool_note(tool) for tool in report.tools),
        _role_tasks_part(report.role_tasks),
        _failures(report),
    ]


def _seconds_of(report: Report, case: Case, tool: Tool) -> str:
    summary = report.summary(case, tool.name)
    return _seconds(summary.median) if summary else "failed"


def as_json(report: Report) -> str:
    """All samples and their summaries; `null` for what was not measured."""
    rows: list[dict[str, Any]] = []
    for case in report.cases:
        for name in [tool.name for tool in report.tools] + [ruler.name for ruler in report.rulers]:
            summary = report.summary(case, name)
            samples = report.results.samples.get((case.key, name), [])
            rows.append(
                {
                    "case": case.key,
                    "name": name,
                    "summary": dataclasses.asdict(summary) if summary else None,
                    "samples": [dataclasses.asdict(sample) for sample in samples],
                    "failure": report.results.failures.get((case.key, name)),
                }
            )
    tools = [
        {"name": tool.name, "absent": tool.reason}
        if isinstance(tool, Absent)
        else {"name": tool.name, "version": tool.version}
        for tool in report.tools
    ]
    whole = {
        "about": dict(report.about),
        "tools": tools,
        "rows": rows,
        "role_tasks": [dataclasses.asdict(tasks) for tasks in report.role_tasks],
        "paths": [dataclasses.asdict(path) for path in report.paths],
        "over_ssh": [
            {
                "hosts": runs.hosts,
                "samples": {
                    f"{work}, {name}": [dataclasses.asdict(sample) for sample in samples]
                    for (work, name), samples in runs.samples.items()
                },
                "failures": runs.failures,
            }
            for runs in report.over_ssh
        ],
        "fleets": [dataclasses.asdict(fleet) for fleet in report.fleets],
        "api": [dataclasses.asdict(load) for load in report.api],
    }
    return json.dumps(whole, indent=2) + "\n"


def put_between_markers(page: str, part: str, text: str) -> str:
    """`page` with `text` in place of what stands between a part's two markers. ValueError when they are not there."""
    first, last = f"<!-- {part}: begin (written by `invoke bench --save`) -->", f"<!-- {part}: end -->"
    head, begin, rest = page.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the page has no pair of markers {first} and {last}")
    return f"{head}{first}\n\n{text}\n{last}{tail}"


def _main_table(report: Report) -> str:
    head = ["", *(tool.title for tool in report.tools)]
    rows = [[case.title, *(_cell(report, case, tool) for tool in report.tools)] for case in report.cases]
    return _grid(head, rows) if rows else ""


def _memory_table(report: Report) -> str:
    found = [tool for tool in report.tools if isinstance(tool, Tool)]
    rows = []
    for case in report.cases:
        summaries = [report.summary(case, tool.name) for tool in found]
        rows.append([case.title, *(f"{one.peak_rss_kib / 1024:.0f}" if one else "" for one in summaries)])
    return _grid(["", *(tool.title for tool in found)], rows) if rows else ""


def _cell(report: Report, case: Case, tool: Tool | Absent) -> str:
    if isinstance(tool, Absent):
        return "absent"
    if (case.key, tool.name) in report.results.failures:
        return "failed"
    summary, base = report.summary(case, tool.name), report.summary(case, _BASE)
    if summary is None:
        return "cannot" if case.is_chain and tool.up_chain is None else "not run"
    ratio = f" ({summary.ratio_to(base):.{1 if summary.ratio_to(base) < 20 else 0}f}x)" if base else ""
    return _seconds(summary.median) + (ratio if tool.name != _BASE else "")


def _tool_note(tool: Tool | Absent) -> str:
    if isinstance(tool, Absent):
        return f"- {tool.title}: absent, {tool.reason}"
    return f"- {tool.title} {tool.version}{': ' if tool.remark else ''}{tool.remark}"


def _detail_table(report: Report) -> str:
    head = ["", "tool", "runs", "median", "fastest", "slowest", "spread", "processor", "peak memory, MB"]
    rows = []
    for case in report.cases:
        for tool in report.tools:
            summary = report.summary(case, tool.name)
            if summary:
                rows.append([case.title, tool.title, *_details(summary)])
    return _grid(head, rows) if rows else ""


def _details(summary: Summary) -> list[str]:
    return [
        str(summary.count),
        _seconds(summary.median),
        _seconds(summary.minimum),
        _seconds(summary.maximum),
        f"{summary.spread:.0%}",
        _seconds(summary.processor_seconds),
        f"{summary.peak_rss_kib / 1024:.0f}",
    ]


def _ruler_table(report: Report) -> str:
    rows = []
    for case in report.cases:
        found = [report.summary(case, ruler.name) for ruler in report.rulers]
        if any(found):
            title = "no containers" if case.step is Step.HELP else case.title.removeprefix("no-op up, ")
            rows.append([title, *(_seconds(summary.median) if summary else "" for summary in found)])
    return _grid(["", *(ruler.title for ruler in report.rulers)], rows) if rows else ""


def _role_tasks_part(found: Sequence[RoleTasks]) -> str:
    rows = [
        [title, str(summary.count), *map(_seconds, (summary.median, summary.minimum, summary.processor_seconds))]
        for tasks in found
        for title, summary in ((title, summarize(samples)) for title, samples in tasks.samples.items())
    ]
    failures = [f"roles with tasks failed: {tasks.failure}" for tasks in found if tasks.failure]
    if not rows and not failures:
        return ""
    intro = (
        f"{TASK_SERVICES} services of roles with {TASKS} tasks each; every task looks into its container with a "
        "command, and finds nothing to do:"
    )
    return "\n\n".join([intro, _grid(["", "runs", "median", "fastest", "processor"], rows), *failures])


def _path_part(paths: Sequence[ColdPath]) -> str:
    rows = [
        [
            f"{path.title} with health checks",
            str(len(path.samples)),
            _seconds(summarize(path.samples).median),
            _seconds(statistics.median(path.critical)),
            f"{statistics.median(_ratios(path)):.2f}x",
            f"{min(_ratios(path)):.2f}x",
        ]
        for path in paths
        if path.samples
    ]
    if not rows:
        return ""
    head = ["", "runs", "cold up", "its critical path", "ratio", "best ratio"]
    return (
        "A cold up beside its critical path: the longest chain of its own steps, each as long as it took in that run. "
        f"The rest is the start of the process, reading the project, and the deploy lock.\n\n{_grid(head, rows)}"
    )


def _ratios(path: ColdPath) -> list[float]:
    return [sample.seconds / critical for sample, critical in zip(path.samples, path.critical, strict=True)]


def _fleet_part(fleets: Sequence[Fleet]) -> str:
    rows = []
    for fleet in fleets:
        for work in WORK:
            if fleet.samples.get(work):
                summary = summarize(fleet.samples[work])
                rows.append(
                    [
                        f"{work}, {fleet.hosts} hosts",
                        str(summary.count),
                        _seconds(summary.median),
                        _seconds(summary.minimum),
                        f"{summary.median / fleet.hosts * 1000:.1f}",
                        _seconds(summary.processor_seconds),
                        f"{summary.peak_rss_kib / 1024:.0f}",
                    ]
                )
    failures = [f"{fleet.hosts} hosts failed: {fleet.failure}" for fleet in fleets if fleet.failure]
    if not rows and not failures:
        return ""
    head = ["", "runs", "median", "fastest", "ms a host", "processor", "peak memory, MB"]
    intro = (
        f"Many hosts: {SERVICES} services on each, `--forks {FORKS}`, engines that only remember and answer every "
        f"request after {LATENCY_SECONDS * 1000:.0f} ms. They run on the same machine, in one process:"
    )
    return "\n\n".join(
        [
            intro,
            _grid(head, rows),
            *failures,
        ]
    )


def _api_part(loads: Sequence[ApiLoad]) -> str:
    head = ["clients", "seconds", "events to each", "lines to each", "missed something", "MB at first", "MB at last"]
    rows = [
        [
            str(load.clients),
            f"{load.seconds:.0f}",
            str(load.events),
            f"at least {load.lines}",
            str(load.missed),
            f"{load.first_kib / 1024:.0f}",
            f"{load.last_kib / 1024:.0f}",
            _seconds(load.processor_seconds),
        ]
        for load in loads
    ]
    return _grid([*head, "processor"], rows)


def _ssh_part(report: Report) -> str:
    tools = [tool for tool in report.tools if isinstance(tool, Tool) and tool.remote]
    rows = []
    for runs in report.over_ssh:
        for work in SSH_WORK:
            base = runs.samples.get((work, _BASE))
            cells = [_ssh_cell(runs, work, tool, base) for tool in tools]
            rows.append([f"{work}, {runs.hosts} host{'s' * (runs.hosts > 1)}", *cells])
    if not rows:
        return ""
    intro = (
        f"Over SSH: {SSH_SERVICES} services on each host, every host with an engine and an SSH server of its own, all"
        " on one machine. phlo has its defaults, Ansible and pyinfra work on 20 hosts side by side. One that needs"
        f" more than {LONGEST_SECONDS} s for a cold up is not asked for more hosts. In brackets, how many times as"
        " long as phlo:"
    )
    notes = [
        f"{tool.title} failed on {runs.hosts} hosts:\n\n" + "\n".join(f"    {line}" for line in text.splitlines())
        for runs in report.over_ssh
        for tool in tools
        if (text := runs.failures.get(tool.name))
    ]
    return "\n\n".join([intro, _grid(["", *(tool.title for tool in tools)], rows), *notes])


def _ssh_cell(runs: OverSSH, work: str, tool: Tool, base: Sequence[Sample] | None) -> str:
    samples = runs.samples.get((work, tool.name))
    if not samples:
        return "failed" if tool.name in runs.failures else "not run"
    summary = summarize(samples)
    if tool.name == _BASE or not base:
        return _seconds(summary.median)
    ratio = summary.ratio_to(summarize(base))
    return f"{_seconds(summary.median)} ({ratio:.{1 if ratio < 20 else 0}f}x)"


def _failures(report: Report) -> str:
    titles = {case.key: case.title for case in report.cases} | {tool.name: tool.title for tool in report.tools}
    return "\n\n".join(
        f"{titles[name]} failed at {titles[key]}:\n\n" + "\n".join(f"    {line}" for line in text.splitlines())
        for (key, name), text in report.results.failures.items()
    )


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
