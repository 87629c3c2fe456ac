"""The whole command line: from words to a verb's handler and an exit code."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from phlo import __version__
from phlo.cli import exits
from phlo.cli.option import Verb
from phlo.cli.shell import Shell, lead_nowhere

Handler = Callable[[Any, Shell], int]

# Most of what a command makes it needs to its end: Python's usual looks for garbage, every 700 objects, find none.
GARBAGE_AFTER = (20_000, 50, 100)
# How long a thread computes before the others may ask for their turn; hundreds that ask are most of the work.
TURN_SECONDS = 0.02


def main(words: Sequence[str]) -> NoReturn:
    """Run phlo on a command line and exit with its code."""
    gc.set_threshold(*GARBAGE_AFTER)
    sys.setswitchinterval(TURN_SECONDS)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")  # a terminal that cannot show ✓ gets a ? and not a traceback
    code = run(words, Shell.of_process(words))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is done and told: Ctrl-C has nothing left to interrupt
    gc.freeze()  # at its end Python looks for garbage among all there is, several times; the process ends all the same
    raise SystemExit(code)


def run(words: Sequence[str], shell: Shell) -> int:
    """Run phlo on words; gives the exit code and lets no exception out but SystemExit."""
    try:
        code = _dispatch(list(words), shell)
        shell.out.flush()
        return code
    except BrokenPipeError:
        lead_nowhere(shell.out)
        return exits.FAILED
    except (Exception, KeyboardInterrupt) as error:
        return exits.report_error(error, _Debug("--debug" in words), shell)


class _Debug:
    """The options that matter when the real ones could not be read."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug
        self.no_color = False


def _dispatch(words: list[str], shell: Shell) -> int:
    if words and words[0] == "__complete":
        from phlo.cli.completion import offer

        offer(words[1:], shell)
        return exits.OK
    if words in (["--version"], ["-V"]):
        shell.say(f"phlo {__version__}")
        return exits.OK
    from phlo.cli import parser

    leading, rest = parser.split(words)
    if not rest or rest[0] in (*parser.HELP_FLAGS, "help"):
        return _help(shell, lambda texts, width: texts.overview(width))
    verb, rest = parser.find_verb(rest)
    if verb is None:
        return _help(shell, lambda texts, width: texts.family(words[len(leading)], width))
    if verb.name == "run":
        verb, rest = _task_verb(verb, rest)
    if _asks_for_help(verb, rest):
        return _help(shell, lambda texts, width: texts.verb_help(verb, width))
    words = [*leading, *rest]
    return perform(lambda: parser.parse(verb, words), verb, shell)


def _help(shell: Shell, text: Callable[[Any, int], str]) -> int:
    """Print a text of the help module, which nothing else needs."""
    from phlo.cli import help  # noqa: A004  it is the module's right name

    shell.out.write(text(help, shell.style(None).width))
    return exits.OK


def _task_verb(verb: Verb, words: list[str]) -> tuple[Verb, list[str]]:
    """For `phlo run up ...` the verb `up`: a core task needs no invoke."""
    from phlo.cli.parser import split
    from phlo.cli.verbs import VERBS

    leading, rest = split(words)
    tasks = {name: task for task in VERBS if task.is_task for name in (task.name, *task.aliases)}
    if rest and rest[0] in tasks:
        return tasks[rest[0]], leading + rest[1:]
    return verb, words


def _asks_for_help(verb: Verb, words: Sequence[str]) -> bool:
    """True for -h or --help that is not part of the command line of somebody else (`phlo exec web ls --help`)."""
    if any(option.positional == "rest" for option in verb.options):
        from phlo.cli.parser import HELP_FLAGS, split

        words = split(words)[1][:1]
    else:
        from phlo.cli.parser import HELP_FLAGS
    return any(word in HELP_FLAGS for word in words)


def perform(read: Callable[[], Any], verb: Verb, shell: Shell) -> int:
    """Do what a verb is for; errors become exit codes here. invoke's tasks come this way as well.

    read: gives the verb's options, or raises what is wrong with them.
    """
    options: Any = None
    try:
        options = read()
        return handler(verb)(options, shell)
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        return exits.report_error(error, options, shell)


def handler(verb: Verb) -> Handler:
    """The function behind a verb; its module is imported now."""
    import importlib

    module, _, function = verb.run.partition(":")
    found: Handler = getattr(importlib.import_module(module), function)
    return found
