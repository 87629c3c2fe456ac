"""Files into running containers, and out of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from phlo.bounded import read_file
from phlo.errors import OperationError
from phlo.hosts.host import Host
from phlo.labels import LABEL_PROJECT, LABEL_SERVICE
from phlo.operations.archive import put_files
from phlo.values import FileSpec


class Container:
    """A running container of a service, and the folders in it that something is mounted on."""

    def __init__(self, host: Host, identity: str, name: str, mounts: Sequence[str]) -> None:
        self._host = host
        self._id = identity
        self.name = name
        self._mounts = mounts

    def put(self, files: Mapping[str, Path]) -> int:
        """Write files; one that is gone by now is left out. Gives how many were written."""
        specs = list(_specs(files))
        if specs:
            put_files(self._host.engine, self._id, specs, self._mounts)
        return len(specs)

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files and folders, by `rm` of the container."""
        if paths:
            self.run(["rm", "-rf", "--", *paths])

    def run(self, command: Sequence[str]) -> None:
        """Run a command in it. Raises OperationError when it ends with another status than 0."""
        status, output = self._host.engine.exec(self._id, list(command))
        if status != 0:
            lines = output.decode(errors="replace").splitlines()[-10:]
            raise OperationError(f"{command[0]} ended with status {status}", where=self.name, detail=lines)


def _specs(files: Mapping[str, Path]) -> Iterator[FileSpec]:
    for place, path in files.items():
        try:
            yield FileSpec(path=place, content=read_file(path), mode=path.stat().st_mode & 0o777, origin=str(path))
        except (FileNotFoundError, IsADirectoryError):
            continue


def running(host: Host, project: str, service: str) -> list[Container]:
    """The service's running containers on a host. Raises OperationError when there is none."""
    labels = [f"{LABEL_PROJECT}={project}", f"{LABEL_SERVICE}={service}"]
    listed = host.engine.get("/containers/json", filters={"label": labels, "status": ["running"]})
    if not listed:
        what = f"{service} has no running container on {host.name}"
        raise OperationError(what, fix=f"Look with `phlo run logs {service}`; `phlo run up {service}` starts it.")
    return [
        Container(
            host,
            entry["Id"],
            entry["Names"][0].lstrip("/"),
            [mount["Destination"] for mount in entry.get("Mounts") or ()],
        )
        for entry in listed
    ]
