"""Arguments of operations are checked by pydantic once, and made without it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from phlo.errors import ConfigError
from phlo.frozen import dataclass, field
from phlo.operations import argument_models
from phlo.operations.arguments import FILE_NAME, NOTHING_ACCEPTED, accepted_arguments, make_args
from phlo.operations.fields import Mode, injected, internal
from phlo.sections.accepted import Accepted
from phlo.values import Secret

TOKEN = Secret("s3cret-token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    text: str = ""
    text_or_none: str | None = None
    guarded: str | Secret = ""
    switch: bool = False
    whole: int = 0
    number: float = 0.0
    path: Path = Path()
    mode: Mode = Mode(0)
    choice: Literal["present", "absent"] = "present"
    texts: tuple[str, ...] = ()
    wholes: tuple[int, ...] = ()
    command: tuple[str | Secret, ...] | str | Secret = ""
    pairs: Mapping[str, str | Secret] = field(default_factory=dict)
    anything: Any = None
    nested: Mapping[str, Any] = field(default_factory=dict)
    project: str = injected("project")
    cause: str = internal("requested")


def made(accepted: Accepted = NOTHING_ACCEPTED, **values: Any) -> Args:
    return make_args(Args, values, injected={"project": "lake"}, where="site.yaml:3", accepted=accepted)


TAKEN: list[tuple[str, Any, Any]] = [
    ("text", "a", "a"),
    ("text", 5, "5"),
    ("text", 1.5, "1.5"),
    ("text", True, "true"),
    ("text_or_none", None, None),
    ("guarded", TOKEN, TOKEN),
    ("guarded", 5, "5"),
    ("switch", True, True),
    ("switch", "yes", True),
    ("switch", "OFF", False),
    ("switch", 1, True),
    ("switch", 0.0, False),
    ("whole", 5, 5),
    ("whole", "5", 5),
    ("number", "1.5", 1.5),
    ("number", 2, 2.0),
    ("path", "a/b", Path("a/b")),
    ("mode", "0640", Mode(0o640)),
    ("mode", 0o640, Mode(0o640)),
    ("choice", "absent", "absent"),
    ("texts", ["a", 5], ("a", "5")),
    ("texts", "a", ("a",)),
    ("wholes", 200, (200,)),
    ("wholes", ["200", 201], (200, 201)),
    ("command", "ls", "ls"),
    ("command", ["ls", TOKEN, 5], ("ls", TOKEN, "5")),
    ("command", TOKEN, TOKEN),
    ("pairs", {"A": 1, 2: TOKEN, "C": False}, {"A": "1", "2": TOKEN, "C": "false"}),
    ("anything", [{"a": TOKEN}], [{"a": TOKEN}]),
    ("nested", {"a": {"b": [1]}}, {"a": {"b": [1]}}),
]
REFUSED: list[tuple[str, Any, str]] = [
    ("text", ["a"], "text should be a text, got a list"),
    ("text", None, "text should be a text, got nothing"),
    ("text", TOKEN, "text may not be made of a secret"),
    ("path", TOKEN, "path may not be made of a secret"),
    ("texts", ["a", TOKEN], "texts[1] may not be made of a secret"),
    ("switch", "maybe", 'switch should be true or false, got "maybe"'),
    ("switch", 2, "switch should be true or false, got 2"),
    ("whole", True, "whole should be a whole number, got true"),
    ("whole", 5.5, "whole should be a whole number, got 5.5"),
    ("whole", "5.0", 'whole should be a whole number, got "5.0"'),
    ("number", "nan", 'number should be a number, got "nan"'),
    ("number", False, "number should be a number, got false"),
    ("mode", "0999", 'mode should be a file mode such as "0640", got "0999"'),
    ("mode", True, "mode should be a file mode"),
    ("choice", "presnt", 'choice should be one of present, absent, got "presnt". Did you mean "present"?'),
    ("texts", {"a": "b"}, "texts should be a text, got a mapping"),
    ("wholes", ["x"], 'wholes[0] should be a whole number, got "x"'),
    ("command", ["ls", ["a"]], "command[1] should be a text, got a list"),
    ("pairs", "A=1", 'pairs should be a mapping, got "A=1". Write pairs: {NAME: VALUE}.'),
    ("pairs", {"A": ["x"]}, "pairs.A should be a text, got a list"),
    ("nested", [1], "nested should be a mapping, got a list"),
    ("project", "sea", 'there is no argument "project"'),
    ("cause", "x", 'there is no argument "cause"'),
    ("txet", "x", 'there is no argument "txet". Did you mean "text"?'),
]


@pytest.mark.parametrize(("name", "value", "wanted"), TAKEN, ids=[f"{name} {value!r}" for name, value, _ in TAKEN])
def test_a_value_becomes_what_the_field_has(name: str, value: Any, wanted: Any) -> None:
    found = getattr(made(**{name: value}), name)

    assert found == wanted
    assert type(found) is type(wanted)


@pytest.mark.parametrize(("name", "value", "what"), REFUSED, ids=[what for _, _, what in REFUSED])
def test_a_wrong_value_is_an_error_with_place_and_fix(name: str, value: Any, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        made(**{name: value})

    assert str(caught.value).startswith(f"site.yaml:3: {what}")


def test_what_was_accepted_is_not_checked_again_and_everything_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = accepted_arguments(tmp_path)
    for name, value, _ in TAKEN:
        made(known, **{name: value})
    monkeypatch.setattr(argument_models, "find_errors", lambda *_, **__: [ConfigError("checked by pydantic")])

    for name, value, wanted in TAKEN:
        assert getattr(made(accepted_arguments(tmp_path), **{name: value}), name) == wanted
    assert (
        made(
            known,
            text="any other text",
        ).text
        == "any other text"
    )
    assert made(known, command=["rm", Secret("other"), 5, "x"]).command[3] == "x"
    for name, value, _ in REFUSED:
        with pytest.raises(ConfigError, match="checked by pydantic"):
            made(known, **{name: value})


def test_no_value_of_a_secret_decides_what_is_remembered(tmp_path: Path) -> None:
    made(accepted_arguments(tmp_path), guarded=TOKEN)
    before = (tmp_path / FILE_NAME).read_bytes()

    made(accepted_arguments(tmp_path), guarded=Secret("another"))

    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_accepted_arguments_are_made_without_pydantic(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from phlo.operations import command
from phlo.operations.arguments import accepted_arguments, make_args
values = {{"command": ["ls", sys.argv[1]], "chdir": "/", "timeout_seconds": "5"}}
known = accepted_arguments(Path({str(tmp_path)!r}))
injected = {{"root": Path("/"), "project": "", "service": "", "clock": float}}
print(make_args(command.Args, values, injected=injected, where="here", accepted=known).command[1])
print("pydantic" in sys.modules)
"""
    run = [sys.executable, "-c", code]

    first = subprocess.run([*run, "a"], capture_output=True, text=True, check=True)
    second = subprocess.run([*run, "b"], capture_output=True, text=True, check=True)

    assert (first.stdout.split(), second.stdout.split()) == (["a", "True"], ["b", "False"])
