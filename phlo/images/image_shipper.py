"""Sends images from the control machine's engine to the hosts that lack them; builds or pulls each image once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from phlo.errors import HostError, OperationError
from phlo.frozen import replace
from phlo.hosts.engine import LONG_TIMEOUT_FACTOR
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.hosts.transfer import Transfer
from phlo.image_source import ImageSource
from phlo.images.obtain import obtain
from phlo.images.present import name_of, present
from phlo.images.registries import Registries
from phlo.images.trim import layers_there, trimmed


class ImageShipper:
    """Sends images to hosts. open_host: opens this machine, when the first image is needed.

    Several hosts that lack the same image wait until this machine has it; then it is sent to all of them in parallel.
    Several services of one host that need the same image wait while it is sent once.
    """

    def __init__(self, open_host: Callable[[], Host], *, environ: Mapping[str, str]) -> None:
        self._open_host, self._environ = open_host, environ
        self._registries = Registries()
        self._locks: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()
        self._found: dict[str, bool] = {}
        self._opened: list[Host] = []

    def has(self, source: ImageSource) -> bool:
        """Whether an image that would do is here; False as well when there is no engine here."""
        with self._lock_of(source):
            name = name_of(source)
            if name not in self._found:
                try:
                    self._found[name] = present(source, self._host().reader()) is not None
                except HostError:
                    self._found[name] = False
            return self._found[name]

    def send(self, source: ImageSource, to: Host) -> None:
        """Bring an image to a host. Raises OperationError when it cannot be had here, or not be sent."""
        try:
            with self._lock_of(source):
                here = replace(
                    self._host(),
                    progress=to.progress,
                    output=to.output,
                    keep_log=to.keep_log,
                    is_cancelled=to.is_cancelled,
                )
                there = obtain(source, here, registries=self._registries, environ=self._environ)
                self._found[name_of(source)] = True
        except HostError as error:
            raise OperationError(f"this machine cannot send it: {error.what}", where=to.name, fix=error.fix) from None
        lock = self._lock_of(source, to.name)
        if not lock.acquire(blocking=False):
            to.progress(f"waiting for {name_of(source)}, which another step is sending")
            lock.acquire()
        try:
            if present(source, to.reader()) is None:
                ship(there.image.reference, self._host(), to)
        finally:
            lock.release()

    def _host(self) -> Host:
        with self._guard:
            if not self._opened:
                self._opened.append(self._open_host())
            return self._opened[0]

    def _lock_of(self, source: ImageSource, host: str = "") -> threading.Lock:
        """The lock of an image on a host; "" is this machine."""
        with self._guard:
            return self._locks[name_of(source), host]


def ship(reference: str, origin: Host, to: Host) -> None:
    """Copy an image from one engine to another, through this process and in pieces. Source: Engine API, ImageLoad.

    Layers that the other one has stay here; should it not do without them after all, the whole image is sent.
    """
    there = layers_there(reference, origin.engine.reader(), to.engine.reader())
    if there:
        try:
            _ship(reference, origin, to, there)
            return
        except OperationError:
            if to.is_cancelled():
                raise
    _ship(reference, origin, to, frozenset())


def _ship(reference: str, origin: Host, to: Host, left_out: frozenset[str]) -> None:
    pieces = origin.engine.get_bytes(f"/images/{path_part(reference)}/get", timeout_factor=LONG_TIMEOUT_FACTOR)
    if left_out:
        pieces = trimmed(pieces, left_out)
    headers = {"Content-Type": "application/x-tar"}
    for message in to.engine.post_stream("/images/load", _told(pieces, reference, to), headers=headers, quiet=True):
        if "error" in message:
            raise OperationError(f"{reference} could not be loaded: {message['error']}", where=to.name)


def _told(pieces: Iterator[bytes], reference: str, to: Host) -> Iterator[bytes]:
    """The pieces, with word of how much has gone; they end early, with an error, when the user asks to stop."""
    sent = 0
    transfer = Transfer(f"sending {reference}", to.progress)
    for piece in pieces:
        if to.is_cancelled():
            raise OperationError(f"sending {reference} was stopped", where=to.name)
        yield piece
        sent += len(piece)
        transfer.at(sent)
