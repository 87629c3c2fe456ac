"""Files of the control machine, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from phlo.errors import OperationError


@contextmanager
def written(path: Path, *, mode: int) -> Iterator[BinaryIO]:
    """A stream for the new content of `path`, which takes the place of the old one when the block ends well.

    Folders on the way are made. Raises OperationError when it cannot be written.
    """
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), mode)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        temporary = ""
    except OSError as reason:
        raise OperationError(f"cannot be written: {reason.strerror}", where=path) from None
    finally:
        if temporary:
            os.unlink(temporary)
