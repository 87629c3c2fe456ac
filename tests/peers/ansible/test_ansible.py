"""phlo makes of a playbook what ansible-core makes of it, or the difference is listed with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peers.ansible import compare, recording
from tests.peers.ansible.case import Case, Expression
from tests.peers.ansible.corpus import expressions, playbooks
from tests.peers.known import Differences

RECORDED = recording.load()
EXPRESSIONS = expressions()
PLAYBOOKS = playbooks()
KNOWN = Differences(Path(__file__).with_name("differences.yaml")).listed()
AGREES = "phlo and Ansible agree now: run `invoke peers ansible --options --prune`"


@pytest.mark.parametrize("one", [pytest.param(one, id=one.id) for one in EXPRESSIONS])
def test_an_expression_has_the_value_that_it_has_in_ansible(one: Expression) -> None:
    found = compare.of_expression(one, RECORDED[one.digest])
    assert bool(found) == (one.id in KNOWN), "\n".join(found) or AGREES


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in PLAYBOOKS])
def test_a_playbook_does_what_it_does_in_ansible(case: Case) -> None:
    found = compare.of_case(case, RECORDED[case.digest])
    if case.id in KNOWN:
        assert found, AGREES
    else:
        texts = [f"--- {path}\n{text}" for path, text in case.files.items()]
        assert not found, "\n".join([*texts, *case.words, *found])


def test_every_case_is_recorded_and_nothing_else() -> None:
    digests = {one.digest for one in (*EXPRESSIONS, *PLAYBOOKS)}
    assert digests == set(RECORDED), "run `invoke peers ansible --record`"


def test_nothing_else_is_listed() -> None:
    assert sorted(set(KNOWN) - {one.id for one in (*EXPRESSIONS, *PLAYBOOKS)}) == []


def test_there_are_enough_cases() -> None:
    assert len(EXPRESSIONS) >= 400
    assert len(PLAYBOOKS) >= 600


def test_recordings_hold_no_path_of_the_machine_that_made_them() -> None:
    text = repr(RECORDED)
    assert "/tmp/peers-" not in text
    assert "/root" not in text
