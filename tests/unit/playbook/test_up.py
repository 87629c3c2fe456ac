"""`up` in a play brings services up."""

from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from tests.unit.playbook.conftest import RunPlay


def test_up_is_a_task_of_a_play(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: services, up: {services: [web, db]}}
            - {name: none, up: {services: [web]}, when: false}
        """
    )
    assert (ran.ended("services"), ran.ended("none")) == (["ok"], ["skipped"])


@pytest.mark.parametrize("given", ["", "web", "{services: web}", "{services: []}", "{services: [1]}", "{service: web}"])
def test_up_needs_names_of_services(given: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match="up needs services") as refused:
        play(f"- hosts: all\n  tasks:\n    - up: {given}\n")
    assert refused.value.fix == "Write up: {services: [NAME]}."
