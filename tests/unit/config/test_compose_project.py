"""A folder with a Compose file is a project, and phlo.yaml can include one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from phlo import inventory
from phlo.compose.project_files import default_files, files_of
from phlo.config.project import Project
from phlo.config.request import Request
from phlo.config.resolve import resolve
from phlo.discovery.catalog import NO_SERVICES, Catalog
from phlo.discovery.definition import EnvVar, ServiceDefinition
from phlo.errors import ConfigError
from phlo.values import Condition


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(dedent(text))

    def resolve(
        self, *names: str, environ: Mapping[str, str] | None = None, catalog: Catalog = NO_SERVICES, **options: Any
    ) -> Project:
        files = [self.root / name for name in names] or default_files(self.root)
        return resolve(
            catalog,
            inventory.load([], root=self.root),
            root=self.root,
            environ=environ or {},
            compose=files_of(files, start=self.root, environ=environ or {}),
            request=Request(**options),
        )

    def including(self, catalog: Catalog = NO_SERVICES, **environ: str) -> Project:
        hosts = inventory.load([], root=self.root)
        return resolve(catalog, hosts, root=self.root, environ=environ)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    root = tmp_path / "shop"
    root.mkdir()
    return Folder(root)


def texts(project: Project, service: str = "web") -> dict[str, str]:
    return {name: str(text) for name, text in project.services[service].compose.environment.items()}


def test_its_services_are_the_project_named_after_the_folder(folder: Folder) -> None:
    folder.write({"compose.yaml": "services: {web: {image: 'web:1'}, off: {image: x, profiles: [off]}}"})
    project = folder.resolve()
    assert (project.name, list(project.services), list(project.absent)) == ("shop", ["web"], ["off"])


@pytest.mark.parametrize(
    ("environ", "dotenv", "option", "name"),
    [
        ({}, "", None, "of-file"),
        ({}, "COMPOSE_PROJECT_NAME=of-env", None, "of-env"),
        ({"COMPOSE_PROJECT_NAME": "of-process"}, "COMPOSE_PROJECT_NAME=of-env", None, "of-process"),
        ({"COMPOSE_PROJECT_NAME": "of-process"}, "", "of-option", "of-option"),
    ],
)
def test_the_name_is_known_to_the_files(
    environ: dict[str, str], dotenv: str, option: str | None, name: str, folder: Folder
) -> None:
    web = "{image: x, environment: {N: '${COMPOSE_PROJECT_NAME}', P: $PWD}}"
    folder.write({"compose.yaml": f"name: of-${{KIND}}\nservices: {{web: {web}}}", ".env": f"KIND=file\n{dotenv}\n"})
    # The folder that the command is called in makes no difference, and is no variable of the process that is used.
    project = folder.resolve(environ={**environ, "PWD": "/elsewhere"}, project_name=option)
    assert "PWD" not in project.environment_read
    assert project.name == name
    assert texts(project) == {"N": name, "P": str(folder.root)}


def test_profiles_are_those_of_the_variable_that_services_have(folder: Folder) -> None:
    folder.write({"compose.yaml": "services: {a: {image: x, profiles: [p]}, b: {image: x, profiles: [q]}}"})
    assert list(folder.resolve(environ={"COMPOSE_PROFILES": "p,unknown"}).services) == ["a"]
    assert list(folder.resolve(environ={"COMPOSE_PROFILES": "*"}).services) == ["a", "b"]
    assert list(folder.resolve(profiles=["q"]).services) == ["b"]


def test_files_are_merged_and_paths_start_at_the_first_ones_folder(folder: Folder) -> None:
    folder.write(
        {
            "compose.yaml": "services: {web: {image: 'web:1', volumes: ['./a:/x', '${D:-./d}:/d'], ports: ['80:80']}}",
            "prod/more.yaml": "services: {web: {volumes: ['./b:/x/'], ports: !override ['81:80'], labels: {A: ''}}}",
        }
    )
    compose = folder.resolve("compose.yaml", "prod/more.yaml").services["web"].compose
    assert {mount.target: mount.source for mount in compose.volumes} == {
        "/x": str(folder.root / "b"),
        "/d": str(folder.root / "d"),
    }
    assert [(port.published, port.target) for port in compose.ports] == [("81", 80)]


def test_extended_services_bring_the_paths_of_their_folder(folder: Folder) -> None:
    folder.write(
        {
            "compose.yaml": "services: {web: {extends: {file: '${BASE}/b.yaml', service: base}, image: 'web:1'}}",
            "common/b.yaml": "services: {base: {extends: {file: ../deep/d.yaml, service: d}, volumes: ['./v:/v']}}",
            "deep/d.yaml": "services: {d: {init: true, volumes: ['./w:/w'], env_file: d.env}}",
            "deep/d.env": "D=1\n",
            ".env": "BASE=common\n",
        }
    )
    project = folder.resolve()
    compose = project.services["web"].compose
    assert {mount.target: mount.source for mount in compose.volumes} == {
        "/w": str(folder.root / "deep" / "w"),
        "/v": str(folder.root / "common" / "v"),
    }
    assert (compose.init, texts(project)) == (True, {"D": "1"})


INCLUDED = {
    "compose.yaml": "include: [db/compose.yaml]\nservices: {web: {image: 'w:${V:-none}', depends_on: [db]}}",
    "db/compose.yaml": """
        services:
          db: {image: "db:${V}", environment: [V, "T=${TAG}"], volumes: ["./d:/d", "data:/data"], secrets: [key]}
        volumes: {data: {labels: {v: "${V}"}}}
        secrets: {key: {file: "${K}.txt"}}
    """,
    "db/key.txt": "secret",
    "db/.env": "V=7\nTAG=inner\nK=key\n",
    ".env": "TAG=outer\n",
}


def test_an_included_project_has_its_own_variables_below_those_of_the_including_one(folder: Folder) -> None:
    folder.write(INCLUDED)
    project = folder.resolve()
    db = project.services["db"]
    assert (db.image.reference, project.services["web"].image.reference) == ("db:7", "w:none")
    assert texts(project, "db") == {"V": "7", "T": "outer"}
    assert db.compose.volumes[0].source == str(folder.root / "db" / "d")
    assert project.volumes["data"].options["Labels"] == {"v": "7"}
    assert [spec.path for spec in db.files] == ["/run/secrets/key"]


def test_a_list_of_dependencies_waits_for_the_start_and_an_awaited_end_makes_a_one_shot(folder: Folder) -> None:
    folder.write(
        {
            "compose.yaml": """
                services:
                  web:
                    image: x
                    depends_on: [db]
                  job-setup: {image: x, restart: "no"}
                  db:
                    image: x
                    healthcheck: {test: "true"}
                    depends_on: {m: {condition: service_completed_successfully}}
                  m: {image: x}
            """
        }
    )
    services = folder.resolve().services
    assert [need.condition for need in services["web"].depends_on] == [Condition.STARTED]
    assert {name for name, service in services.items() if service.one_shot} == {"m"}


ROLE = ServiceDefinition(
    name="postgres",
    default=True,
    image="postgres:17",
    env_vars={
        "POSTGRES_USER": EnvVar(default="phlo"),
        "POSTGRES_PASSWORD": EnvVar(default="phlo", secret=True),
    },
)


@pytest.mark.parametrize("kind", ["native", "included"])
def test_what_roles_say_about_variables_never_reaches_a_compose_file(kind: str, folder: Folder) -> None:
    environment = "{U: '${POSTGRES_USER:-me}', P: '${POSTGRES_PASSWORD:-mine}', Q: '${POSTGRES_PASSWORD}'}"
    folder.write(
        {
            "compose.yaml": f"services: {{web: {{image: x, environment: {environment}}}}}",
            "phlo.yaml": "name: shop\ninclude: [compose.yaml]\nservices: {disabled: [postgres]}\n",
        }
    )
    catalog = Catalog(services={"postgres": ROLE}, plugins=(), problems=(), inputs=())
    project = folder.resolve() if kind == "native" else folder.including(catalog)
    assert texts(project) == {"U": "me", "P": "mine", "Q": ""}
    assert list(project.services) == ["web"]


def test_phlo_yaml_changes_an_included_service_by_its_own_rules(folder: Folder) -> None:
    folder.write(
        {
            "app/compose.yaml": "services: {web: {image: 'web:${TAG}', ports: ['80:80'], environment: {A: 1, B: 2}}}",
            "app/.env": "TAG=4\n",
            "phlo.yaml": """
                name: lake
                include: [app/compose.yaml]
                services:
                  web: {port: 81, environment: {B: 3}, depends_on: [db]}
                  db: {type: inline, image: "db:${TAG:-none}"}
            """,
        }
    )
    project = folder.including()
    web = project.services["web"]
    assert (project.name, web.image.reference) == ("lake", "web:4")
    assert [(port.published, port.target) for port in web.compose.ports] == [("81", 80)]
    assert texts(project) == {"A": "1", "B": "3"}
    assert [need.service for need in web.depends_on] == ["db"]
    assert project.services["db"].image.reference == "db:none"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {web: {extends: {service: wob}}, db: {image: x}}", 'no service "wob" to extend'),
        ("services: {a: {extends: {service: b}}, b: {extends: a}}", "a service extends itself"),
        ("services: {a: {extends: {file: x.yaml}}}", "names no service"),
        ("services: {a: {extends: {file: x.yaml, service: y}}}", "x.yaml: there is no such file"),
        ("services: {a: 1}", "compose.yaml:1 services.a: should be a mapping"),
        ("include: [compose.yaml]", "a file includes itself"),
        ("include: [{env_file: x}]", "names no file"),
        ("[]", "should be a mapping"),
        ("name: x", "has no services"),
        ("name: '-'\nservices: {a: {image: x}}", 'compose.yaml:1 name: "-" cannot name a project'),
        ("services: {a: }", "compose.yaml:1 services.a: should be a mapping"),
        ("services: {a b: {image: x}}", '"a b" cannot name a service'),
        ("services: {a: {user: x}}", "compose.yaml:1 services.a: has neither an image nor a build"),
        ("services: {a: {image: x, volumes: ['data:/d']}}", 'there is no volume "data"'),
        ("services:\n  a: {init: true}", "compose.yaml:2 services.a: has neither an image nor a build"),
        ("servics: {a: {image: x}}", '"servics" is not a section that phlo knows. Did you mean "services"?'),
        ("services: {a: {image: x, volumes: ['d:/d']}}\nvolumes: {d: {drver: x}}", "compose.yaml:2 volumes.d.drver"),
        ("services: {a: {image: x, networks: [front]}}", 'there is no network "front"'),
        ("services: {a: {image: x, secrets: [k]}}\nsecrets: {k: {file: k}}", "compose.yaml:2 secrets.k: k cannot be"),
    ],
)
def test_what_is_wrong_is_an_error_with_its_line(text: str, message: str, folder: Folder) -> None:
    folder.write({"compose.yaml": text})
    with pytest.raises(ConfigError) as caught:
        folder.resolve()
    assert message in "\n".join(map(str, caught.value.each()))


def test_every_file_that_was_read_or_could_be_is_among_the_inputs(folder: Folder) -> None:
    folder.write(INCLUDED)
    inputs = {
        str(path.relative_to(folder.root)) for path in folder.resolve().inputs if path.is_relative_to(folder.root)
    }
    assert {*INCLUDED, "compose.override.yaml", "docker-compose.yml", "phlo.yaml"} <= inputs


def test_a_later_file_can_remove_a_service_or_replace_it_as_a_whole(folder: Folder) -> None:
    folder.write(
        {
            "compose.yaml": "services: {web: {image: 'web:1', user: a}, db: {image: 'db:1'}}",
            "compose.override.yaml": "services: {web: !override {image: 'web:2'}, db: !reset null}",
        }
    )
    services = folder.resolve().services
    assert list(services) == ["web"]
    assert (services["web"].compose.image, services["web"].compose.user) == ("web:2", None)


def test_the_env_file_is_that_of_the_projects_folder(folder: Folder) -> None:
    folder.write(
        {
            ".env": "T=1\nU=top\n",
            "sub/.env": "T=2\n",
            "sub/compose.yaml": "services: {web: {image: 'web:$T', user: '${U:-none}'}}",
        }
    )
    web = folder.resolve("sub/compose.yaml").services["web"].compose
    assert (web.image, web.user) == ("web:2", "none")


def test_a_star_stands_for_every_profile(folder: Folder) -> None:
    folder.write({"compose.yaml": "services: {a: {image: x, profiles: [p]}, b: {image: x, profiles: [q]}}"})
    assert list(folder.resolve(profiles=["*"]).services) == ["a", "b"]


def test_a_name_in_the_file_is_made_one_of_a_project(folder: Folder) -> None:
    folder.write({"compose.yaml": "name: My Shop\nservices: {web: {image: x}}"})
    assert folder.resolve().name == "myshop"


@pytest.mark.parametrize(
    ("base", "over", "hosts"),
    [
        ('["8080:80"]', '[{target: 80, published: "8080", mode: host}]', [None]),
        ('["8080:80"]', '["0.0.0.0:8080:80"]', ["0.0.0.0"]),
        ('["8080:80"]', '["127.0.0.1:8080:80"]', [None, "127.0.0.1"]),
    ],
)
def test_the_same_port_of_the_host_is_published_once(
    base: str, over: str, hosts: list[str | None], folder: Folder
) -> None:
    folder.write(
        {
            "compose.yaml": f"services: {{web: {{image: x, ports: {base}}}}}",
            "compose.override.yaml": f"services: {{web: {{ports: {over}}}}}",
        }
    )
    assert [port.host_ip for port in folder.resolve().services["web"].compose.ports] == hosts


def test_device_requests_and_address_ranges_of_two_files(folder: Folder) -> None:
    """The former are appended, the latter replaced."""
    ranges = "networks: {default: {ipam: {config: [{subnet: 10.9.%d.0/24}]}}}"
    folder.write(
        {
            "compose.yaml": "services: {web: {image: x, gpus: all}}\n" + ranges % 1,
            "compose.override.yaml": "services: {web: {gpus: [{count: 1}]}}\n" + ranges % 2,
        }
    )
    project = folder.resolve()
    assert [one.count for one in project.services["web"].compose.device_requests] == [-1, 1]
    assert project.networks["default"].options["IPAM"] == {"Config": [{"Subnet": "10.9.2.0/24"}]}


def test_an_inline_service_extends_one_of_another_file_or_of_phlo_yaml(folder: Folder) -> None:
    folder.write(
        {
            "common/base.yaml": """
                services:
                  base: {image: "base:${TAG}", environment: {A: 1, B: 1}, volumes: ["./v:/v"], ports: ["80:80"]}
            """,
            "phlo.yaml": """
                name: lake
                env: {TAG: 3, FOLDER: common}
                services:
                  one:
                    type: inline
                    extends: {file: "${FOLDER}/base.yaml", service: base}
                    environment: {B: 2}
                    ports: ["81:81"]
                  two: {type: inline, extends: one, image: "two:1", ports: !override ["90:90"]}
            """,
        }
    )
    project = folder.including()
    one, two = project.services["one"].compose, project.services["two"].compose
    assert (one.image, two.image) == ("base:3", "two:1")
    assert texts(project, "one") == texts(project, "two") == {"A": "1", "B": "2"}
    assert [port.published for port in one.ports] == ["80", "81"]
    assert [port.published for port in two.ports] == ["90"]
    assert [mount.source for mount in two.volumes] == [str(folder.root / "common" / "v")]
    assert folder.root / "common" / "base.yaml" in project.inputs


def test_a_service_that_names_the_image_another_one_builds_has_its_recipe(folder: Folder) -> None:
    folder.write(
        {
            "Dockerfile": "FROM scratch\n",
            "compose.yaml": """
            services:
              web: {build: ., image: shop/app}
              worker: {image: shop/app}
            """,
        }
    )
    services = folder.resolve().services
    assert services["worker"].image == services["web"].image
    assert services["worker"].image.recipe is not None
