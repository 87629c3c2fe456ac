"""The `phlo` command: a short way for `--help` and when nothing moved since the last `up`, else all of it."""

from __future__ import annotations

import os
import sys

from phlo.kept_help import kept_help

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run phlo on this process's command line and exit with its code."""
    words = sys.argv[1:]
    text = kept_help(words, os.environ, sys.stdout)
    if text is not None:
        _print(text, words)
    from phlo.noop_cache import cached_summary

    summary = cached_summary(words, os.environ, os.getcwd(), is_terminal=sys.stderr.isatty())
    if summary is None:
        from phlo.cli.main import main as whole

        whole(words)
    sys.stderr.write(summary)
    raise SystemExit(0)


def _print(text: str, words: list[str]) -> NoReturn:
    """Print a text and exit; whatever is wrong with the output, the whole command line says so."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError):
        from phlo.cli.main import main as whole

        whole(words)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
