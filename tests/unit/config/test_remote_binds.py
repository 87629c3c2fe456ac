"""What a service takes along of the project's folders to a host that does not have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.config.remote_binds import MOST_FILES
from phlo.inventory.hosts import Host, Inventory
from phlo.values import FileSpec

from .conftest import Workplace

FAR = {"far": "ssh://deploy@10.0.0.1"}


def inventory(**docker_hosts: str | None) -> Inventory:
    return Inventory(
        hosts={name: Host(name=name, docker_host=url, source="inventory.yaml:1") for name, url in docker_hosts.items()},
        groups={},
        inputs=(),
    )


def app(workplace: Workplace, *volumes: str) -> None:
    workplace.phlo_yaml(f"services: {{app: {{type: inline, image: a, volumes: {list(volumes)}}}}}")


def files(workplace: Workplace, **docker_hosts: str | None) -> dict[str, FileSpec]:
    service = workplace.resolve(inventory=inventory(**docker_hosts)).services["app"]
    return {spec.path: spec for spec in service.files}


@pytest.fixture
def code(workplace: Workplace) -> Path:
    folder = workplace.root / "code"
    (folder / "deep").mkdir(parents=True)
    (folder / "main.py").write_text("print(1)\n")
    (folder / "deep" / "tool").write_text("#!/bin/sh\n")
    (folder / "deep" / "tool").chmod(0o700)
    (folder / "main.py").chmod(0o600)
    return folder


def test_files_of_a_read_only_mount_go_into_the_container(workplace: Workplace, code: Path) -> None:
    app(workplace, "./code:/app:ro", "/srv:/srv", "data:/data")
    found = files(workplace, **FAR)
    assert {path: (spec.content, oct(spec.mode), spec.origin) for path, spec in found.items()} == {
        "/app/deep/tool": (b"#!/bin/sh\n", "0o755", "code/deep/tool"),
        "/app/main.py": (b"print(1)\n", "0o644", "code/main.py"),
    }
    compose = workplace.resolve(inventory=inventory(**FAR)).services["app"].compose
    assert sorted(mount.target for mount in compose.volumes) == ["/data", "/srv"]


def test_on_this_machine_the_folder_itself_is_mounted(workplace: Workplace, code: Path) -> None:
    app(workplace, "./code:/app:ro")
    assert files(workplace, local=None) == {}
    assert files(workplace, local="unix:///var/run/docker.sock") == {}


def test_a_single_file_is_uploaded_as_well(workplace: Workplace, code: Path) -> None:
    app(workplace, "./code/main.py:/etc/main.py:ro")
    assert list(files(workplace, **FAR)) == ["/etc/main.py"]


def test_what_differs_between_machines_stays(workplace: Workplace, code: Path) -> None:
    for name in ("__pycache__", ".git", ".phlo", ".venv"):
        (code / name).mkdir()
        (code / name / "x").write_text("x")
    app(workplace, "./code:/app:ro")
    assert sorted(files(workplace, **FAR)) == ["/app/deep/tool", "/app/main.py"]


def test_a_new_or_changed_file_is_noticed(workplace: Workplace, code: Path) -> None:
    app(workplace, "./code:/app:ro")
    inputs = workplace.resolve(inventory=inventory(**FAR)).inputs
    assert {code, code / "deep", code / "main.py", code / "deep" / "tool"} <= set(inputs)


def test_files_that_roles_write_are_uploaded_before_they_are_written(workplace: Workplace) -> None:
    text = "default: true\nfiles: [{source: conf, dest: conf/}]\ncompose: {volumes: ['./conf:/etc/conf:ro']}\n"
    workplace.role("app", text, {"conf/a.ini": "a"})
    workplace.phlo_yaml("name: lake\n")
    assert {path: spec.content for path, spec in files(workplace, **FAR).items()} == {"/etc/conf/a.ini": b"a"}


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (
            "./nothing:/app:ro",
            "which is not on far, and there is no file in it. Put the files there, or correct the path.",
        ),
    ],
)
def test_a_mount_that_cannot_be_uploaded_is_an_error(
    workplace: Workplace, code: Path, volume: str, message: str
) -> None:
    app(workplace, volume)
    (error,) = workplace.errors(inventory=inventory(**FAR))
    assert error.startswith('phlo.yaml:1 services.app.volumes: "app" mounts ')
    assert error.endswith(message)


def test_a_folder_that_is_written_to_is_a_volume_that_it_seeds(workplace: Workplace, code: Path) -> None:
    app(workplace, "./code:/app", "./data:/data", "./code:/again:ro")
    found = workplace.resolve(inventory=inventory(**FAR))
    mounts = {mount.target: mount for mount in found.services["app"].compose.volumes}
    assert {target: (one.type, one.source, one.is_read_only) for target, one in mounts.items()} == {
        "/app": ("volume", "./code", False),
        "/data": ("volume", "./data", False),
        "/again": ("volume", "./code", True),
    }
    assert not any(one.copies_image_content or one.creates_host_path for one in mounts.values())
    assert {key: spec.seed for key, spec in found.volumes.items()} == {
        "./code": code,
        "./data": workplace.root / "data",
    }
    assert found.volumes["./code"].name.startswith(f"{found.name}_folder-code-")
    assert found.services["app"].files == ()


def test_paths_that_look_alike_are_different_volumes(workplace: Workplace) -> None:
    app(workplace, "./a/b:/x", "./a-b:/y")
    names = [spec.name for spec in workplace.resolve(inventory=inventory(**FAR)).volumes.values()]
    assert len(set(names)) == 2
    assert all(":" not in name and "/" not in name for name in names)


@pytest.mark.parametrize(
    ("services", "hosts", "message"),
    [
        ({"app": ["./code/main.py:/x"]}, FAR, "and a single file cannot be a volume there"),
        (
            {"app": ["./code:/x"], "b": ["./code/deep:/y:ro"]},
            FAR,
            "and b mounts code/deep, which would be apart from it",
        ),
        (
            {"app": ["./code:/x"], "b": ["./code:/y:ro"]},
            {**FAR, "near": None},
            "and b has it on other hosts, where it would hold something else",
        ),
    ],
)
def test_what_would_not_be_clear_of_a_folder_that_is_written_to_is_refused(
    workplace: Workplace, code: Path, services: dict[str, list[str]], hosts: dict[str, str | None], message: str
) -> None:
    places = {"app": "far", "b": list(hosts)[-1]}
    workplace.phlo_yaml(
        "services:\n"
        + "".join(
            f"  {name}: {{type: inline, image: a, hosts: [{places[name]}], volumes: {volumes}}}\n"
            for name, volumes in services.items()
        )
    )
    (error,) = workplace.errors(inventory=inventory(**hosts))
    assert '"app" writes to code' in error
    assert f"which is not on far, {message}. " in error


def test_what_roles_bring_is_not_written_to_elsewhere(workplace: Workplace) -> None:
    text = "default: true\nfiles: [{source: conf, dest: conf/}]\ncompose: {volumes: ['./conf:/etc/conf']}\n"
    workplace.role("app", text, {"conf/a.ini": "a"})
    workplace.phlo_yaml("name: lake\n")
    (error,) = workplace.errors(inventory=inventory(**FAR))
    assert "and roles bring its files, which change with them. Mount it read-only" in error


def test_too_much_to_upload_is_an_error(workplace: Workplace, code: Path) -> None:
    for number in range(MOST_FILES):
        (code / str(number)).touch()
    app(workplace, "./code:/app:ro")
    (error,) = workplace.errors(inventory=inventory(**FAR))
    assert f"more than {MOST_FILES} files" in error


def test_a_host_behind_a_docker_context_is_another_machine(workplace: Workplace, code: Path) -> None:
    app(workplace, "./code:/app:ro")
    far = Host(name="far", docker_context="prod", context_host="ssh://deploy@10.0.0.1")
    near = Host(name="near", docker_context="mine", context_host="unix:///run/docker.sock")
    taken = {
        one.name: {
            spec.path for spec in workplace.resolve(inventory=Inventory(hosts={one.name: one})).services["app"].files
        }
        for one in (far, near)
    }
    assert taken == {"far": {"/app/main.py", "/app/deep/tool"}, "near": set()}
