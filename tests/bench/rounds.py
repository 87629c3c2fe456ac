"""Takes every tool through the life of every workload, one after the other, round after round."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.cases import Case, Step, workloads
from tests.bench.engine import Engine, differences, touched
from tests.bench.measure import CommandFailed, Sample, measure
from tests.bench.rulers import rulers
from tests.bench.tools.tool import Argv, Tool
from tests.bench.workload import Workload, make_workload

_REPEATS = 3  # of what is quick and leaves things as they are
SLOW_SECONDS = 4.0
_HEALTHY_SECONDS = 10.0


class WrongResult(Exception):
    """A tool said it was done, but what runs is not what was asked for."""


@dataclass(slots=True)
class Results:
    """Samples and failures by case key and tool or ruler name."""

    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, case: Case, name: str, sample: Sample) -> None:
        self.samples.setdefault((case.key, name), []).append(sample)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All that a run needs. environment: what every command gets; scratch: a folder for the projects."""

    engine: Engine
    tools: Sequence[Tool]
    cases: Sequence[Case]
    environment: Mapping[str, str]
    scratch: Path
    say: Callable[[str], None]

    def run(self, *, rounds: int, budget_seconds: float) -> Results:
        """Measure. A tool starts no further workload once it has used its budget, but always gets one round."""
        results = Results()
        spent = dict.fromkeys((tool.name for tool in self.tools), 0.0)
        for number in range(rounds):
            order = [*self.tools[number % len(self.tools) :], *self.tools[: number % len(self.tools)]]
            self._measure_help(results, order)
            for count, is_chain in workloads(self.cases):
                for tool in order:
                    if (number and spent[tool.name] > budget_seconds) or (is_chain and tool.up_chain is None):
                        continue
                    begin = time.monotonic()
                    self._measure_life(results, tool, make_workload(tool.name, count, is_chain=is_chain))
                    spent[tool.name] += time.monotonic() - begin
                    self.say(f"round {number + 1}/{rounds}, {tool.title}: {count} services{' (chain)' * is_chain}")
        return results

    def _measure_help(self, results: Results, order: Iterable[Tool]) -> None:
        for case in self.cases:
            for _ in range(_REPEATS if case.step is Step.HELP else 0):
                for tool in order:
                    results.add(case, tool.name, self.time(tool.help, self.scratch, tool.setting))
                self._measure_rulers(results, case)

    def _measure_rulers(self, results: Results, case: Case, project: str = "") -> None:
        for ruler in rulers(self.engine.address, project):
            if ruler.needs_containers == (case.step is Step.NOOP):
                results.add(case, ruler.name, self.time(ruler.command, self.scratch))

    def _measure_life(self, results: Results, tool: Tool, workload: Workload) -> None:
        """Cold up, no-op, change, down; the engine is cleared after it, whatever happened."""
        steps = {case.step: case for case in self.cases if _is_of(case, workload)}
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            life = _Life(bench=self, tool=tool, workload=workload, folder=Path(folder))
            case = next(iter(steps.values()))
            try:
                for step in (Step.COLD, Step.NOOP, Step.CHANGE, Step.DOWN):
                    if step is not Step.COLD and step not in steps:
                        continue
                    case = steps.get(step, case)
                    for sample in life.do(step):
                        if step in steps:
                            results.add(case, tool.name, sample)
                        if step is Step.NOOP:
                            self._measure_rulers(results, case, workload.project)
            except (CommandFailed, WrongResult) as reason:
                results.failures[case.key, tool.name] = str(reason)
                self.say(f"{tool.title} failed at {case.title}: {reason}")
            finally:
                self.engine.clear()

    def time(self, command: Argv, folder: Path, setting: Mapping[str, str] | None = None) -> Sample:
        """One run of `command` with the environment that all tools get, and the tool's own setting."""
        return measure(command, folder=folder, environment={**self.environment, **(setting or {})})


def _is_of(case: Case, workload: Workload) -> bool:
    return (case.count, case.is_chain) == (len(workload.services), workload.is_chain)


@dataclass(slots=True)
class _Life:
    """One workload in the hands of one tool, from nothing to nothing; checks after every step what is there."""

    bench: Bench
    tool: Tool
    workload: Workload
    folder: Path

    def do(self, step: Step) -> Iterable[Sample]:
        if step is Step.COLD:
            yield self._cold()
        elif step is Step.NOOP:
            yield from self._noops()
        elif step is Step.CHANGE:
            yield self._change()
        elif step is Step.DOWN:
            yield self._down()

    def _run(self, command: Argv) -> Sample:
        return self.bench.time(command, self.folder, self.tool.setting)

    def _up(self) -> Sample:
        command = self.tool.up_chain if self.workload.is_chain else self.tool.up
        assert command, "a tool that cannot wait for health is given no chain"
        return self._run(command)

    def _write(self) -> None:
        for name, text in self.tool.files(self.workload).items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def _check(self) -> None:
        wrong = differences(self.workload, self.bench.engine.containers(self.workload.project))
        if wrong:
            raise WrongResult("; ".join(wrong))

    def _cold(self) -> Sample:
        self._write()
        sample = self._up()
        self._check()
        return sample

    def _noops(self) -> Iterable[Sample]:
        if self.workload.is_chain:
            self._wait_until_healthy()
        for _ in range(_REPEATS):
            before = self.bench.engine.containers(self.workload.project)
            sample = self._up()
            moved = touched(before, self.bench.engine.containers(self.workload.project))
            if moved:
                raise WrongResult(f"a no-op touched {', '.join(moved)}")
            yield sample
            if sample.seconds > SLOW_SECONDS:
                return

    def _wait_until_healthy(self) -> None:
        """Until the engine itself says so of every service, so that a no-op finds nothing to wait for."""
        deadline = time.monotonic() + _HEALTHY_SECONDS
        while any(item.health != "healthy" for item in self.bench.engine.containers(self.workload.project)):
            if time.monotonic() > deadline:
                raise WrongResult(f"the chain was not healthy {_HEALTHY_SECONDS} s after it came up")
            time.sleep(0.1)

    def _change(self) -> Sample:
        before = self.bench.engine.containers(self.workload.project)
        self.workload = self.workload.changed()
        self._write()
        sample = self._up()
        self._check()
        moved = touched(before, self.bench.engine.containers(self.workload.project))
        wanted = [service.name for service in self.workload.services if service.is_changed]
        if moved != wanted:
            raise WrongResult(f"the change of {', '.join(wanted)} touched {', '.join(moved) or 'nothing'}")
        return sample

    def _down(self) -> Sample:
        sample = self._run(self.tool.down)
        left = self.bench.engine.containers(self.workload.project)
        if left:
            raise WrongResult(f"down left {', '.join(item.service for item in left)}")
        return sample
