"""apt's sources of this machine, in each form that apt reads, as an image can use them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.images.apt_sources import Key, Mirror, apt_files, debian_mirrors
from phlo.images.base_recipe import BUNDLE, BaseRecipe, given_base_recipe, read_base_recipe
from phlo.images.bootstrap import command
from phlo.images.extend import context
from phlo.images.overlay import overlay
from tests.support.mutations import BROKEN_TEXTS, with_another_type, without_a_key

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SIGNED = f"[signed-by={KEYRING}]"
KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n=def\n-----END PGP PUBLIC KEY BLOCK-----\n"
# As Debian's images for the cloud have it.
CLOUD = """\
Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: bookworm bookworm-updates bookworm-backports
Components: main

Types: deb
URIs: mirror+file:/etc/apt/mirrors/debian-security.list
Suites: bookworm-security
Components: main
"""
DEB822 = """\
# the archive
Types: deb deb-src
URIs: http://mirror.test/debian
 http://second.test/debian
# a comment between the lines
Suites: bookworm bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-bookworm-stable.gpg

types: deb
uris: http://mirror.test/security
suites: bookworm-security
components: main
check-valid-until: no

Enabled: off
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main
"""


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lines_of(root: Path) -> list[str]:
    return [mirror.line() for mirror in debian_mirrors(root, "trixie")]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "sources.list",
            "deb http://m.test/debian bookworm main contrib # here\ndeb-src http://m.test/debian bookworm main\n",
            [f"deb {SIGNED} http://m.test/debian trixie main"],
        ),
        ("sources.list", "# deb http://m.test/debian bookworm main\n", []),
        (
            "sources.list",
            "deb [ arch=amd64 trusted=yes ] https://m.test/debian stable-updates main\n",
            [f"deb [trusted=yes signed-by={KEYRING}] https://m.test/debian trixie-updates main"],
        ),
        (
            "sources.list",
            "deb\thttp://m.test/debian\tbookworm/updates  main\n",
            [f"deb {SIGNED} http://m.test/debian trixie-security main"],
        ),
        (
            "sources.list.d/debian.sources",
            DEB822,
            [
                f"deb {SIGNED} http://mirror.test/debian trixie main",
                f"deb {SIGNED} http://second.test/debian trixie main",
                f"deb [check-valid-until=no signed-by={KEYRING}] http://mirror.test/security trixie-security main",
            ],
        ),
        ("sources.list", "deb http://archive.test/ubuntu noble main universe\n", []),
        ("sources.list.d/other.list", "deb https://tools.test nodistro main\ndeb https://x.test ./\n", []),
        ("sources.list.d/debian.sources.disabled", DEB822, []),
        ("sources.list", "deb http://user:password@m.test/debian bookworm main\n", []),
        ("sources.list", "deb file:/srv/mirror bookworm main\ndeb copy:///srv/mirror bookworm main\n", []),
        ("sources.list", "deb cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main\n", []),
        (
            "sources.list",
            "deb mirror+https://lists.test/debian.txt bookworm main\n",
            [f"deb {SIGNED} mirror+https://lists.test/debian.txt trixie main"],
        ),
    ],
)
def test_the_machines_mirrors_are_used_for_another_release(
    tmp_path: Path, name: str, text: str, lines: list[str]
) -> None:
    write(tmp_path, f"etc/apt/{name}", text)

    assert lines_of(tmp_path) == lines


def test_a_list_of_mirrors_on_this_machines_disk_becomes_its_first_address(tmp_path: Path) -> None:
    write(tmp_path, "etc/apt/sources.list.d/debian.sources", CLOUD)
    write(
        tmp_path,
        "etc/apt/mirrors/debian.list",
        "# near\nhttp://far.test/debian\tpriority:2\nhttps://near.test/debian\tpriority:1\n",
    )
    write(tmp_path, "etc/apt/mirrors/debian-security.list", "file:/srv/mirror\nhttps://near.test/security\n")

    assert lines_of(tmp_path) == [
        f"deb {SIGNED} https://near.test/debian trixie main",
        f"deb {SIGNED} https://near.test/debian trixie-updates main",
        f"deb {SIGNED} https://near.test/security trixie-security main",
    ]
    assert {path.name for path in apt_files(tmp_path)} == {"debian.sources", "debian.list", "debian-security.list"}


@pytest.mark.parametrize("text", ["", "mirror+file:/etc/apt/mirrors/debian.list\n"], ids=["empty", "itself"])
def test_a_list_of_mirrors_without_an_address_is_left_out(tmp_path: Path, text: str) -> None:
    write(tmp_path, "etc/apt/sources.list.d/debian.sources", CLOUD)
    write(tmp_path, "etc/apt/mirrors/debian.list", text)

    assert lines_of(tmp_path) == []


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("deb [signed-by=/etc/apt/keyrings/corp.asc] http://m.test/debian bookworm main\n", id="option"),
        pytest.param(
            f"deb [signed-by=/etc/apt/keyrings/corp.asc,{KEYRING}] http://m.test/debian bookworm main\n", id="several"
        ),
        pytest.param("deb http://m.test/debian bookworm main\n", id="trusted for all sources"),
        pytest.param(
            "deb [signed-by=0123456789ABCDEF0123456789ABCDEF01234567] http://m.test/debian bookworm main\n",
            id="fingerprint",
        ),
    ],
)
def test_a_key_that_only_this_machine_has_goes_into_the_base(tmp_path: Path, source: str) -> None:
    write(tmp_path, "etc/apt/sources.list", source)
    write(tmp_path, "etc/apt/trusted.gpg.d/debian-archive-bookworm-stable.asc", "Debian's own")
    write(tmp_path, "usr/share/keyrings/debian-archive-keyring.gpg", "Debian's own")
    for folder in ("keyrings", "trusted.gpg.d"):
        write(tmp_path, f"etc/apt/{folder}/corp.asc", KEY)
    recipe = read_base_recipe("trixie", root=tmp_path, home=tmp_path, environ={})
    path = f"/etc/apt/keyrings/{Key(content=KEY.encode()).name}"

    (line,) = [mirror.line() for mirror in recipe.mirrors]
    assert line == f"deb [signed-by={path},{KEYRING}] http://m.test/debian trixie main"
    files = overlay(recipe)
    assert files[path.lstrip("/")] == KEY.encode()
    assert files["etc/apt/sources.list"].decode() == f"{line}\n"
    assert any(found.name == "corp.asc" for found in recipe.inputs)
    # mmdebstrap runs this machine's apt, which finds the key beside the files.
    words = command(recipe, "mmdebstrap", files=Path("/scratch/files.tar"), target=Path("/scratch/base.tar"))
    assert words[-1] == line.replace("/etc/apt/keyrings/", "/scratch/")


def test_a_key_inside_a_stanza_goes_into_the_base_as_it_is(tmp_path: Path) -> None:
    inside = "".join(f" {text or '.'}\n" for text in KEY.splitlines())
    stanza = f"Types: deb\nURIs: http://m.test/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n{inside}"
    write(tmp_path, "etc/apt/sources.list.d/corp.sources", stanza)

    (mirror,) = debian_mirrors(tmp_path, "trixie")
    assert [key.content.decode() for key in mirror.keys] == [KEY]
    assert mirror.keys[0].name.endswith(".asc")


def test_a_key_that_is_not_there_is_no_obstacle(tmp_path: Path) -> None:
    write(tmp_path, "etc/apt/sources.list", "deb [signed-by=/nowhere.gpg] http://m.test/debian bookworm main\n")

    assert lines_of(tmp_path) == [f"deb {SIGNED} http://m.test/debian trixie main"]


@pytest.fixture
def recipe(tmp_path: Path) -> BaseRecipe:
    return replace(
        read_base_recipe("trixie", root=tmp_path, home=tmp_path, environ={}),
        certificates={"corp.crt": b"CORP"},
        mirrors=(
            Mirror(
                uri="https://m.test/debian",
                suite="trixie",
                components=("main",),
                keys=(Key(content=b"\x99\x01binary"),),
                options=("trusted=yes",),
            ),
        ),
    )


def test_apt_trusts_an_https_mirror_before_the_package_with_the_certificates_is_there(
    tmp_path: Path, recipe: BaseRecipe
) -> None:
    (bundle := tmp_path / "bundle").write_text("SYSTEM")
    files = context("debian:trixie-slim", recipe, bundle=bundle)

    assert files[f"root{BUNDLE}"] == b"SYSTEM\nCORP\n"
    dockerfile = files["Dockerfile"].decode()
    assert dockerfile.index("COPY root/ /") < dockerfile.index("apt-get update")
    # What the package makes of them takes their place.
    assert dockerfile.index("install -y") < dockerfile.index("update-ca-certificates")


def test_an_http_mirror_needs_no_certificates(tmp_path: Path, recipe: BaseRecipe) -> None:
    plain = replace(recipe, mirrors=(replace(recipe.mirrors[0], uri="http://m.test/debian"),))

    assert f"root{BUNDLE}" not in context("debian:trixie-slim", plain)


def test_another_machines_recipe_has_its_keys(tmp_path: Path, recipe: BaseRecipe) -> None:
    import json

    (path := tmp_path / "bases.json").write_text(json.dumps({"bases": {"trixie": recipe.to_json()}}))
    given = given_base_recipe("trixie", path)

    assert given.mirrors == recipe.mirrors
    assert given.tag == recipe.tag
    assert re.fullmatch(r"phlo-[0-9a-f]{12}\.gpg", given.mirrors[0].keys[0].name)


def test_a_damaged_recipe_of_another_machine_is_an_error(tmp_path: Path, recipe: BaseRecipe) -> None:
    import json

    path = tmp_path / "bases.json"
    for text in BROKEN_TEXTS:
        path.write_bytes(text)
        with pytest.raises(ConfigError, match="has no base image for trixie"):
            given_base_recipe("trixie", path)
    whole = {"bases": {"trixie": {**recipe.to_json(), "certificates": {"a.crt": "x"}, "environment": {"A": "b"}}}}
    path.write_text(json.dumps(whole))
    assert given_base_recipe("trixie", path).certificates == {"a.crt": b"x"}
    damaged = [*without_a_key(whole["bases"]["trixie"]), *with_another_type(whole["bases"]["trixie"])]
    for name in ("..", ".", "../x", "/etc/x", "a/../b", "", "a\n"):
        damaged.append({**whole["bases"]["trixie"], "certificates": {name: "x"}})
    damaged.append({**whole["bases"]["trixie"], "environment": {"A": "b\nRUN evil"}})
    damaged.append({**whole["bases"]["trixie"], "environment": {"A=b\nRUN": "evil"}})
    for changed in damaged:
        path.write_text(json.dumps({"bases": {"trixie": changed}}))
        try:
            found = given_base_recipe("trixie", path)
        except ConfigError:
            continue
        # A certificate, a key or a variable less, or a file with another text.
        assert found.tag
        assert {*found.certificates} <= {"a.crt", "a"}
        assert {*found.environment} <= {"A"}
