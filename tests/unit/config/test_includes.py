"""phlo.yaml and Compose files include several projects, each with its own folder and variables."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from phlo import inventory
from phlo.compose.project_files import default_files, files_of
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery.catalog import NO_SERVICES
from phlo.errors import ConfigError

SHOP = "services: {shop: {image: 'shop:${TAG}', environment: {FOLDER: $PWD}, volumes: ['./data:/data']}}\n"
DESK = "services: {desk: {image: 'desk:${TAG:-none}', environment: {FOLDER: $PWD}, env_file: desk.env}}\n"


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(dedent(text))


def resolved(root: Path, **environ: str) -> Project:
    """The project in a folder: that of phlo.yaml, or of the Compose file where there is no phlo.yaml."""
    names = () if (root / "phlo.yaml").exists() else default_files(root)
    compose = files_of(names, start=root, environ=environ) if names else None
    return resolve(NO_SERVICES, inventory.load([], root=root), root=root, environ=environ, compose=compose)


def test_each_included_project_has_its_folder_and_its_variables(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "phlo.yaml": """
                name: lake
                include:
                  - shop/compose.yaml
                  - {path: [desk/compose.yaml, desk/more.yaml], project_directory: office, env_file: [desk.env]}
                services:
                  desk: {environment: {OWN: "1"}}
            """,
            "shop/compose.yaml": SHOP,
            "shop/.env": "TAG=4\n",
            "desk/compose.yaml": DESK,
            "desk/more.yaml": "services: {desk: {user: '7'}, till: {image: 'till:${COUNT}'}}\n",
            "desk.env": "COUNT=5\n",
            "office/desk.env": "A=1\n",
            "office/.env": "TAG=unused\n",
        },
    )

    services = resolved(tmp_path).services
    images = {name: service.image.reference for name, service in services.items()}
    assert images == {"shop": "shop:4", "desk": "desk:none", "till": "till:5"}
    assert services["shop"].compose.volumes[0].source == str(tmp_path / "shop" / "data")
    assert services["shop"].compose.environment == {"FOLDER": str(tmp_path / "shop")}
    assert services["desk"].compose.environment == {"FOLDER": str(tmp_path / "office"), "A": "1", "OWN": "1"}
    assert services["desk"].compose.user == "7"


def test_the_path_of_an_include_may_have_variables_of_the_environment(tmp_path: Path) -> None:
    write(tmp_path, {"phlo.yaml": "name: lake\ninclude: ['${WHICH:-none}/compose.yaml']\n", "shop/compose.yaml": SHOP})

    assert list(resolved(tmp_path, WHICH="shop", TAG="1").services) == ["shop"]


def test_an_included_project_sees_the_variables_of_every_project_around_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "phlo.yaml": "name: lake\ninclude: [a/compose.yaml]\n",
            "a/compose.yaml": "include: [b/compose.yaml]\nservices: {a: {image: 'a:${C:-none}'}}\n",
            "a/.env": "A=1\nB=1\n",
            "a/b/compose.yaml": "include: [c/compose.yaml]\nservices: {b: {image: 'b:${A}${B}'}}\n",
            "a/b/.env": "B=2\nD=2\n",
            "a/b/c/compose.yaml": "services: {c: {image: 'c:${A}${B}${C}${D}'}}\n",
            "a/b/c/.env": "C=3\nD=3\n",
        },
    )

    services = resolved(tmp_path).services
    assert [services[name].image.reference for name in "abc"] == ["a:none", "b:11", "c:1132"]


TWO = "name: lake\ninclude: [a/compose.yaml, b/compose.yaml]\n"
X, Y = "services: {x: {image: 'x:1'}}\n", "services: {y: {image: 'y:1'}}\n"
CONFLICTS = {
    "a service of two projects": (
        {"phlo.yaml": TWO, "a/compose.yaml": X, "b/compose.yaml": "services:\n  x: {image: 'x:2'}"},
        'b/compose.yaml:2 services.x: there is another service "x", at a/compose.yaml:1 services.x',
    ),
    "a service of the including file": (
        {"compose.yaml": f"include: [b/c.yaml]\n{X}", "b/c.yaml": "services: {x: {image: 'x:2'}}"},
        'b/c.yaml:1 services.x: there is another service "x", at compose.yaml:2 services.x',
    ),
    "the same words in two folders": (
        {
            "phlo.yaml": TWO,
            "a/compose.yaml": "services: {x: {image: 'x:1', volumes: ['./d:/d']}}",
            "b/compose.yaml": "services: {x: {image: 'x:1', volumes: ['./d:/d']}}",
        },
        'b/compose.yaml:1 services.x: there is another service "x", at a/compose.yaml:1 services.x',
    ),
    "a volume": (
        {
            "phlo.yaml": TWO,
            "a/compose.yaml": "services: {x: {image: 'x:1'}}\nvolumes: {data: {name: a}}",
            "b/compose.yaml": "services: {y: {image: 'x:1'}}\nvolumes: {data: {name: b}}",
        },
        'b/compose.yaml:2 volumes.data: there is another volume "data", at a/compose.yaml:2 volumes.data',
    ),
    "a secret of a file with the same name in two folders": (
        {
            "phlo.yaml": TWO,
            "a/compose.yaml": "services: {x: {image: 'x:1'}}\nsecrets: {key: {file: ./key}}",
            "b/compose.yaml": "services: {y: {image: 'x:1'}}\nsecrets: {key: {file: ./key}}",
        },
        'b/compose.yaml:2 secrets.key: there is another secret "key", at a/compose.yaml:2 secrets.key',
    ),
    "a network whose variable each project gives another value": (
        {
            "phlo.yaml": TWO,
            "a/compose.yaml": "services: {x: {image: 'x:1'}}\nnetworks: {net: {name: '${N}'}}",
            "a/.env": "N=1\n",
            "b/compose.yaml": "services: {y: {image: 'x:1'}}\nnetworks: {net: {name: '${N}'}}",
            "b/.env": "N=2\n",
        },
        'b/compose.yaml:2 networks.net: there is another network "net", at a/compose.yaml:2 networks.net',
    ),
    "an inline service": (
        {
            "phlo.yaml": f"{TWO}services: {{x: {{type: inline, image: 'x:2'}}}}",
            "a/compose.yaml": X,
            "b/compose.yaml": Y,
        },
        'an included Compose project has a service "x", at a/compose.yaml:1 services.x',
    ),
}


@pytest.mark.parametrize(("files", "message"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_name_that_two_projects_have_is_an_error_that_names_both_places(
    files: dict[str, str], message: str, tmp_path: Path
) -> None:
    write(tmp_path, files)

    with pytest.raises(ConfigError) as caught:
        resolved(tmp_path)

    assert message in str(caught.value)


def test_a_project_that_two_projects_include_is_part_of_the_whole_once(tmp_path: Path) -> None:
    common = """
        services: {base: {image: 'base:${TAG}', networks: [net], secrets: [key], volumes: ['./d:/d']}}
        networks: {net: {name: 'net-${TAG}'}}
        secrets: {key: {file: key}}
    """
    write(
        tmp_path,
        {
            "phlo.yaml": TWO,
            "a/compose.yaml": "include: [../common/compose.yaml]\nservices: {a: {image: a}}\nvolumes: {data: }",
            "b/compose.yaml": "include: [../common/compose.yaml]\nservices: {b: {image: b}}\nvolumes: {data: }",
            "common/compose.yaml": common,
            "common/.env": "TAG=9\n",
            "common/key": "k",
        },
    )

    project = resolved(tmp_path)

    assert sorted(project.services) == ["a", "b", "base"]
    assert project.services["base"].image.reference == "base:9"
    assert project.networks["net"].name == "net-9"


def test_an_override_file_changes_an_included_entry_and_each_path_starts_at_the_folder_of_its_file(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        {
            "compose.yaml": "include: [lib/compose.yaml]\n",
            "compose.override.yaml": """
                volumes: {data: {labels: {by: '${BY:-nobody}'}}, cache: {driver_opts: {device: ./here}}}
                secrets: {key: {labels: {a: b}}}
            """,
            "lib/compose.yaml": """
                services: {db: {image: db, volumes: ['data:/d', 'cache:/c'], secrets: [key]}}
                volumes:
                  data: {labels: {of: '${BY}'}, driver_opts: {type: none, o: bind, device: ./there}}
                  cache: {driver_opts: {type: none, o: bind, device: ./there}}
                secrets: {key: {file: ./key}}
            """,
            "lib/.env": "BY=lib\n",
            "lib/key": "the key",
        },
    )

    project = resolved(tmp_path)

    data, cache = (project.volumes[name].options for name in ("data", "cache"))
    assert data["Labels"] == {"of": "lib", "by": "nobody"}
    assert data["DriverOpts"]["device"] == str(tmp_path / "lib" / "there")
    assert cache["DriverOpts"]["device"] == str(tmp_path / "here")
    assert [file.origin for file in project.services["db"].files] == ["secrets.key"]
