from __future__ import annotations

from pathlib import Path

import pytest

from phlo.errors import PlanError
from phlo.plan import build
from tests.unit.config.conftest import Workplace

NETWORK = "networks: {lan: {ipam: {config: [{subnet: 10.231.0.0/24}]}}}\n"
SERVICE = "  {name}: {{type: inline, image: a, networks: {{{network}: {{ipv4_address: {address}}}}}}}\n"


def plan(tmp_path: Path, *services: tuple[str, str, str]) -> None:
    lines = "".join(SERVICE.format(name=name, network=network, address=address) for name, network, address in services)
    workplace = Workplace(tmp_path)
    workplace.phlo_yaml(f"{NETWORK}services:\n{lines}")
    build(workplace.resolve())


@pytest.mark.parametrize(
    ("services", "error"),
    [
        (
            [("web", "lan", "10.9.9.9")],
            "phlo.yaml:3 services.web.networks.lan: ipv4_address 10.9.9.9 is not in 10.231.0.0/24, the subnet of",
        ),
        ([("web", "default", "10.9.9.9")], 'ipv4_address 10.9.9.9 needs a subnet of the network "default"'),
        (
            [("db", "lan", "10.231.0.9"), ("web", "lan", "10.231.0.9")],
            "db and web both have the address 10.231.0.9 on lan",
        ),
    ],
)
def test_an_address_that_a_network_cannot_give_is_refused(
    services: list[tuple[str, str, str]], error: str, tmp_path: Path
) -> None:
    with pytest.raises(PlanError) as caught:
        plan(tmp_path, *services)
    assert error in str(caught.value)


def test_an_address_of_the_subnet_is_taken(tmp_path: Path) -> None:
    plan(tmp_path, ("db", "lan", "10.231.0.9"), ("web", "lan", "10.231.0.10"))
