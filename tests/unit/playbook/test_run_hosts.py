"""Plays on several hosts: batches, failures, delegation, --limit."""

from __future__ import annotations

import pytest

from tests.unit.playbook.conftest import RunPlay

THREE = ("a", "b", "c")


def test_all_hosts_do_a_task_and_a_failed_one_drops_out(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  tasks: [{name: one, touch: {path: '{{ rank }}', fails_on: [b]}}, {name: two, touch: two}]",
        hosts=THREE,
    )

    assert ran.touched == {"a": ["0", "two"], "c": ["2", "two"]}
    assert ran.outcome.status == "failed"


def test_any_errors_fatal_stops_all_hosts(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          any_errors_fatal: true
          tasks: [{name: one, touch: {path: one, fails_on: [b]}}, {name: two, touch: two}]
        """,
        hosts=THREE,
    )

    assert ran.touched == {"a": ["one"], "c": ["one"]}


@pytest.mark.parametrize(("percentage", "hosts"), [(0, {"a"}), (50, {"a"}), (67, {"a", "c"})])
def test_too_many_failed_hosts_end_the_play(percentage: int, hosts: set[str], play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          serial: 2
          max_fail_percentage: {percentage if percentage != 50 else 49}
          tasks: [{{name: one, touch: {{path: one, fails_on: [b]}}}}]
        """,
        hosts=THREE,
    )

    assert set(ran.touched) == hosts


def test_serial_takes_batches_of_growing_size(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          serial: [1, "100%"]
          tasks:
            - {name: one, debug: {msg: "{{ ansible_play_batch | join(',') }}"}}
        """,
        hosts=THREE,
    )

    assert [ran.said("one", host) for host in THREE] == ["a", "b,c", "b,c"]


def test_run_once_shares_its_result_and_delegation_changes_the_host(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: once, touch: "{{ inventory_hostname }}", run_once: true, register: r}
            - {name: told, debug: {msg: "{{ r.path }}"}}
            - {name: elsewhere, touch: "of {{ inventory_hostname }}", delegate_to: c}
        """,
        hosts=THREE,
    )

    assert [ran.said("told", host) for host in THREE] == ["a", "a", "a"]
    assert sorted(ran.touched["c"]) == ["of a", "of b", "of c"]


def test_limit_leaves_hosts_out(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{touch: x}]", hosts=THREE, limit=["b"])

    assert set(ran.touched) == {"b"}
