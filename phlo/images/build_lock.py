"""A lock for building an image: several services, or several runs, may need the same image at the same time."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from phlo.hosts.host import Host
from phlo.user_cache import cache_folder


@contextmanager
def image_build_lock(tag: str, host: Host, environ: Mapping[str, str]) -> Iterator[None]:
    """Let only one process or thread of this machine build the image `tag` on a host at a time.

    After waiting for the lock, check whether the image exists by now.
    """
    folder = cache_folder(environ)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[/:]", "-", f"{host.name}-{tag}.lock")
    with (folder / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            host.progress(f"waiting for {tag}, which another process is building")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
