"""One at a time makes an image: several services, or several runs, may want the same one at once."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from phlo.hosts.host import Host
from phlo.user_cache import cache_folder


@contextmanager
def alone(tag: str, host: Host, environ: Mapping[str, str]) -> Iterator[None]:
    """Hold back others on this machine that want to make the same image on the same host.

    Who had to wait should look whether it is there by now.
    """
    folder = cache_folder(environ)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[/:]", "-", f"{host.name}-{tag}.lock")
    with (folder / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            host.progress(f"waiting for {tag}, which is being made already")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
