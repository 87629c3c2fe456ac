"""A running phlo-seaweedfs does what it promises."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import testinfra
from minio import Minio
from minio.error import S3Error

from phlo.operations import s3_bucket
from phlo.testing.law import assert_converges
from phlo.values import Secret

READY = "timeout 60 sh -c 'until seaweedfs-ready; do sleep 0.1; done'"
# /proc/net/tcp writes ports in hexadecimal: master, volume server and filer, each with its gRPC port.
INTERNAL_PORTS = {f"{port:04X}" for port in (9333, 19333, 8080, 18080, 8888, 18888)}


def client(role: Any, *, access_key: str | None = None, secret_key: str | None = None) -> Minio:
    return Minio(
        f"127.0.0.1:{role.port(8333)}",
        access_key=access_key or role.value("SEAWEEDFS_ACCESS_KEY"),
        secret_key=secret_key or role.value("SEAWEEDFS_SECRET_KEY"),
        region="us-east-1",
        secure=False,
    )


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


@pytest.fixture
def stored(role: Any) -> Iterator[tuple[Minio, str, str]]:
    """A client, and the bucket and name of an object that holds `hello`."""
    store, bucket, name = client(role), role.value("SEAWEEDFS_BUCKET"), "role-test/hello.txt"
    store.put_object(bucket, name, io.BytesIO(b"hello"), length=5)
    yield store, bucket, name
    client(role).remove_object(bucket, name)


def read(store: Minio, bucket: str, name: str) -> bytes:
    with store.get_object(bucket, name) as answer:
        return bytes(answer.read())


def test_an_object_can_be_read_back(stored: tuple[Minio, str, str]) -> None:
    assert read(*stored) == b"hello"


def test_an_object_is_listed(stored: tuple[Minio, str, str]) -> None:
    store, bucket, name = stored
    assert name in {found.object_name for found in store.list_objects(bucket, recursive=True)}


def test_an_object_outlives_a_restart(host: Any, role: Any, stored: tuple[Minio, str, str]) -> None:
    docker(f"restart --time 60 {role.container}")
    assert host.run(READY).succeeded
    assert read(client(role), *stored[1:]) == b"hello"


def test_the_buckets_of_the_configuration_and_those_that_are_claimed_exist(role: Any) -> None:
    wanted = {role.value("SEAWEEDFS_BUCKET"), *filter(None, role.value("SEAWEEDFS_BUCKETS").split(",")), "claimed"}
    assert wanted <= {bucket.name for bucket in client(role).list_buckets()}


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"secret_key": "not-the-secret"}, "SignatureDoesNotMatch"),
        ({"access_key": "nobody", "secret_key": "not-the-secret"}, "InvalidAccessKeyId"),
    ],
)
def test_a_wrong_key_is_refused(role: Any, keys: dict[str, str], code: str) -> None:
    with pytest.raises(S3Error) as refused:
        client(role, **keys).list_buckets()
    assert refused.value.code == code


def test_nobody_gets_in_without_a_key(role: Any) -> None:
    answer = httpx.get(f"http://127.0.0.1:{role.port(8333)}/{role.value('SEAWEEDFS_BUCKET')}/")
    assert answer.status_code == 403


def test_a_bucket_that_nobody_made_is_not_made_by_an_upload(role: Any) -> None:
    with pytest.raises(S3Error) as refused:
        client(role).put_object("role-test-typo", "x", io.BytesIO(b""), length=0)
    assert refused.value.code == "NoSuchBucket"


def catalog(role: Any) -> httpx.Client:
    """The Iceberg catalog, signed in to with the keys."""
    base = f"http://127.0.0.1:{role.port(8181)}/v1"
    form = {
        "grant_type": "client_credentials",
        "scope": "PRINCIPAL_ROLE:ALL",
        "client_id": role.value("SEAWEEDFS_ACCESS_KEY"),
        "client_secret": role.value("SEAWEEDFS_SECRET_KEY"),
    }
    token = httpx.post(f"{base}/oauth/tokens", data=form).json()["access_token"]
    return httpx.Client(
        base_url=f"{base}/{role.value('SEAWEEDFS_WAREHOUSE')}", headers={"Authorization": f"Bearer {token}"}
    )


def namespaces(role: Any) -> list[list[str]]:
    found: list[list[str]] = catalog(role).get("/namespaces").raise_for_status().json()["namespaces"]
    return found


def make_namespace(role: Any, name: str) -> None:
    catalog(role).post("/namespaces", json={"namespace": [name]}).raise_for_status()


def test_the_iceberg_catalog_keeps_namespaces_for_those_with_the_keys(role: Any) -> None:
    make_namespace(role, "role_test")
    assert ["role_test"] in namespaces(role)
    assert catalog(role).get("/namespaces", headers={"Authorization": ""}).status_code == 403
    assert catalog(role).delete("/namespaces/role_test").status_code == 204


def test_what_has_no_password_listens_inside_the_container_only(host: Any) -> None:
    sockets = [line.split() for line in host.check_output("cat /proc/net/tcp /proc/net/tcp6").splitlines()]
    listening = [fields[1].split(":") for fields in sockets if len(fields) > 3 and fields[3] == "0A"]
    internal = [(address, port) for address, port in listening if port in INTERNAL_PORTS]
    assert {port for _, port in internal} == INTERNAL_PORTS
    assert {address for address, _ in internal} == {"0100007F"}


def test_a_bucket_is_made_versioned_and_removed(role: Any, engine_host: Any) -> None:
    keys = {"access_key": role.value("SEAWEEDFS_ACCESS_KEY"), "secret_key": Secret(role.value("SEAWEEDFS_SECRET_KEY"))}
    given = {"project": role.project.name, "own_service": "seaweedfs", "endpoint": "http://seaweedfs:8333", **keys}
    for options, verb in [({}, "create"), ({"versioning": True}, "update"), ({"state": "absent"}, "remove")]:
        args = s3_bucket.Args(name="role-test-bucket", **options, **given)
        assert [change.verb for change in assert_converges("s3_bucket", args, engine_host)] == [verb]


def test_the_objects_of_a_bucket_are_backed_up_and_put_back(
    role: Any, stored: tuple[Minio, str, str], tmp_path: Path
) -> None:
    store, bucket, name = stored
    role.run("backup", "--bucket", bucket, "--to", str(tmp_path / "objects.tar"))
    store.remove_object(bucket, name)

    role.run("restore", "--from", str(tmp_path / "objects.tar"))

    assert read(*stored) == b"hello"


def test_everything_is_backed_up_and_put_back_tables_of_the_catalog_too(
    role: Any, stored: tuple[Minio, str, str], tmp_path: Path
) -> None:
    store, bucket, name = stored
    make_namespace(role, "kept")
    role.run("backup", "--to", str(tmp_path / "all.tar"))
    make_namespace(role, "later")
    store.remove_object(bucket, name)
    store.put_object(bucket, "later.txt", io.BytesIO(b""), length=0)

    role.run("restore", "--from", str(tmp_path / "all.tar"))

    assert read(client(role), bucket, name) == b"hello"
    found = {one.object_name for one in client(role).list_objects(bucket, recursive=True)}
    assert "later.txt" not in found
    names = namespaces(role)
    assert ["kept"] in names
    assert ["later"] not in names


def test_it_gives_figures_for_prometheus(host: Any) -> None:
    ask = "exec 3<> /dev/tcp/127.0.0.1/9324; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    assert "SeaweedFS_" in host.check_output(f'bash -c "{ask}"')


def test_it_sends_no_telemetry(host: Any) -> None:
    assert "-master.telemetry=false" in host.check_output("tr '\\0' ' ' < /proc/1/cmdline").split()


def test_it_is_not_root(host: Any) -> None:
    assert host.file("/proc/1").user == "seaweedfs"


def test_the_keys_are_in_no_docker_inspect(role: Any) -> None:
    assert role.value("SEAWEEDFS_SECRET_KEY") not in docker(f"inspect {role.container}")
