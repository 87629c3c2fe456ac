"""The empty image that deploy locks are made from."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping

from phlo.errors import OperationError
from phlo.hosts.engine import Engine

_EPOCH = "1970-01-01T00:00:00Z"


def load_image(engine: Engine, reference: str, *, host: str) -> None:
    """Give an engine the image under a name; it is the same, byte for byte, anyone who does.

    host: its name, for errors.
    """
    archive = _image(reference, str(engine.get("/version")["Arch"]))
    headers = {"Content-Type": "application/x-tar"}
    for message in engine.post_stream("/images/load", archive, headers=headers, timeout_factor=1):
        if "error" in message:
            fix = "Free space on the engine's disk." if "no space left" in message["error"] else "See `phlo doctor`."
            what = f"the engine rejected the empty image of the deploy lock: {message['error']}"
            raise OperationError(what, where=host, fix=fix)


def _image(reference: str, architecture: str) -> bytes:
    """An image with one empty layer, in the form that `docker save` writes."""
    layer = _tar({})
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "created": _EPOCH,
            "config": {"Cmd": ["lock"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
            "history": [{"created": _EPOCH}],
        }
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
    return _tar({name: config, "layer.tar": layer, "manifest.json": json.dumps(manifest).encode()})


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
