"""The page of errors says what a person would read."""

from __future__ import annotations

import ast

import pytest

from phlo.cli import exits
from phlo.errors import ConfigError, HostError, LockError, OperationError, PhloError
from scripts.docs.errors import ROOT, TOPICS, Shown, _classes, _in_module, kind_code, kinds, shown_errors


def read(code: str) -> list[Shown]:
    tree = ast.parse(code)
    return sorted(_in_module(tree, _classes({ROOT: tree})))


@pytest.mark.parametrize("kind", [PhloError, ConfigError, HostError, LockError, OperationError])
def test_an_exit_code_is_that_of_the_command(kind: type[PhloError]) -> None:
    assert kind_code(kind.__name__) == exits.code_of(kind("x"))
    assert kinds()[kind.__name__] is kind


def test_names_stand_in_the_place_of_what_only_a_run_knows() -> None:
    code = """
def f(self, name):
    raise ConfigError(f'there is no service "{self.a.name}" in {", ".join(names)}', fix=did_you_mean(name, known))
"""
    (one,) = read(code)
    assert one.what == 'there is no service "NAME" in LIST'
    assert one.fix == 'Did you mean "NEAREST"?'
    assert one.code == exits.USAGE


def test_words_that_were_put_together_before_are_found_with_their_fix() -> None:
    code = """
def f(a):
    if a:
        what, fix = "one is wrong", "Do one."
    else:
        what, fix = "two is wrong", "Do two."
    raise HostError(what, fix=fix)
"""
    assert [(one.what, one.fix) for one in read(code)] == [("one is wrong", "Do one."), ("two is wrong", "Do two.")]


def test_words_of_an_earlier_error_are_not_those_of_a_later_one() -> None:
    code = """
def f(a):
    if a:
        what = "one is wrong"
        raise ConfigError(what, fix="Do one.")
    what = "two is wrong"
    raise ConfigError(what, fix="Do two.")
"""
    assert [(one.what, one.fix) for one in read(code)] == [("one is wrong", "Do one."), ("two is wrong", "Do two.")]


def test_an_error_that_a_function_makes_counts_where_it_is_called() -> None:
    code = """
class SpecialError(OperationError):
    pass

def make(what, fix="") -> SpecialError:
    return SpecialError(what, fix=fix)

def f():
    raise make("this did not work", "Try again.")
"""
    assert read(code) == [Shown(what="this did not work", fix="Try again.", kind="OperationError")]


def test_every_part_of_phlo_that_raises_errors_is_on_the_page() -> None:
    found = shown_errors()
    assert set(found) == set(TOPICS.values())
    texts = {one.what for shown in found.values() for one in shown}
    assert 'there is no service "NAME"' in texts
    assert any("deploy lock" in text for text in texts)
