"""Archives of images without the layers that a host has."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from phlo.images.trim import layers_there, trimmed

LAYER, OTHER = bytes(3000), b"other" * 700


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in (("one/layer.tar", LAYER), ("blobs/sha256/two", OTHER), ("manifest.json", b"[]")):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("three/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../one/layer.tar"
        tar.addfile(link)
    return buffer.getvalue()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("size", [100, 512, 100_000])
def test_a_layer_is_left_out_by_its_digest_and_all_else_stays(size: int) -> None:
    there = frozenset({f"sha256:{hashlib.sha256(LAYER).hexdigest()}"})
    found = b"".join(trimmed(pieces(archive(), size), there))
    with tarfile.open(fileobj=io.BytesIO(found)) as tar:
        assert tar.getnames() == ["blobs/sha256/two", "manifest.json", "three/layer.tar"]
        content = tar.extractfile("blobs/sha256/two")
        assert content is not None
        assert content.read() == OTHER


class Images:
    """Answers about images as an engine does. driver: how it keeps them."""

    def __init__(self, *, driver: str = "", **layers: list[str]) -> None:
        self._driver, self._layers = driver, layers

    def get(self, path: str) -> Any:
        return (
            {"DriverStatus": [["driver-type", self._driver]]}
            if path == "/info"
            else [{"Id": name} for name in self._layers]
        )

    def get_or_none(self, path: str) -> Any:
        return {"RootFS": {"Layers": self._layers[path.split("/")[2]]}}


@pytest.mark.parametrize(
    ("there", "layers"),
    [
        (Images(x=["a", "b", "z"], y=["a"]), {"a", "b"}),
        (Images(x=["b", "a"]), set()),  # a layer counts with all that are below it
        (Images(x=["a", "b", "c", "d"]), {"a", "b", "c"}),
        (Images(), set()),
        (Images(driver="io.containerd.snapshotter.v1", x=["a"]), set()),
    ],
)
def test_the_lowest_layers_of_any_image_are_there(there: Images, layers: set[str]) -> None:
    origin: Any = Images(new=["a", "b", "c"])
    other: Any = there
    assert layers_there("new", origin, other) == layers


def test_a_layer_that_is_needed_twice_is_sent() -> None:
    origin: Any = Images(new=["a", "b", "a"])
    there: Any = Images(x=["a", "b"])
    assert layers_there("new", origin, there) == {"b"}
