"""Networks, volumes, files and what goes again: each under the convergence law, on a real engine."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import OperationError
from phlo.hosts.host import Host
from phlo.labels import LABEL_PROTECT
from phlo.operations import absent, container, file, hook, network, orphans, power, volume
from phlo.testing.law import assert_converges, converge
from phlo.values import FileSpec, Secret

MakeArgs = Callable[..., container.Args]


def test_a_network_is_made_once(project: str, host: Host) -> None:
    args = network.Args(name=f"{project}_a", project=project, options={"Driver": "bridge"})
    assert [change.verb for change in assert_converges("network", args, host)] == ["create"]


def test_a_network_whose_options_changed_is_made_anew_and_says_what_changed(project: str, host: Host) -> None:
    args = network.Args(name=f"{project}_a", project=project, options={"Internal": False})
    converge("network", args, host)
    (change,) = assert_converges("network", replace(args, options={"Internal": True}), host)
    assert (change.verb, change.causes) == ("recreate", ("internal: false -> true",))


def test_a_network_is_the_same_whatever_the_order_and_the_form_of_its_subnets(project: str, host: Host) -> None:
    pools = [{"Subnet": "fd00:BEEF:0:7::/64", "Gateway": "fd00:beef:0:7:0::1"}, {"Subnet": "10.214.7.0/24"}]
    options = {"EnableIPv6": True, "IPAM": {"Config": pools}, "Labels": {"a": "1"}, "Options": {"my.option": "x"}}
    args = network.Args(name=f"{project}_a", project=project, options=options)
    assert [change.verb for change in assert_converges("network", args, host)] == ["create"]
    (change,) = assert_converges("network", replace(args, options={"Labels": {"a": "2", "b": "1"}}), host)
    assert change.causes == (
        "enable_ipv6: true -> false",
        "driver_opts.my.option: x -> none",
        "ipam.subnet: 10.214.7.0/24 -> one that the engine chooses",
        "labels.a changed",
        "labels.b added",
    )


def test_a_network_made_anew_lets_go_of_running_containers(service: MakeArgs, project: str, host: Host) -> None:
    args = network.Args(name=f"{project}_a", project=project, options={"Internal": False})
    converge("network", args, host)
    attachment = (container.NetworkAttachment(name=args.name),)
    web = service(networks=attachment, body={"HostConfig": {"NetworkMode": args.name}})
    converge("container", web, host)
    assert_converges("network", replace(args, options={"Internal": True}), host)
    assert_converges("container", web, host)
    assert args.name in host.engine.get(f"/containers/{web.name}/json")["NetworkSettings"]["Networks"]


def test_a_network_of_somebody_else_is_used_but_never_changed(project: str, host: Host) -> None:
    name = f"{project}_a"
    made = host.engine.post("/networks/create", {"Name": name})["Id"]
    try:
        args = network.Args(name=name, project=project)
        assert converge("network", args, host) == ()
        with pytest.raises(OperationError, match="that phlo did not make is there with other options"):
            converge("network", replace(args, options={"Internal": True}), host)
    finally:
        host.engine.delete(f"/networks/{made}")


def test_a_network_that_is_there_twice_is_there_once_afterwards(project: str, host: Host) -> None:
    args = network.Args(name=f"{project}_a", project=project)
    for _ in range(2):  # as an engine does that is still at work for a run that was killed when the next one begins
        host.engine.post("/networks/create", {"Name": args.name, "Labels": {"phlo.project": project}})

    (change,) = assert_converges("network", args, host)

    assert change.verb == "remove"
    assert len(host.engine.get("/networks", filters={"name": [args.name]})) == 1


@pytest.mark.parametrize("kind", ["network", "volume"])
def test_an_external_one_must_be_there(kind: str, project: str, host: Host) -> None:
    module = {"network": network, "volume": volume}[kind]
    with pytest.raises(OperationError, match=f"the external {kind} .* is not there") as caught:
        converge(kind, module.Args(name=f"{project}_a", project=project, is_external=True), host)
    assert f"docker {kind} create" in caught.value.fix


def test_a_volume_is_made_once(project: str, host: Host) -> None:
    args = volume.Args(name=f"{project}_a", project=project)
    assert [change.verb for change in assert_converges("volume", args, host)] == ["create"]


def test_a_volume_is_seeded_once_with_owners_modes_and_empty_folders(
    project: str, host: Host, tmp_path: Path, tiny: str
) -> None:
    folder = tmp_path / "data"
    (folder / "empty").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "a").write_text("first")
    (folder / "a").chmod(0o640)
    os.chown(folder / "a", 70, 70)
    (folder / "link").symlink_to("a")
    args = volume.Args(name=f"{project}_a", project=project, seed=folder)
    assert [change.verb for change in assert_converges("volume", args, host)] == ["create"]
    shown = "ls -lan /data; cat /data/link"
    there = run_in(host, tiny, shown, f"{project}_a")
    assert ("-rw-r-----" in there, "70       70" in there, "first" in there) == (True, True, True), there
    assert "empty" in there
    assert ".git" not in there

    (folder / "a").write_text("second")
    assert converge("volume", args, host) == ()
    assert "first" in run_in(host, tiny, shown, f"{project}_a")


def test_a_volume_that_was_not_seeded_to_the_end_is_seeded_again(
    project: str, host: Host, tmp_path: Path, tiny: str
) -> None:
    (tmp_path / "a").write_text("whole")
    args = volume.Args(name=f"{project}_a", project=project, seed=tmp_path)
    mount = {"Type": "volume", "Source": args.name, "Target": "/volume"}
    body = {"Image": tiny, "HostConfig": {"Mounts": [mount]}}
    host.engine.post("/containers/create", body, name=f"{args.name}-phlo-seed")  # as a run that was killed leaves it
    assert [change.verb for change in assert_converges("volume", args, host)] == ["create"]
    assert run_in(host, tiny, "cat /data/a", args.name) == "whole"


def run_in(host: Host, image: str, command: str, name: str) -> str:
    """What a command prints in a container that has a volume on /data."""
    argv = ["docker", "run", "--rm", "-v", f"{name}:/data", image, "sh", "-c", command]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_a_volume_with_data_is_never_made_anew(project: str, host: Host) -> None:
    args = volume.Args(name=f"{project}_a", project=project)
    converge("volume", args, host)
    other = replace(args, options={"DriverOpts": {"type": "tmpfs", "device": "tmpfs"}})
    with pytest.raises(OperationError, match=r"holds data and is there with other options \(driver_opts.device"):
        converge("volume", other, host)


def test_other_labels_of_a_volume_are_reported_and_change_nothing(project: str, host: Host) -> None:
    args = volume.Args(name=f"{project}_a", project=project, options={"Labels": {"a": "1"}})
    assert [change.verb for change in assert_converges("volume", args, host)] == ["create"]
    with pytest.raises(OperationError, match=r"has other labels \(labels.a changed\), which Docker cannot change"):
        converge("volume", replace(args, options={"Labels": {"a": "2", LABEL_PROTECT: "true"}}), host)
    assert host.engine.get(f"/volumes/{args.name}")["Labels"]["a"] == "1"


def test_files_are_put_into_a_running_container_and_only_those_that_differ(service: MakeArgs, host: Host) -> None:
    web = service()
    converge("container", web, host)
    one = FileSpec(path="/srv/deep/one", content=b"1", mode=0o640, uid=3, gid=4)
    two = FileSpec(path="/srv/two", content=Secret("2"))
    assert len(assert_converges("file", file.Args(container=web.name, files=(one, two)), host)) == 2
    host.engine.exec(web.name, ["chmod", "600", "/srv/deep/one"])
    changed = file.Args(container=web.name, files=(one, replace(two, content=Secret("3"))))
    changes = assert_converges("file", changed, host)
    assert [change.causes for change in changes] == [("mode: 600 -> 640",), ("content differs",)]


def test_what_a_project_left_goes_and_stays_gone(service: MakeArgs, project: str, host: Host) -> None:
    converge("network", network.Args(name=f"{project}_a", project=project), host)
    converge("volume", volume.Args(name=f"{project}_a", project=project), host)
    converge("container", service(), host)
    for kind in ("containers", "networks", "volumes"):
        (change,) = assert_converges("absent", absent.Args(kind=kind, project=project), host)
        assert change.verb == "remove"


def test_a_network_that_a_container_of_the_project_still_lets_go_of_is_waited_for(
    project: str, host: Host, tiny: str
) -> None:
    name = f"{project}_a"
    converge("network", network.Args(name=name, project=project), host)
    body = {"Image": tiny, "Labels": {"phlo.project": project}, "HostConfig": {"NetworkMode": name}}
    late = host.engine.post("/containers/create", body)["Id"]
    host.engine.post(f"/containers/{late}/start")
    going = threading.Timer(0.5, lambda: host.engine.delete(f"/containers/{late}", force=True))
    going.start()

    assert_converges("absent", absent.Args(kind="networks", project=project), host)

    going.join()


def test_a_network_in_use_by_somebody_else_says_so(project: str, host: Host, tiny: str) -> None:
    name = f"{project}_a"
    converge("network", network.Args(name=name, project=project), host)
    body = {"Image": tiny, "HostConfig": {"NetworkMode": name}}
    stranger = host.engine.post("/containers/create", body)["Id"]
    host.engine.post(f"/containers/{stranger}/start")
    try:
        with pytest.raises(OperationError) as caught:
            converge("absent", absent.Args(kind="networks", project=project), host)
        name = host.engine.get(f"/containers/{stranger}/json")["Name"].lstrip("/")
        assert f"It is used by {name}" in caught.value.fix
    finally:
        host.engine.delete(f"/containers/{stranger}", force=True)


def test_orphans_are_shown_and_go_only_when_told_to(service: MakeArgs, project: str, host: Host) -> None:
    converge("container", service("old"), host)
    args = orphans.Args(project=project, scales={"web": 1})
    (kept,) = converge("orphans", args, host)
    assert (kept.verb, kept.is_counted) == ("keep", False)
    (gone,) = assert_converges("orphans", replace(args, is_removed=True), host)
    assert gone.causes == ('no service "old" is enabled in the project',)


def test_a_service_that_is_merely_not_part_of_the_run_is_no_orphan(service: MakeArgs, project: str, host: Host) -> None:
    converge("container", service("other", is_requested=True), host)
    args = orphans.Args(project=project, scales={}, known=frozenset({"other"}), is_removed=True)
    assert converge("orphans", args, host) == ()


def test_instances_beyond_the_scale_go(service: MakeArgs, project: str, host: Host) -> None:
    for instance in (1, 2, 3):
        converge("container", replace(service(), instance=instance, name=f"{project}-web-{instance}"), host)
    changes = assert_converges("orphans", orphans.Args(project=project, scales={"web": 1}), host)
    assert [change.at for change in changes] == [f"container:{project}-web-2", f"container:{project}-web-3"]


def test_services_are_stopped_and_started_as_they_are(service: MakeArgs, project: str, host: Host) -> None:
    web = service()
    converge("container", web, host)
    before = host.engine.get(f"/containers/{web.name}/json")["Id"]
    for state, verb in (("stopped", "stop"), ("started", "start")):
        (change,) = assert_converges("power", power.Args(project=project, service="web", state=state), host)
        assert change.verb == verb
    (change,) = converge("power", power.Args(project=project, service="web", state="restarted"), host)
    after = host.engine.get(f"/containers/{web.name}/json")
    assert (change.verb, after["Id"], after["State"]["Status"]) == ("restart", before, "running")


def test_starting_a_service_that_has_no_container_says_what_to_do(project: str, host: Host) -> None:
    with pytest.raises(OperationError, match="has no container") as caught:
        converge("power", power.Args(project=project, service="web", state="started"), host)
    assert "phlo run up" in caught.value.fix


def hook_args(folder: Path, command: str | tuple[str, ...], **fields: object) -> hook.Args:
    args = hook.Args(service="web", name="greet", point="post_start", command=command, folder=folder)
    return replace(args, **fields)


def test_a_hook_runs_in_its_folder_with_its_environment(tmp_path: Path, host: Host) -> None:
    args = hook_args(tmp_path, 'echo "$GREETING" > said', environment={"GREETING": Secret("hello")})
    converge("hook", args, host)
    assert (tmp_path / "said").read_text() == "hello\n"


def test_a_hook_whose_module_is_not_installed_is_skipped(tmp_path: Path, host: Host) -> None:
    assert converge("hook", hook_args(tmp_path, "exit 1", requires="no_such_module_anywhere"), host) == ()


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("echo one; echo two >&2; exit 3", "ended with status 3: echo one; echo two >&2; exit 3"),
        (("/no/such/program", "x"), "cannot be run (No such file or directory): /no/such/program x"),
    ],
)
def test_a_hook_that_fails_is_a_failure(command: str | tuple[str, ...], what: str, tmp_path: Path, host: Host) -> None:
    with pytest.raises(OperationError) as caught:
        converge("hook", hook_args(tmp_path, command), host)
    assert caught.value.what == what
    assert caught.value.detail in ((), ("one", "two"))


def test_a_hook_that_takes_too_long_is_ended(tmp_path: Path, host: Host) -> None:
    with pytest.raises(OperationError, match=r"did not end within 0\.1 s"):
        converge("hook", hook_args(tmp_path, ("sleep", "30"), timeout_seconds=0.1), host)
