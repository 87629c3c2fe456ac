"""Host patterns."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.errors import InventoryError
from phlo.inventory import load
from phlo.inventory.patterns import matching

HOSTS = """
all:
  children:
    web: {hosts: {"web-[1:3]": , both: }}
    data: {hosts: {data-1: , both: }}
"""

MATCHES: dict[str, str] = {
    "all": "web-1 web-2 web-3 both data-1",
    "web": "web-1 web-2 web-3 both",
    "web-1,data-1": "web-1 data-1",
    "web:&data": "both",
    "web:!web-2": "web-1 web-3 both",
    "!web": "data-1",
    "web-*": "web-1 web-2 web-3",
    "~web-[12]$": "web-1 web-2",
    r"~web-\d": "web-1 web-2 web-3",
    "none-*": "",
    "@failed": "web-2 data-1",
    "@failed:!data": "web-2",
    "web:&@failed": "web-2",
    "all:!@failed": "web-1 web-3 both",
}
SETS = {"failed": lambda: ["data-1", "gone-since", "web-2"]}


@pytest.mark.parametrize("pattern", MATCHES)
def test_a_pattern_means_hosts_in_the_inventory_s_order(pattern: str, tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(HOSTS)

    assert " ".join(matching(load([tmp_path / "hosts.yaml"]), pattern, sets=SETS)) == MATCHES[pattern]


def test_an_unknown_name_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(HOSTS)

    with pytest.raises(InventoryError, match='there is no host or group "wbe"') as caught:
        matching(load([tmp_path / "hosts.yaml"]), "wbe")
    assert caught.value.fix == 'Did you mean "web"?'


def test_a_set_that_is_not_known_suggests_the_one_there_is(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(HOSTS)

    with pytest.raises(InventoryError, match='there is no set of hosts "@faild"') as caught:
        matching(load([tmp_path / "hosts.yaml"]), "@faild", sets=SETS)
    assert caught.value.fix == 'Did you mean "@failed"?'


def test_what_is_no_regular_expression_is_told(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(HOSTS)

    with pytest.raises(InventoryError, match=r'"~web\(" is not a regular expression: missing \)'):
        matching(load([tmp_path / "hosts.yaml"]), "~web(")


def test_a_number_in_brackets_is_a_place_in_a_group_not_a_character() -> None:
    with pytest.raises(InventoryError, match='no host or group "web-"'):
        matching(load(), "web-[12]")
