from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.bench.tools import ansible, compose, phlo, pyinfra
from tests.bench.tools.tool import Unavailable
from tests.bench.workload import Workload, make_workload

Files = Callable[[Workload], Mapping[str, str]]


def settings_by_service(files: Mapping[str, str]) -> dict[str, tuple[dict[str, str], str, str]]:
    """Service -> (environment, memory limit, volume's path), read back from what a tool is given."""
    if "services.json" in files:
        entries = json.loads(files["services.json"])["services"]
        return {
            entry["extra_args"][-1]: (
                dict(text.split("=", 1) for text in entry["env_vars"]),
                entry["memory"],
                entry["volumes"][0].partition(":")[2],
            )
            for entry in entries
        }
    if "up.yaml" in files:
        task = yaml.safe_load(files["up.yaml"])[0]["tasks"][1]
        body: dict[str, Any] = task["community.docker.docker_container"]
        path = body["volumes"][0].rpartition(":")[2]
        return {item["name"]: (item["environment"], body["memory"], path) for item in task["loop"]}
    (text,) = files.values()
    services = yaml.safe_load(text)["services"]
    return {
        name: (body["environment"], body["mem_limit"], body["volumes"][0].partition(":")[2])
        for name, body in services.items()
    }


@pytest.mark.parametrize("files", [phlo.files, compose.files, ansible.files, pyinfra.files])
def test_every_tool_is_given_the_same_services(files: Files) -> None:
    workload = make_workload("any", 3)

    assert settings_by_service(files(workload)) == {
        service.name: (service.environment, "32m", "/data") for service in workload.services
    }


@pytest.mark.parametrize("files", [phlo.files, compose.files, ansible.files, pyinfra.files])
def test_a_changed_workload_differs_in_one_service_only(files: Files) -> None:
    workload = make_workload("any", 5)
    before, after = settings_by_service(files(workload)), settings_by_service(files(workload.changed()))

    assert [name for name in before if before[name] != after[name]] == ["s03"]


def test_pyinfra_is_forced_only_on_the_changed_service() -> None:
    entries = json.loads(pyinfra.files(make_workload("any", 3).changed())["services.json"])["services"]

    assert [entry["force"] for entry in entries] == [False, True, False]


@pytest.mark.parametrize("files", [phlo.files, compose.files])
def test_in_a_chain_each_service_waits_for_the_health_of_the_one_before(files: Files) -> None:
    (text,) = files(make_workload("any", 3, is_chain=True)).values()
    services = yaml.safe_load(text)["services"]

    assert [body.get("depends_on") for body in services.values()] == [
        None,
        {"s01": {"condition": "service_healthy"}},
        {"s02": {"condition": "service_healthy"}},
    ]
    assert all(body["healthcheck"]["interval"] == "1s" for body in services.values())


def test_phlo_is_given_no_service_besides_the_workloads() -> None:
    (text,) = phlo.files(make_workload("any", 2), others=["store", "web"]).values()

    assert yaml.safe_load(text)["services"].pop("disabled") == ["store", "web"]


def test_a_phlo_command_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="phlo failed"):
        phlo.find(str(tmp_path / "phlo"))
