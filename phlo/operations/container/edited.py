"""Files that phlo put into a container and that somebody has changed there since."""

from __future__ import annotations

import io
import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from phlo.bounded import MOST_FILE_BYTES, TooLargeError, join_pieces
from phlo.errors import EngineError
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import ReadHost
from phlo.label_values import label_mapping, label_texts
from phlo.labels import LABEL_FILE_FOLDERS, LABEL_FILES
from phlo.operations.container.args import Args, file_digests
from phlo.values import FileSpec

# Files are put in with the time 0 (phlo.operations.archive); anyone who writes to one leaves another time.
_AS_PUT = "1970-01-01T00:00:00Z"


def edited_files(args: Args, current: Mapping[str, Any], host: ReadHost) -> tuple[str, ...]:
    """What happened to the files of a container, a phrase each; () when they are as they were put in.

    Only a file whose time has changed is read. One that is to become another anyway is not looked at.
    """
    put_in = label_mapping(current["Config"].get("Labels"), LABEL_FILES)
    hidden = tuple(f"{posixpath.normpath(folder)}/" for folder in _hiding(current))
    seen = label_texts(current["Config"].get("Labels"), LABEL_FILE_FOLDERS)
    wanted = file_digests(args.files)
    found = []
    for spec in args.files:
        is_hidden = spec.path.startswith(hidden) and posixpath.dirname(spec.path) not in seen
        if spec.path in wanted and put_in.get(spec.path) == wanted[spec.path] and not is_hidden:
            phrase = _fate(current["Id"], spec, host)
            if phrase is not None:
                found.append(f"file {spec.path} {phrase}")
    return tuple(found)


def files_as_wanted(args: Args, current: Mapping[str, Any], host: ReadHost) -> frozenset[str]:
    """The paths of the files that a container has with their wanted content, put in by whatever made it."""
    path = f"/containers/{path_part(current['Id'])}/archive"
    return frozenset(spec.path for spec in args.files if _content(path, spec.path, host) == spec.data())


def _hiding(current: Mapping[str, Any]) -> Iterator[str]:
    """Folders whose content the archive API does not see: file systems in memory."""
    yield from current["HostConfig"].get("Tmpfs") or ()
    yield from (mount["Target"] for mount in current["HostConfig"].get("Mounts") or () if mount["Type"] == "tmpfs")


def _fate(container: str, spec: FileSpec, host: ReadHost) -> str | None:
    path = f"/containers/{path_part(container)}/archive"
    headers = host.engine.head(path, path=spec.path)
    if headers is None:
        return "deleted in the container"
    names = {name.lower(): value for name, value in headers.items()}
    import base64

    if json.loads(base64.b64decode(names["x-docker-container-path-stat"]))["mtime"] == _AS_PUT:
        return None
    return None if _content(path, spec.path, host) == spec.data() else "edited in the container"


def _content(path: str, file: str, host: ReadHost) -> bytes | None:
    """What is in a file now; None when it is not a file any more."""
    try:
        data = join_pieces(host.engine.get_bytes(path, path=file), MOST_FILE_BYTES)
    except TooLargeError:
        return None  # phlo puts no such file into a container
    except EngineError as error:
        if error.status == 404:
            return None
        raise
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        entry = archive.next()
        stream = archive.extractfile(entry) if entry is not None and entry.isfile() else None
        return None if stream is None else stream.read()
