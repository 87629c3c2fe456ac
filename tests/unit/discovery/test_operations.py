"""Operations of installed packages."""

from __future__ import annotations

import pytest

from phlo.discovery.operations import OPERATION_GROUP, installed_operations
from phlo.errors import PackageError
from phlo.playbook.operations import Operations
from tests.unit.discovery.conftest import Site


def add(site: Site, distribution: str, name: str, module: str) -> None:
    site.add(distribution, {}, entries={name: module}, group=OPERATION_GROUP)


def test_an_operation_is_found_without_importing_its_package(site: Site) -> None:
    add(site, "phlo-x", "x_thing", "phlo_x.thing")

    found = installed_operations(site.path)

    assert found["x_thing"] == ("x_thing", "phlo_x.thing", "phlo-x")


def test_of_two_with_one_name_the_first_distribution_counts(site: Site) -> None:
    add(site, "phlo-b", "thing", "phlo_b.thing")
    add(site, "phlo-a", "thing", "phlo_a.thing")

    assert installed_operations(site.path)["thing"].distribution == "phlo-a"


def test_a_package_cannot_replace_an_operation_of_phlo(site: Site) -> None:
    add(site, "phlo-x", "exec", "phlo_x.exec")

    module = Operations(installed=installed_operations(site.path)).find("exec")

    assert getattr(module, "__name__", "") == "phlo.operations.exec"


@pytest.mark.parametrize(
    ("module", "what"), [("phlo_none.thing", "cannot be loaded: ModuleNotFoundError"), ("json", "has no Args, observe")]
)
def test_a_broken_one_is_told_when_it_is_used(site: Site, module: str, what: str) -> None:
    add(site, "phlo-x", "thing", module)

    with pytest.raises(PackageError, match=what) as caught:
        Operations(installed=installed_operations(site.path)).find("thing")
    assert caught.value.where == "phlo-x entry point thing"
