"""The table of verbs is sound, and help and completion are complete."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess

import pytest

from phlo.cli import help as help_text
from phlo.cli.completion import bash_script, fish_script, zsh_script
from phlo.cli.main import handler
from phlo.cli.option import Verb
from phlo.cli.parser import find_verb, parse, split
from phlo.cli.verbs import VERBS


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_a_handler_and_one_line_of_help(verb: Verb) -> None:
    assert callable(handler(verb))
    assert verb.help[0].isupper()
    assert not verb.help.endswith(".")


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_no_two_options_of_a_verb_share_a_name_or_flag(verb: Verb) -> None:
    names = [option.name for option in verb.options]
    flags = [flag for option in verb.options for flag in option.flags]
    assert len(names) == len(set(names))
    assert len(flags) == len(set(flags))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_fits_the_terminal(width: int) -> None:
    texts = [help_text.overview(width), *(help_text.verb_help(verb, width) for verb in VERBS)]
    body = [line for text in texts for line in text.splitlines() if line.startswith("  ")]
    wide = [line for line in body if len(line) > max(width, 66) and "  " in line.strip()]
    assert wide == []


def test_the_overview_names_every_verb() -> None:
    text = help_text.overview()
    missing = [verb.name for verb in VERBS if verb.name.partition(" ")[0] not in text.split()]
    assert [name for name in missing if name != "ps"] == []
    assert "ps, status" in text


def test_help_of_a_verb_names_every_option_and_argument() -> None:
    for verb in VERBS:
        text = help_text.verb_help(verb)
        assert [flag for option in verb.flagged() for flag in option.flags if flag not in text] == []


@pytest.mark.parametrize(("shell", "script"), [("bash", bash_script), ("zsh", zsh_script), ("fish", fish_script)])
def test_a_completion_script_is_good_syntax(shell: str, script: object) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    assert callable(script)
    done = subprocess.run([program, "-n"], input=script(), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["phlo", "serv"], ["services"]),
        (["phlo", "services", "li"], ["list"]),
        (["phlo", "up", "--rem"], ["--remove-orphans"]),
        (["phlo", "up", "--rollback", "n"], ["none"]),
        (["phlo", "run", "restar"], ["restart"]),
        (["phlo", "completion", ""], ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes(words: list[str], expected: list[str]) -> None:
    program = shutil.which("bash")
    if program is None:
        pytest.skip("bash is not installed")
    quoted = " ".join(f"'{word}'" for word in words)
    ask = f'COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _phlo; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run([program, "-c", bash_script() + ask], text=True, capture_output=True, check=True)
    assert done.stdout.split() == expected


def _commands_in(example: str) -> list[list[str]]:
    """The words after `phlo` of every phlo command in a line of a shell."""
    found: list[list[str]] = []
    for part in re.split(r"\$\(|\)|[|&;<>]+", example):
        words = shlex.split(part.replace('"', ""))
        while words and "=" in words[0]:
            words = words[1:]  # a variable that is set for the command
        if words[:1] == ["phlo"]:
            found.append(words[1:])
    return found


def _meant(words: list[str]) -> tuple[Verb, list[str]]:
    """The verb that a command line is for, `phlo run up` being `up`, and its own words."""
    leading, rest = split(words)
    verb, rest = find_verb(rest)
    if verb and verb.name == "run" and not rest[0].startswith("-"):
        verb, rest = find_verb(rest)
        assert verb
        assert verb.is_task
    assert verb
    return verb, [*leading, *rest]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_an_example_of_its_own_and_says_what_each_is_for(verb: Verb) -> None:
    commands = [words for example, _ in verb.examples for words in _commands_in(example)]
    assert [words for words in commands if _meant(words)[0] == verb]
    assert [example for example, purpose in verb.examples if not purpose] == []


@pytest.mark.parametrize("example", [example for verb in VERBS for example, _ in verb.examples])
def test_every_example_is_a_command_line_that_phlo_takes(example: str) -> None:
    commands = _commands_in(example)
    assert commands
    for words in commands:
        parse(*_meant(words))
