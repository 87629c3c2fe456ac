"""A host for tests of operations: a container of the base image, in which programs run as on a host."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from phlo.execute.converge import Converged, Observation, converge, difference, observe
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.hosts.transport import Job, Output, Transport
from phlo.operations import task_operation
from phlo.operations.arguments import make_args
from phlo.operations.location import ContainerTransport
from phlo.playbook.aliases import renamed
from phlo.values import Status


class Machine:
    """Runs operations on a host, as tasks of a play do."""

    def __init__(self, host: Host, root: Path = Path("/")) -> None:
        self.host = host
        self.root = root

    def args(self, name: str, values: Mapping[str, Any]) -> Any:
        kind = task_operation(name).Args  # type: ignore[attr-defined]  # every operation has them
        injected = {"root": self.root, "clock": lambda: 0.0, "project": "lake", "service": "", "folder": self.root}
        return make_args(kind, renamed(name, values), injected=injected, where="site.yaml:1")

    def look(self, name: str, /, **values: Any) -> Observation:
        return observe(task_operation(name), self.args(name, values), self.host.reader())

    def run(self, name: str, /, **values: Any) -> Converged:
        args = self.args(name, values)
        return converge(task_operation(name), args, observe(task_operation(name), args, self.host.reader()), self.host)

    def diff(self, name: str, /, **values: Any) -> list[str]:
        args = self.args(name, values)
        return list(difference(task_operation(name), args, observe(task_operation(name), args, self.host.reader())))

    def changes_once(self, name: str, /, **values: Any) -> Converged:
        """Run it: check mode foresees a change and makes none, the first run makes it, the second has nothing to do."""
        foreseen = self.look(name, **values)
        assert foreseen.is_pending, (name, values)
        done = self.run(name, **values)
        assert done.status is Status.CHANGED
        again = self.run(name, **values)
        assert (again.status, again.changes) == (Status.OK, ()), again
        return done

    def put(self, path: str, text: str) -> None:
        """Write a program or a script."""
        self.sh('printf %s "$2" > "$1" && chmod 755 "$1"', path, text)

    def sh(self, script: str, *words: str) -> str:
        """What a shell's script printed on the host."""
        transport = self.host.transport
        assert transport is not None
        done: Output = transport.run(Job(argv=("sh", "-ec", script, "sh", *words)), lambda: False)
        assert done.code == 0, (script, done)
        return done.text


@contextmanager
def machine(engine: Engine, image: str) -> Iterator[Machine]:
    """A host that is a container of an image with a shell; removed afterwards."""
    name = f"phlo-test-machine-{uuid.uuid4().hex[:8]}"
    settings = {"Init": True, "NetworkMode": "none"}
    body = {"Image": image, "Cmd": ["sleep", "infinity"], "Hostname": "machine", "HostConfig": settings}
    container = engine.post("/containers/create", body, name=name)["Id"]
    try:
        engine.post(f"/containers/{container}/start")
        inner = Host(name="machine", engine=engine)
        transport: Transport = ContainerTransport(container=container, host=inner)
        yield Machine(Host(name="machine", engine=engine, is_local=False, transport=transport))
    finally:
        engine.delete(f"/containers/{container}", force=True, v=True)
