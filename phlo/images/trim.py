"""An image's archive without the layers that a host has already. Source: Engine API, ImageGet and ImageLoad.

An engine with graph drivers finds a layer by the digests of it and of those below it, and does not open the file of one
that it has. The digest of a file of an archive shows whether it is such a layer, since names differ between engines.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Iterator
from itertools import takewhile

from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part

_KEPT_IN_MEMORY = 8 << 20
_PIECE = 1 << 20
_CONTAINERD = "io.containerd.snapshotter"


def layers_there(reference: str, origin: EngineReader, to: EngineReader) -> frozenset[str]:
    """The layers of an image at `origin` that another engine has, by digest: the lowest ones that it has of any image.

    None of an engine that keeps images otherwise (containerd's store), which takes whole archives only.
    """
    if any(_CONTAINERD in str(entry) for entry in to.get("/info").get("DriverStatus") or ()):
        return frozenset()
    wanted = _layers(reference, origin)
    most = 0
    for image in {entry["Id"] for entry in to.get("/images/json")}:
        pairs = zip(wanted, _layers(image, to), strict=False)
        most = max(most, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)))
    return frozenset(wanted[:most]) - frozenset(wanted[most:])


def _layers(image: str, engine: EngineReader) -> list[str]:
    found = engine.get_or_none(f"/images/{path_part(image)}/json") or {}
    return list((found.get("RootFS") or {}).get("Layers") or ())


def trimmed(archive: Iterator[bytes], layers: frozenset[str]) -> Iterator[bytes]:
    """The archive without those layers, in pieces. A layer is kept on this machine until its digest is known."""
    with tarfile.open(fileobj=_Pieces(archive), mode="r|") as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.isfile() else None
            if content is None:
                yield entry.tobuf(tarfile.PAX_FORMAT)
                continue
            with tempfile.SpooledTemporaryFile(_KEPT_IN_MEMORY) as kept:
                digest = hashlib.sha256()
                while piece := content.read(_PIECE):
                    digest.update(piece)
                    kept.write(piece)
                if f"sha256:{digest.hexdigest()}" in layers:
                    continue
                kept.seek(0)
                yield entry.tobuf(tarfile.PAX_FORMAT)
                while piece := kept.read(_PIECE):
                    yield piece
                yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


class _Pieces(io.RawIOBase):
    """What comes in pieces, to be read as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
