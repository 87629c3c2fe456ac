from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.compose.model import ComposeService, Mount, VolumesFrom

Parse = Callable[..., ComposeService]
ErrorsOf = Callable[..., list[str]]


def bind(source: str, target: str = "/d", **fields: Any) -> Mount:
    return Mount(type="bind", source=source, target=target, **{"creates_host_path": True, **fields})


def volume(source: str | None, target: str = "/d", **fields: Any) -> Mount:
    return Mount(type="volume", source=source, target=target, **fields)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/d", volume(None)),
        ("data:/d", volume("data")),
        ("data:/d/", volume("data")),
        ("data:/d:ro", volume("data", is_read_only=True)),
        ("data:/d:rw,nocopy", volume("data", copies_image_content=False)),
        ("data:/d:z", volume("data", selinux="z")),
        ("./x:/d", bind("/project/x")),
        ("../x:/d", bind("/x")),
        (".:/d", bind("/project")),
        ("/x:/d:ro,Z,rslave", bind("/x", is_read_only=True, selinux="Z", propagation="rslave")),
        ("~/x:/d", bind("/home/ada/x")),
        ({"type": "bind", "source": "x", "target": "/d"}, bind("/project/x")),
        (
            {"type": "bind", "source": "./x", "target": "/d", "bind": {"create_host_path": "false"}},
            bind("/project/x", creates_host_path=False),
        ),
        (
            {"type": "bind", "source": "/x", "target": "/d", "bind": {"recursive": "disabled", "selinux": "Z"}},
            bind("/x", is_recursive=False, selinux="Z"),
        ),
        ({"type": "volume", "target": "/d", "read_only": True}, volume(None, is_read_only=True)),
        (
            {"type": "volume", "source": "data", "target": "/d", "volume": {"nocopy": True, "subpath": "a/b"}},
            volume("data", copies_image_content=False, subpath="a/b"),
        ),
        (
            {"type": "volume", "target": "/d", "volume": {"labels": {"a": "b"}}},
            volume(None, labels={"a": "b"}),
        ),
        (
            {"type": "bind", "source": "/x", "target": "/d", "read_only": True, "bind": {"recursive": "readonly"}},
            bind("/x", is_read_only=True, read_only_below="readonly"),
        ),
        (
            {"type": "image", "source": "app:1", "target": "/d", "image": {"subpath": "a"}},
            Mount(type="image", source="app:1", target="/d", subpath="a"),
        ),
        (
            {"type": "tmpfs", "target": "/d", "tmpfs": {"size": "1m", "mode": "1777"}},
            Mount(type="tmpfs", target="/d", tmpfs_size=1 << 20, tmpfs_mode=0o1777),
        ),
    ],
)
def test_a_mount_is_read_in_every_form(
    parse: Parse, monkeypatch: pytest.MonkeyPatch, written: Any, read: Mount
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")

    assert parse(volumes=[written]).volumes == (read,)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("data:d", '[0]: the path in the container should be absolute, got "d". Write "/d".'),
        ("data/x:/d", '[0]: "data/x" is neither a volume\'s name nor a path. For a path, write "./data/x".'),
        ("data:/d:rslav", '[0]: "rslav" is not a known option of a mount. Did you mean "rslave"?'),
        (
            "a:/b:ro:c",
            '[0]: should be SOURCE:TARGET or SOURCE:TARGET:OPTIONS, got "a:/b:ro:c". For example "./data:/data:ro".',
        ),
        ("data:/d:rslave", '[0]: "rslave" is for folders of the host, not for a named volume. Leave it out.'),
        ("./x:/d:nocopy", '[0]: "nocopy" has no meaning for a folder of the host. Leave it out.'),
        ("./x:/", "[0]: cannot be mounted at / of the container. Choose a folder below it."),
        ({"type": "bind", "target": "/d"}, '[0]: "source" is missing. Write the path on the host.'),
        ({"type": "image", "target": "/d"}, '[0]: "source" is missing. Write the name of the image.'),
        (
            {"type": "cluster", "source": "x", "target": "/d"},
            "[0].type: cluster volumes (CSI) are not supported by phlo. Write a volume with a driver of the engine.",
        ),
        (
            {"type": "bind", "source": "/x", "target": "/d", "bind": {"recursive": "writable"}},
            '[0].bind.recursive: "writable" is about a read-only mount. Write read_only: true too.',
        ),
        (
            {"type": "volume", "source": "./x", "target": "/d"},
            '[0].source: "./x" is a path, not the name of a volume. For a folder of the host, write "type: bind".',
        ),
        ({"type": "tmpfs", "target": "/d", "source": "x"}, "[0].source: a tmpfs has no source. Leave it out."),
        (
            {"type": "bid", "source": "x", "target": "/d"},
            '[0].type: should be one of bind, volume, tmpfs, image, got "bid". Did you mean "bind"?',
        ),
    ],
)
def test_a_wrong_mount_says_what_to_write(errors_of: ErrorsOf, written: Any, error: str) -> None:
    assert errors_of(volumes=[written]) == [f"phlo.yaml:7 services.web.volumes{error}"]


def test_two_mounts_at_one_place_are_an_error(errors_of: ErrorsOf) -> None:
    assert errors_of(volumes=["a:/d", "b:/d/"]) == [
        "phlo.yaml:7 services.web.volumes[1]: two mounts have the path /d. Keep one of them, or give one another path."
    ]
    assert errors_of(volumes=["a:/d"], tmpfs="/d") == [
        "phlo.yaml:7 services.web.tmpfs: /d is mounted by volumes, too. Keep one of the two."
    ]


def test_an_option_without_effect_is_a_warning(parse: Parse) -> None:
    service = parse(volumes=["./x:/d:cached"])

    assert service.warnings == ('phlo.yaml:7 services.web.volumes[0]: "cached" has no effect on a Linux engine',)


def test_tmpfs_is_a_path_or_a_list_with_options(parse: Parse) -> None:
    assert parse(tmpfs="/run").tmpfs == {"/run": ""}
    assert parse(tmpfs=["/run:size=64m,mode=755", "/tmp/"]).tmpfs == {"/run": "size=64m,mode=755", "/tmp": ""}


def test_volumes_from_names_a_service_or_a_container(parse: Parse) -> None:
    service = parse(volumes_from=["db", "files:ro", "container:other:rw"])

    assert service.volumes_from == (
        VolumesFrom(service="db"),
        VolumesFrom(service="files", is_read_only=True),
        VolumesFrom(container="other"),
    )
    assert list(service.depends_on) == ["db", "files"]


def test_named_volumes_are_those_with_a_key(parse: Parse) -> None:
    assert parse(volumes=["a:/a", "/b", "./c:/c", "a:/d", "e:/e"], root=Path("/p")).named_volumes == ("a", "e")


def test_settings_of_another_type_of_mount_have_no_effect(parse: Parse) -> None:
    service = parse(volumes=[{"type": "volume", "target": "/d", "bind": {"selinux": "z"}}])
    assert service.volumes == (volume(None),)
    assert service.warnings == ('phlo.yaml:7 services.web.volumes[0].bind: has no effect with "type: volume"',)
