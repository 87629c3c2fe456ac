"""A project on an engine, on which runs of phlo are made to go wrong and are put right again."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from phlo.hosts import lock
from phlo.hosts.connect import open_engine
from phlo.hosts.engine_requests import TIMEOUT_VARIABLE
from phlo.testing.images import tiny_image
from tests.faults import scenario, state
from tests.faults.launch import Ended, Run, fork
from tests.faults.own_engine import OwnEngine
from tests.faults.proxy import FaultProxy, Kind, Request
from tests.faults.scenario import Target

EXIT_CODES = (0, 1, 4, 5, 6, 129, 130, 143)
Launch = Callable[[Sequence[str], Path, Mapping[str, str], Path], Run]


@dataclass(slots=True, kw_only=True)
class Trial:
    """One fault. struck: where it struck, empty when the run was over before. problems: empty when phlo survived."""

    struck: str = ""
    problems: list[str] = field(default_factory=list)


class Site:
    """The project of `scenario`, under a name of its own; removed at the end of a `with` block.

    own: an engine of its own, None for the system's.
    """

    def __init__(self, own: OwnEngine | None = None) -> None:
        self.own = own
        self.address = own.address if own else os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        self.name = f"phlo-faults-{uuid.uuid4().hex[:6]}"
        self.image = f"phlo/test-faults:{self.name}"
        self.references: dict[str, Any] = {}
        self.engine = open_engine(self.address, name="local", environ=os.environ)
        self._folder = tempfile.TemporaryDirectory(prefix="phlo-faults-")
        self.folder = Path(self._folder.name)
        self.first_port = _free_ports()
        self._runs = 0
        self._proxies = 0

    def __enter__(self) -> Site:
        self.tag_image()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state.clear(self.engine, self.name)
        self.engine.delete(f"/images/{self.image}", noprune=True)
        self.engine.close()
        self._folder.cleanup()

    def clear(self) -> None:
        """Remove all of the project; on an engine of its own also the image of deploy locks, as on a new one."""
        state.clear(self.engine, self.name)
        if self.own is not None and self.engine.get_or_none(f"/images/{lock.IMAGE}/json"):
            self.engine.delete(f"/images/{lock.IMAGE}", force=True)

    def tag_image(self) -> None:
        """Give the image of the scenario its name (once more)."""
        repository, _, tag = self.image.partition(":")
        self.engine.post(f"/images/{tiny_image(self.engine)}/tag", repo=repository, tag=tag)

    def write(self, target: Target) -> None:
        scenario.write(
            self.folder,
            target,
            name=self.name,
            image=self.image,
            first_port=self.first_port,
        )

    def start(
        self,
        *words: str,
        address: str | None = None,
        launch: Launch = fork,
        environ: Mapping[str, str] | None = None,
    ) -> Run:
        self._runs += 1
        own = {"NO_COLOR": "1", "DOCKER_HOST": address or self.address}
        output = self.folder / f"{self._runs}.out"
        return launch(words or ("up",), self.folder, {**os.environ, **own, **(environ or {})}, output)

    def run(self, *words: str) -> Ended:
        return self.start(*words).end()

    def reference(self, target: Target) -> Any:
        """The state that a clean run takes an empty host to; what there is of the project is removed for it."""
        if target.title not in self.references:
            state.clear(self.engine, self.name)
            self.reach(target)
            self.references[target.title] = state.snapshot(self.engine, self.name)
        return self.references[target.title]

    def is_at(self, target: Target) -> bool:
        """Whether the project is in the state of a clean run to `target`."""
        return not state.differences(self.references[target.title], state.snapshot(self.engine, self.name))

    def reach(self, target: Target) -> None:
        """Bring the project to a state, without any fault."""
        self.write(target)
        done = self.run()
        assert done.code == 0, done.output

    def faulty_run(
        self,
        target: Target,
        *words: str,
        kind: Kind,
        at: int,
        only_writes: bool = False,
        event: Callable[[Request], bool] | None = None,
        prepare: Callable[[FaultProxy], None] = lambda proxy: None,
        launch: Launch = fork,
        environ: Mapping[str, str] | None = None,
    ) -> tuple[FaultProxy, Ended]:
        """An `up` to a target, one of whose requests goes wrong. prepare: is given the proxy before it begins."""
        self.write(target)
        proxy = self.proxy(kind=kind, at=at, only_writes=only_writes, event=event)
        prepare(proxy)
        run = self.start("up", *words, address=proxy.address, launch=launch, environ=environ)
        proxy.victim.set_result(run.pid)
        done = run.end()
        proxy.close()
        return proxy, done

    def proxy(
        self, *, kind: Kind, at: int, only_writes: bool = False, event: Callable[[Request], bool] | None = None
    ) -> FaultProxy:
        """A way to the engine on which something goes wrong."""
        self._proxies += 1
        return FaultProxy(
            self.folder / f"{self._proxies}.sock",
            kind=kind,
            at=at,
            only_writes=only_writes,
            engine=self.address.removeprefix("unix://"),
            event=event,
        )

    def check_recovery(self, target: Target, before: bytes | None) -> list[str]:
        """Run `up` twice; what is then not as after a clean run. before: what the volume held, None if it was new."""
        problems = []
        repaired = self.run()
        if repaired.code != 0:
            problems.append(f"the next up ended with {repaired.code}: {repaired.output}")
        problems += state.differences(self.references[target.title], state.snapshot(self.engine, self.name))
        problems += state.leftovers(self.engine, self.name)
        if before is not None and state.born(self.engine, self.name) != before:
            problems.append("the volume's content was lost")
        ids = _ids(self)
        again = self.run()
        if again.code != 0 or "Nothing to do" not in again.output:
            problems.append(f"the up after that found something to do: {again.output}")
        if _ids(self) != ids:
            problems.append("the up after that recreated containers")
        return problems


def manners(done: Ended, *, is_killed: bool = False) -> list[str]:
    """What is wrong with how a run ended, whatever happened to it."""
    if is_killed and done.code == -signal.SIGKILL:
        return []
    problems = [] if done.code in EXIT_CODES else [f"ended with {done.code}: {done.output}"]
    return problems + ([f"showed a traceback: {done.output}"] if "Traceback" in done.output else [])


def strike(site: Site, target: Target, *, kind: Kind, at: int, only_writes: bool = False) -> Trial:
    """Let one request of an `up` go wrong, then see whether the next `up` puts everything right."""
    before = state.born(site.engine, site.name)
    environ = {TIMEOUT_VARIABLE: TIMEOUT_SECONDS} if kind in SILENCES else {}
    proxy, done = site.faulty_run(target, kind=kind, at=at, only_writes=only_writes, environ=environ)
    if proxy.struck is None:
        return Trial(problems=[] if done.code == 0 else [f"without a fault it ended with {done.code}: {done.output}"])
    trial = Trial(struck=str(proxy.struck), problems=manners(done, is_killed=kind in KILLS))
    if kind in SILENCES and done.code != 0 and "did not answer" not in done.output:
        trial.problems.append(f"does not say that the engine did not answer: {done.output}")
    trial.problems += site.check_recovery(target, before)
    return trial


KILLS = (Kind.KILL_AFTER, Kind.KILL_BEFORE)
SILENCES = (Kind.SILENT_BEFORE, Kind.SILENT_AFTER)
TIMEOUT_SECONDS = "4"  # of phlo, where the engine does not answer


def _ids(site: Site) -> Mapping[str, str]:
    return {name: found["Id"] for name, found in state.current(site.engine, site.name).items()}


def _free_ports() -> int:
    """The first of two neighbouring ports that nothing listens on."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            number: int = first.getsockname()[1]
            try:
                with socket.create_server(("127.0.0.1", number + 1)):
                    return number
            except OSError:
                continue
