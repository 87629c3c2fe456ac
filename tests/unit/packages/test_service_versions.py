"""Every pinned version of a service is known, and none is past its end of life."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from phlo.discovery.definition import ServiceDefinition
from scripts.docs.service_versions import ServiceVersion, read_versions
from tests.unit.packages.test_packages_alike import PACKAGES, ROOT, services_of

VERSIONS = read_versions()


def pinned() -> list[ServiceDefinition]:
    """The services whose version is not phlo's own and not that of another service of the package."""
    found = []
    for package in PACKAGES:
        main, *others = services_of(package)
        if main.version != main.package_version and package.name not in ("phlo-api", "phlo-observatory"):
            found += [main, *(one for one in others if one.version and one.version != main.version)]
    return found


def test_the_versions_are_those_that_the_packages_pin() -> None:
    assert {one.name: one.version for one in pinned()} == {name: one.version for name, one in VERSIONS.items()}


def test_the_platforms_of_a_version_have_its_service() -> None:
    found = [(name, example) for name, one in VERSIONS.items() for example in one.platforms]
    assert {example for _, example in found} == {"github-stats", "lakehouse"}
    for name, example in found:
        text = (ROOT / "examples" / example / "phlo.yaml").read_text()
        assert re.search(rf"\b{name}\b", text), f"{example} does not have {name}"


def problem(service: ServiceDefinition, version: ServiceVersion, today: date) -> str:
    """What is wrong with a pinned version, "" for nothing. A service with a successor may stay after its end."""
    if version.ends is None or version.ends >= today or service.succeeded_by:
        return ""
    return f"{service.name} {version.version} has had no fixes since {version.ends} ({version.basis}): raise the pin"


@pytest.mark.parametrize("service", pinned(), ids=lambda one: str(one.name))
def test_no_pinned_version_is_past_its_end_of_life(service: ServiceDefinition) -> None:
    assert problem(service, VERSIONS[service.name], datetime.now(UTC).date()) == ""


def test_a_version_past_its_end_of_life_is_found() -> None:
    services = {one.name: one for one in pinned()}
    later = date(2029, 11, 9)
    assert problem(services["postgres"], VERSIONS["postgres"], date(2029, 11, 8)) == ""
    assert "no fixes since 2029-11-08" in problem(services["postgres"], VERSIONS["postgres"], later)
    assert problem(services["minio"], VERSIONS["minio"], later) == ""
