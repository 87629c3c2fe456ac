"""The logs of failed containers, kept beside the record of the run: roll-back removes the containers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from phlo.config.ownership import give, make_folder
from phlo.execute.history import FOLDER
from phlo.values import Masker, Secret


def log_keeper(root: Path, run_id: str, secrets: Iterable[Secret]) -> Callable[[str, str], str]:
    """A function that writes a container's log to `.phlo/runs/RUN.CONTAINER.log` and returns that path.

    Secrets are masked, and only the user can read the file. It returns "" if the file cannot be written.
    """
    mask = Masker(frozenset(secrets))

    def keep(container: str, text: str) -> str:
        path = FOLDER / f"{run_id}.{container}.log"
        try:
            make_folder(root / FOLDER)
            descriptor = os.open(root / path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            give(descriptor, root / FOLDER)
            with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(mask(text))
        except OSError:
            return ""
        return str(path)

    return keep
