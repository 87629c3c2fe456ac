"""What this machine is configured with, read from its files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phlo.images.base_recipe import read_base_recipe
from phlo.images.machine import (
    certificates,
    go_files,
    go_settings,
    maven_files,
    maven_settings,
    npm_files,
    npm_registry,
    pip_files,
    pip_settings,
)


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_certificates_are_found_below_the_folder_of_the_system(tmp_path: Path) -> None:
    write(tmp_path, "usr/local/share/ca-certificates/a.crt", "A")
    write(tmp_path, "usr/local/share/ca-certificates/corp/b.crt", "B")
    write(tmp_path, "usr/local/share/ca-certificates/README", "no certificate")

    assert sorted(certificates(tmp_path)) == ["a.crt", "b.crt"]


@pytest.mark.parametrize(
    ("files", "environ", "text"),
    [
        ({}, {}, ""),
        ({"etc/pip.conf": "[global]\ncert = /x.crt\n"}, {}, ""),
        ({"etc/pip.conf": "[global]\nindex-url = https://p.test/s\n"}, {}, "[global]\nindex-url = https://p.test/s\n"),
        (
            {
                "etc/pip.conf": "[global]\nindex-url = https://far.test/s\n",
                "home/.config/pip/pip.conf": "[install]\nindex-url = https://near.test/s\ntrusted-host = near.test\n",
            },
            {},
            "[global]\nindex-url = https://near.test/s\ntrusted-host = near.test\n",
        ),
        (
            {"etc/pip.conf": "[global]\nindex-url = https://p.test/s\n"},
            {"PIP_INDEX_URL": "https://env.test/s"},
            "[global]\nindex-url = https://env.test/s\n",
        ),
        ({}, {"PIP_FIND_LINKS": "/opt/here https://w.test/x"}, "[global]\nfind-links = https://w.test/x\n"),
        ({}, {"PIP_INDEX_URL": "https://user:password@p.test/s"}, ""),
    ],
)
def test_pips_indexes_are_taken_over_but_no_folder_and_no_password(
    tmp_path: Path, files: dict[str, str], environ: dict[str, str], text: str
) -> None:
    for name, content in files.items():
        write(tmp_path, name, content)

    assert pip_settings(pip_files(tmp_path, tmp_path / "home", environ), environ) == text


@pytest.mark.parametrize(
    ("npmrc", "environ", "registry"),
    [
        ("fund=false\n", {}, None),
        ("registry=https://n.test/\n", {}, "https://n.test/"),
        ("registry = https://u:p@n.test/\n", {}, None),
        ("registry=https://n.test/\n", {"npm_config_registry": "https://env.test/"}, "https://env.test/"),
    ],
)
def test_npms_registry_is_taken_over_without_a_password(
    tmp_path: Path, npmrc: str, environ: dict[str, str], registry: str | None
) -> None:
    write(tmp_path, "home/.npmrc", npmrc)

    assert npm_registry(npm_files(tmp_path, tmp_path / "home"), environ) == registry


def mirror(name: str, url: str, more: str = "") -> str:
    return f"<mirror>\n  <id>{name}</id>\n  <mirrorOf>central</mirrorOf><url> {url} </url>{more}\n</mirror>"


@pytest.mark.parametrize(
    ("files", "addresses"),
    [
        ({}, []),
        ({"etc/maven": mirror("blocker", "http://0.0.0.0/", "<blocked>true</blocked>")}, []),
        ({"etc/maven": mirror("far", "https://far.test/m?a=1&amp;b=2")}, ["https://far.test/m?a=1&amp;b=2"]),
        ({"etc/maven": f"<!-- {mirror('example', 'https://example.test')} -->"}, []),
        (
            {"etc/maven": mirror("one", "https://far.test"), "home/.m2": mirror("two", "https://near.test")},
            ["https://near.test", "https://far.test"],
        ),
        (
            {"etc/maven": mirror("one", "https://far.test"), "home/.m2": mirror("one", "https://near.test")},
            ["https://near.test"],
        ),
        ({"home/.m2": mirror("one", "https://user:password@m.test")}, []),
        ({"home/.m2": mirror("one", "https://m.test") + "<server><id>one</id><password>p</password></server>"}, []),
    ],
)
def test_mavens_mirrors_are_taken_over_but_no_login_and_no_blocker(
    tmp_path: Path, files: dict[str, str], addresses: list[str]
) -> None:
    for folder, text in files.items():
        write(tmp_path, f"{folder}/settings.xml", f"<settings><mirrors>{text}</mirrors></settings>")

    written = maven_settings(maven_files(tmp_path, tmp_path / "home"))

    assert re.findall(r"<mirrorOf>central</mirrorOf><url>(.*?)</url>", written) == addresses
    assert bool(written) is bool(addresses)


@pytest.mark.parametrize(
    ("file", "environ", "settings"),
    [
        ("GOFLAGS=-v\n", {}, {}),
        ("GOPROXY=https://g.test,direct\nGOSUMDB=off\n", {}, {"GOPROXY": "https://g.test,direct", "GOSUMDB": "off"}),
        ("GOPROXY=https://g.test\n", {"GOPROXY": "https://env.test"}, {"GOPROXY": "https://env.test"}),
        ("GOPROXY=https://u:p@g.test\n", {}, {}),
    ],
)
def test_gos_proxy_is_taken_over_without_a_password(
    tmp_path: Path, file: str, environ: dict[str, str], settings: dict[str, str]
) -> None:
    write(tmp_path, "home/.config/go/env", file)

    assert go_settings(go_files(tmp_path / "home", environ), environ) == settings


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("home/.m2/settings.xml", f"<settings><mirrors>{mirror('near', 'https://m.test')}</mirrors></settings>"),
        ("etc/apt/sources.list", "deb http://other.test/debian bookworm main\n"),
        ("usr/local/share/ca-certificates/corp.crt", "CERTIFICATE"),
        ("etc/pip.conf", "[global]\nindex-url = https://p.test/s\n"),
        ("etc/npmrc", "registry=https://n.test/\n"),
        ("home/.config/go/env", "GOPROXY=https://g.test\n"),
    ],
)
def test_the_tag_of_the_base_changes_with_what_it_is_made_of(tmp_path: Path, name: str, text: str) -> None:
    def tag() -> str:
        return read_base_recipe("trixie", root=tmp_path, home=tmp_path / "home", environ={}).tag

    before = tag()
    write(tmp_path, name, text)

    assert before.startswith("phlo/base:trixie-")
    assert tag() != before
