"""The whole command line: from words to a verb's handler and an exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from phlo import __version__
from phlo.cli import exits
from phlo.cli.option import Verb
from phlo.cli.shell import Shell, redirect_to_devnull
from phlo.errors import ConfigError
from phlo.stop_signals import ignore_stop_signals, stop_signals

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
    ignore_stop_signals()
    gc.freeze()  # at its end Python looks for garbage among all there is, several times; the process ends all the same
    raise SystemExit(code)


def run(words: Sequence[str], shell: Shell) -> int:
    """Run phlo on words; gives the exit code and lets no exception out but SystemExit."""
    options = _Debug("--debug" in words)
    try:
        with stop_signals():
            return finished(_dispatch(list(words), shell), options, shell)
    except BrokenPipeError:
        redirect_to_devnull(shell.out)
        return exits.FAILED
    except (Exception, KeyboardInterrupt) as error:
        return exits.report_error(error, options, shell)


def finished(code: int, options: Any, shell: Shell) -> int:
    """The exit code of a command that ended with `code`: not 0 when some of its output could not be written."""
    try:
        shell.out.flush()
    except BrokenPipeError:
        raise
    except OSError as reason:
        shell.lost("standard output", reason)
        redirect_to_devnull(shell.out)
    for name, why in shell.losses or ():
        code = code or exits.report_error(exits.lost_output(name, why), options, shell)
    return code


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
        return _help(shell, lambda texts, width: texts.overview(width), keep=words)
    verb, rest = parser.find_verb(rest)
    if verb is None:
        return _help(shell, lambda texts, width: texts.family(words[len(leading)], width))
    if verb.name == "run":
        verb, rest = _task_verb(verb, rest)
    if _asks_for_help(verb, rest):
        return _help(shell, lambda texts, width: texts.verb_help(verb, width))
    words = [*leading, *rest]
    return perform(lambda: parser.parse(verb, words), verb, shell)


def _help(shell: Shell, text: Callable[[Any, int], str], *, keep: Sequence[str] = ()) -> int:
    """Print a text of the help module, which nothing else needs. keep: the words that print it again."""
    from phlo.cli import help  # noqa: A004  it is the module's right name
    from phlo.kept_help import keep_help

    made = text(help, shell.style(None).width)
    keep_help(list(keep), made, shell.environ, shell.out)
    shell.say(made.removesuffix("\n"))
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
    """True for -h or --help that is not part of another program's command line (`phlo exec web ls --help`)."""
    from phlo.cli.parser import HELP_FLAGS, before_separator, split

    is_rest = any(option.positional == "rest" for option in verb.options)
    return any(word in HELP_FLAGS for word in (split(words)[1][:1] if is_rest else before_separator(words)))


def perform(read: Callable[[], Any], verb: Verb, shell: Shell) -> int:
    """Do what a verb is for; errors become exit codes here. invoke's tasks come this way as well.

    read: gives the verb's options, or raises what is wrong with them.
    """
    options: Any = None
    try:
        refuse_free_threading()
        options = read()
        return handler(verb)(options, shell)
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        return exits.report_error(error, options, shell)


def refuse_free_threading() -> None:
    """Raise ConfigError on a Python without the global interpreter lock, on which the threads of a run rely."""
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)
    if "t" in sys.abiflags or not has_lock():
        raise ConfigError(
            "this is a free-threaded build of Python, on which phlo does not run",
            where=sys.executable,
            fix="Install phlo with a standard build, e.g. `python3` instead of `python3t`.",
        )


def handler(verb: Verb) -> Handler:
    """The function behind a verb; its module is imported now."""
    import importlib

    module, _, function = verb.run.partition(":")
    found: Handler = getattr(importlib.import_module(module), function)
    return found
