"""The environment of the programs that phlo starts: every `subprocess` call in phlo takes it from here.

A program gets what phlo itself got, except for what unlocks secrets. A program that needs the passphrase, such as a
phlo inside a hook, is given it by name in its own `environment`, or reads a file (PHLO_SECRETS_PASSPHRASE_FILE).
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping

PASSPHRASE_VARIABLE = "PHLO_SECRETS_PASSPHRASE"  # noqa: S105  a name


def child_environment(
    environ: Mapping[str, str] | None = None, *, more: Mapping[str, str] | None = None, without: Collection[str] = ()
) -> dict[str, str]:
    """The environment for a program.

    environ: what phlo was started with, None: that of this process. more: set for this program, on purpose, whatever
    the name. without: further names that the program must not get.
    """
    inherited = os.environ if environ is None else environ
    kept = {name: text for name, text in inherited.items() if name != PASSPHRASE_VARIABLE and name not in without}
    return {**kept, **(more or {})}
