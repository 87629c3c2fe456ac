"""A running phlo-minio does what it promises."""

from __future__ import annotations

import io
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import testinfra
from minio import Minio
from minio.error import S3Error
from phlo_minio.operations import minio_policy, minio_user

from phlo.errors import OperationError
from phlo.operations import s3_bucket, s3_download, s3_upload
from phlo.testing.law import assert_converges, converge
from phlo.values import Secret

ENDPOINT = "http://127.0.0.1:9000"


def client(role: Any, *, access_key: str | None = None, secret_key: str | None = None) -> Minio:
    return Minio(
        f"127.0.0.1:{role.port(9000)}",
        access_key=access_key or role.value("MINIO_ACCESS_KEY"),
        secret_key=secret_key or role.value("MINIO_SECRET_KEY"),
        region="us-east-1",
        secure=False,
    )


def docker(command: str) -> str:
    return str(testinfra.get_host("local://").check_output(f"docker {command}"))


def read(store: Minio, bucket: str, name: str) -> bytes:
    with store.get_object(bucket, name) as answer:
        return bytes(answer.read())


@pytest.fixture
def given(role: Any) -> dict[str, Any]:
    """What phlo fills into the arguments of an operation."""
    return {"project": role.project.name, "own_service": "minio"}


@pytest.fixture
def store(role: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What the S3 operations need to know of the store."""
    keys = {"access_key": role.value("MINIO_ACCESS_KEY"), "secret_key": Secret(role.value("MINIO_SECRET_KEY"))}
    return {**given, **keys, "endpoint": ENDPOINT}


@pytest.fixture
def bucket(store: dict[str, Any], role: Any, engine_host: Any) -> Iterator[str]:
    """A bucket of the test's own."""
    name = f"role-test-{uuid.uuid4().hex[:8]}"
    converge("s3_bucket", s3_bucket.Args(name=name, **store), engine_host)
    yield name
    for found in client(role).list_objects(name, recursive=True):
        client(role).remove_object(name, found.object_name or "")
    converge("s3_bucket", s3_bucket.Args(name=name, state="absent", **store), engine_host)


def put(role: Any, bucket: str, name: str, content: bytes, **options: Any) -> None:
    client(role).put_object(bucket, name, io.BytesIO(content), length=len(content), **options)


def test_an_object_can_be_read_back(role: Any, bucket: str) -> None:
    put(role, bucket, "deep/hello.txt", b"hello")

    assert read(client(role), bucket, "deep/hello.txt") == b"hello"


def test_an_object_outlives_a_restart(host: Any, role: Any, bucket: str) -> None:
    put(role, bucket, "hello.txt", b"hello")

    docker(f"restart --time 60 {role.container}")
    ready = "timeout 60 bash -c 'until mc ready local > /dev/null 2>&1; do sleep 0.1; done'"
    assert host.run(ready).succeeded

    assert read(client(role), bucket, "hello.txt") == b"hello"


def test_the_buckets_of_the_configuration_and_those_that_are_claimed_exist(role: Any) -> None:
    wanted = {role.value("MINIO_BUCKET"), *filter(None, role.value("MINIO_BUCKETS").split(",")), "claimed"}

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
    answer = httpx.get(f"http://127.0.0.1:{role.port(9000)}/{role.value('MINIO_BUCKET')}/")
    assert answer.status_code == 403


def test_the_users_of_the_services_do_not_administer_the_store(host: Any, role: Any) -> None:
    keys = f"{role.value('MINIO_ACCESS_KEY')}:{role.value('MINIO_SECRET_KEY')}"
    asked = host.run(f"MC_HOST_here=http://{keys}@127.0.0.1:9000 mc admin user list here")
    assert asked.failed
    assert "Access Denied" in asked.stdout + asked.stderr


def test_prometheus_reads_its_metrics(role: Any) -> None:
    text = httpx.get(f"http://127.0.0.1:{role.port(9000)}/minio/v2/metrics/cluster").text
    assert "minio_cluster_capacity_raw_total_bytes" in text


def test_the_console_is_there_for_people(role: Any) -> None:
    address = f"http://127.0.0.1:{role.port(9001)}"
    assert "<title>" in httpx.get(address, follow_redirects=True).text
    keys = {"accessKey": role.value("MINIO_ROOT_USER"), "secretKey": role.value("MINIO_ROOT_PASSWORD")}
    assert httpx.post(f"{address}/api/v1/login", json=keys).status_code == 204


def test_the_console_refuses_other_sites_and_unknown_names(role: Any) -> None:
    address = f"http://127.0.0.1:{role.port(9001)}"
    keys = {"accessKey": role.value("MINIO_ROOT_USER"), "secretKey": role.value("MINIO_ROOT_PASSWORD")}
    for headers, status in [({"Host": "evil.example"}, 421), ({"Origin": "http://evil.example"}, 403)]:
        assert httpx.post(f"{address}/api/v1/login", json=keys, headers=headers).status_code == status


def test_the_s3_port_sends_browsers_to_the_console(role: Any) -> None:
    browser = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}
    answer = httpx.get(f"http://127.0.0.1:{role.port(9000)}/", headers=browser)
    assert answer.status_code == 307
    assert answer.headers["Location"].startswith(f"http://localhost:{role.value('MINIO_CONSOLE_PORT')}")


def test_the_server_is_not_root_and_has_no_capabilities(host: Any) -> None:
    pid = host.check_output("pgrep -x minio || cat /proc/[0-9]*/stat | awk '$2 == \"(minio)\" {print $1; exit}'")
    assert host.file(f"/proc/{pid}").user == "minio"
    assert host.file(f"/proc/{pid}/status").contains("^CapEff:[[:space:]]*0000000000000000$")


def test_the_passwords_are_in_no_docker_inspect(role: Any) -> None:
    inspected = docker(f"inspect {role.container}")
    assert role.value("MINIO_ROOT_PASSWORD") not in inspected
    assert role.value("MINIO_SECRET_KEY") not in inspected


# -- operations ----------------------------------------------------------------------------------------------


def test_a_bucket_is_made_versioned_and_removed(store: dict[str, Any], engine_host: Any) -> None:
    name = f"role-test-{uuid.uuid4().hex[:8]}"
    steps = [({}, "create"), ({"versioning": True}, "update"), ({"versioning": False}, "update")]
    for options, verb in [*steps, ({"state": "absent"}, "remove")]:
        args = s3_bucket.Args(name=name, **options, **store)
        assert [change.verb for change in assert_converges("s3_bucket", args, engine_host)] == [verb]


def test_a_bucket_that_holds_something_is_not_removed(
    role: Any, bucket: str, store: dict[str, Any], engine_host: Any
) -> None:
    put(role, bucket, "hello.txt", b"hello")
    with pytest.raises(OperationError, match="answered 409"):
        converge("s3_bucket", s3_bucket.Args(name=bucket, state="absent", **store), engine_host)


def test_a_wrong_key_is_an_error_that_says_so(store: dict[str, Any], engine_host: Any) -> None:
    args = s3_bucket.Args(name="any", **{**store, "secret_key": "not-the-secret"})
    with pytest.raises(OperationError, match="refuses the bucket to these keys"):
        converge("s3_bucket", args, engine_host)


def test_a_store_that_is_not_there_is_an_error_that_says_so(store: dict[str, Any], engine_host: Any) -> None:
    args = s3_bucket.Args(name="any", **{**store, "endpoint": "http://127.0.0.1:1"})
    with pytest.raises(OperationError, match=r"127\.0\.0\.1:1 cannot be reached: .*Connection refused"):
        converge("s3_bucket", args, engine_host)


def test_objects_are_brought_and_put_back_with_their_metadata(
    role: Any, bucket: str, store: dict[str, Any], engine_host: Any, tmp_path: Path
) -> None:
    large, folder = bytes(range(256)) * 8192, {"folder": tmp_path}
    put(role, bucket, "large", large)
    put(role, bucket, "a b+ü/%.txt", b"odd", content_type="text/x-odd", metadata={"note": "kept"})
    dest = Path("out.tar")
    converge("s3_download", s3_download.Args(dest=dest, buckets=(bucket,), **store, **folder), engine_host)
    for name in ("large", "a b+ü/%.txt"):
        client(role).remove_object(bucket, name)

    converge("s3_upload", s3_upload.Args(src=dest, **store, **folder), engine_host)

    assert read(client(role), bucket, "large") == large
    assert read(client(role), bucket, "a b+ü/%.txt") == b"odd"
    found = client(role).stat_object(bucket, "a b+ü/%.txt")
    assert (found.content_type, (found.metadata or {})["x-amz-meta-note"]) == ("text/x-odd", "kept")


def test_more_objects_than_one_answer_lists_are_all_brought(
    role: Any, bucket: str, store: dict[str, Any], engine_host: Any, tmp_path: Path, host: Any
) -> None:
    keys = f"{role.value('MINIO_ACCESS_KEY')}:{role.value('MINIO_SECRET_KEY')}"
    many = "mkdir -p /tmp/many && cd /tmp/many && seq 1 1003 | xargs touch"
    assert host.run(f"{many} && MC_HOST_h=http://{keys}@127.0.0.1:9000 mc cp -q -r /tmp/many/ h/{bucket}/").succeeded

    args = s3_download.Args(dest=Path("out.tar"), buckets=(bucket,), folder=tmp_path, **store)
    converge("s3_download", args, engine_host)

    with tarfile.open(tmp_path / "out.tar") as archive:
        assert sum(entry.isreg() for entry in archive) == 1003


def test_a_bucket_that_the_archive_has_not_is_an_error(
    bucket: str, store: dict[str, Any], engine_host: Any, tmp_path: Path
) -> None:
    options = {**store, "folder": tmp_path}
    converge("s3_download", s3_download.Args(dest=Path("out.tar"), buckets=(bucket,), **options), engine_host)
    with pytest.raises(OperationError, match="has no bucket other"):
        converge("s3_upload", s3_upload.Args(src=Path("out.tar"), buckets=("other",), **options), engine_host)


def test_a_policy_is_made_changed_and_removed(given: dict[str, Any], engine_host: Any) -> None:
    name = f"role-test-{uuid.uuid4().hex[:8]}"
    document = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::x"},
    }
    steps: list[tuple[dict[str, Any], str]] = [
        ({"buckets": ("lake",), "access": "read"}, "create"),
        ({"buckets": ("lake", "other")}, "update"),
        ({"document": document}, "update"),
        ({"state": "absent"}, "remove"),
    ]
    for options, verb in steps:
        args = minio_policy.Args(name=name, **options, **given)
        assert [change.verb for change in assert_converges(minio_policy, args, engine_host)] == [verb]


def test_a_user_is_made_changed_and_removed_and_may_do_what_its_policy_says(
    role: Any, bucket: str, given: dict[str, Any], engine_host: Any
) -> None:
    name = f"role-test-{uuid.uuid4().hex[:8]}"
    policy = minio_policy.Args(name=name, buckets=(bucket,), access="read", **given)
    converge(minio_policy, policy, engine_host)
    put(role, bucket, "hello.txt", b"hello")
    steps: list[tuple[dict[str, Any], str]] = [
        ({"secret_key": Secret("first-secret")}, "create"),
        ({"secret_key": Secret("other-secret"), "policies": (name,)}, "update"),
    ]
    for options, verb in steps:
        args = minio_user.Args(name=name, **options, **given)
        assert [change.verb for change in assert_converges(minio_user, args, engine_host)] == [verb]

    theirs = client(role, access_key=name, secret_key="other-secret")
    assert read(theirs, bucket, "hello.txt") == b"hello"
    with pytest.raises(S3Error, match="AccessDenied"):
        theirs.put_object(bucket, "more.txt", io.BytesIO(b""), length=0)

    last: list[tuple[dict[str, Any], str]] = [
        ({"enabled": False}, "update"),
        ({"secret_key": Secret("third-secret"), "policies": ()}, "update"),
        ({"state": "absent"}, "remove"),
    ]
    for options, verb in last:
        args = minio_user.Args(name=name, **options, **given)
        assert [change.verb for change in assert_converges(minio_user, args, engine_host)] == [verb]
    converge(minio_policy, minio_policy.Args(name=name, state="absent", **given), engine_host)
