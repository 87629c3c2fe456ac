"""The `phlo` command: the short way when nothing moved since the last `up`, else the whole command line."""

from __future__ import annotations

import os
import sys

from phlo.settled import settled_summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run phlo on this process's command line and exit with its code."""
    words = sys.argv[1:]
    summary = settled_summary(words, os.environ, os.getcwd())
    if summary is None:
        from phlo.cli.main import main as whole

        whole(words)
    sys.stderr.write(summary)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
