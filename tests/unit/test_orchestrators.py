"""An orchestrator is one sub-package: the rest of phlo asks its interfaces, and does not know its name."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

from phlo.config.cluster_rules import ClusterRules, rules_of
from phlo.errors import PlanError
from phlo.operations import operation
from phlo.operations.cluster_state import ClusterState, state_of
from phlo.orchestrators import TITLES, load, operation_parts
from phlo.plan.orchestrator import Orchestrator, orchestrator_of

PHLO = Path(__file__).resolve().parents[2] / "phlo"
# Where an orchestrator's name may be, besides its own sub-package: a file, or a folder with all that is in it.
KNOWING = {
    "orchestrators.py": "the table of orchestrators",
    "labels.py": "the labels that the engine itself sets",
    "compose": "the table of attributes says what an orchestrator makes of each",
    "doctor/reach.py": "what the engine reports about itself",
    "playbook/modules.py": "names of modules of Ansible, and what to write instead",
    "cli/doctor.py": "what the engine reports about itself",
    "cli/inventory.py": "what the engine reports about itself",
    "cli/verbs/hosts.py": "what the engine reports about itself",
}


def modules_that_know(name: str, folder: Path = PHLO) -> set[str]:
    """The modules with an orchestrator's name in code, texts or comments, without its own sub-package."""
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "_roles" not in path.parts and re.search(name, path.read_text(), re.IGNORECASE)
    }
    return {path for path in found if not path.startswith(f"{name}/")}


def is_listed(path: str) -> bool:
    return path in KNOWING or path.split("/")[0] in KNOWING


@pytest.mark.parametrize("name", sorted(TITLES))
def test_only_a_sub_package_and_a_short_list_know_an_orchestrator(name: str) -> None:
    known = modules_that_know(name)

    assert sorted(path for path in known if not is_listed(path)) == []
    assert {
        entry for entry in KNOWING if not any(path.split("/")[0] == entry or path == entry for path in known)
    } == set()


def test_a_module_that_knows_an_orchestrator_is_found(tmp_path: Path) -> None:
    for path, text in {"swarm/steps.py": "# Swarm", "plan/up.py": "if Swarm: ...", "plan/down.py": "pass"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)

    assert modules_that_know("swarm", tmp_path) == {"plan/up.py"}


@pytest.mark.parametrize("name", sorted(TITLES))
@pytest.mark.parametrize(
    ("interface", "implementation_of"),
    [(ClusterRules, rules_of), (ClusterState, state_of), (Orchestrator, orchestrator_of)],
)
def test_an_orchestrator_implements_every_interface(name: str, interface: type, implementation_of: object) -> None:
    """Its functions take what the interface passes: the same parameters by position and by name."""
    assert callable(implementation_of)
    implementation = implementation_of(name)
    methods = [method for key, method in vars(interface).items() if inspect.isfunction(method) and key[0] != "_"]
    assert methods
    for method in methods:
        wanted = [one for one in inspect.signature(method).parameters.values() if one.name != "self"]
        given = inspect.signature(getattr(implementation, method.__name__)).parameters
        assert [one.name for one in wanted] == [
            name for name in given if given[name].default is inspect.Parameter.empty
        ]
        assert all(given[one.name].kind is one.kind for one in wanted)


def test_operations_of_an_orchestrator_are_found_by_its_name_and_theirs() -> None:
    assert operation_parts("swarm_ready") == ("swarm", "ready")
    assert operation_parts("wait_for") == ("", "wait_for")
    assert operation("swarm_ready") is importlib.import_module("phlo.swarm.operations.ready")
    with pytest.raises(PlanError, match='no operation "swarm_facts"'):
        operation("swarm_facts")


@pytest.mark.parametrize("name", sorted(TITLES))
def test_every_operation_of_an_orchestrator_can_be_loaded(name: str) -> None:
    names = load(name, "operations").NAMES

    assert names
    assert all(callable(operation(f"{name}_{own}").observe) for own in names)
