from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo.config.secrets import PLACEHOLDER
from phlo.image_source import ImagePolicy, ImageRegistry
from phlo.inventory import Host, Inventory
from phlo.values import ImageNeeds, Secret, reveal_all

if TYPE_CHECKING:
    from .conftest import Workplace

DB = """
    default: true
    env_vars:
      DB_PASSWORD: {default: published, secret: true, description: of the admin}
      DB_PORT: {default: 5432}
    provides:
      sql: {dialect: test, host: db, port: 5432, database: main, user: admin, password: "${DB_PASSWORD}"}
    compose:
      ports: ["${DB_PORT}:5432"]
      environment: {DB_PASSWORD: "${DB_PASSWORD}", MODE: "${MODE:-plain}"}
"""


@pytest.fixture
def lake(workplace: Workplace) -> Workplace:
    workplace.role("db", DB)
    return workplace


def environment(lake: Workplace, **options: object) -> dict[str, str]:
    found = lake.resolve(**options).services["db"].compose.environment  # type: ignore[arg-type]
    return reveal_all(found)  # type: ignore[no-any-return]


def test_a_service_is_the_role_with_the_users_values(lake: Workplace) -> None:
    lake.phlo_yaml("services: {db: {port: 6000, environment: {FLAG: '${MODE:-x}'}}}\nenv: {MODE: fast}\n")
    db = lake.resolve().services["db"]
    assert [(port.published, port.target) for port in db.compose.ports] == [("6000", 5432)]
    assert db.compose.environment["FLAG"] == db.compose.environment["MODE"] == "fast"
    assert str(db.sources["ports[0]"]) == "phlo.yaml:1"
    assert str(db.sources["environment.MODE"]) == "db/service.yaml:11"
    assert not db.is_inline


def test_an_inline_service_needs_no_package(lake: Workplace) -> None:
    lake.phlo_yaml(
        """
        services:
          custom-api:
            type: inline
            image: example/api:${TAG:-latest}
            ports: ["4000:4000"]
            depends_on: [db]
            environment: ["DSN=${DB_PASSWORD}", HOME]
            volumes: ["./src:/src", "data:/data"]
        """
    )
    api = lake.resolve(environ={"HOME": "/home/me"}).services["custom-api"]
    assert api.is_inline
    assert api.image.reference == "example/api:latest"
    assert api.compose.environment["HOME"] == "/home/me"
    assert isinstance(api.compose.environment["DSN"], Secret)
    assert [mount.source for mount in api.compose.volumes] == [str(lake.root / "src"), "data"]


def test_the_port_of_an_inline_service_moves_its_own(workplace: Workplace) -> None:
    workplace.phlo_yaml("services: {a: {type: inline, image: x, ports: ['1:80'], port: 2}}")
    assert workplace.resolve().services["a"].compose.ports[0].published == "2"


def test_relative_paths_of_a_role_start_at_the_state_folder_and_the_users_at_the_project(workplace: Workplace) -> None:
    workplace.role(
        "app",
        """
        default: true
        build: {context: ./app}
        compose: {volumes: ["./a:/a", "../w:/w", "named:/n", "${P:-./p}:/p"]}
        """,
    )
    workplace.phlo_yaml("services: {app: {volumes: ['./data:/data', '../out:/out']}}")
    app = workplace.resolve().services["app"]
    root = workplace.root
    assert [mount.source for mount in app.compose.volumes] == [
        str(root / ".phlo/a"),
        str(root / "w"),
        "named",
        str(root / ".phlo/p"),
        str(root / "data"),
        str(root.parent / "out"),
    ]
    assert app.image.recipe is not None
    assert app.image.recipe.context == root / ".phlo/app"


# -- variables --------------------------------------------------------------------------------------


def test_the_layers_are_searched_from_the_command_line_down(lake: Workplace) -> None:
    seen = [environment(lake)["MODE"]]
    lake.phlo_yaml("env: {MODE: project}\n")
    seen.append(environment(lake)["MODE"])
    lake.write(".phlo/.env", "MODE=env\n")
    seen.append(environment(lake)["MODE"])
    lake.write(".phlo/.env.local", "MODE=local\n")
    seen.append(environment(lake)["MODE"])
    seen.append(environment(lake, environ={"MODE": "process"})["MODE"])
    seen.append(environment(lake, environ={"MODE": "process"}, extra={"MODE": "line"})["MODE"])
    assert seen == ["plain", "project", "env", "local", "process", "line"]
    value = lake.resolve(environ={"MODE": "process"}).values["MODE"]
    assert [str(source) for _, source in value.losers] == ["phlo.yaml:1", ".phlo/.env:1", ".phlo/.env.local:1"]


def test_an_unset_variable_is_empty_and_warned_about_once(lake: Workplace) -> None:
    lake.phlo_yaml("services: {db: {environment: {A: '$GONE', B: '$GONE'}}}")
    project = lake.resolve()
    assert project.services["db"].compose.environment["A"] == ""
    assert project.warnings == (
        (
            "phlo.yaml:1 services.db.environment.A: the variable GONE is not set; an empty text takes its place. "
            "Set it in .phlo/.env, or write ${GONE:-} where it may be empty."
        ),
    )
    assert "GONE" in project.environment_read


def test_a_value_that_the_user_replaces_needs_no_variable(workplace: Workplace) -> None:
    workplace.role("app", "default: true\nimage: '${IMAGE:?needed}'\ncompose: {command: '${CMD:?}'}\n")
    assert len(workplace.errors()) == 2
    workplace.phlo_yaml("services: {app: {image: mine, command: run}}")
    assert workplace.resolve().services["app"].image.reference == "mine"


def test_errors_of_all_services_are_reported_at_once(workplace: Workplace) -> None:
    workplace.role("a", "default: true\ncompose: {environment: {X: '${A:?is needed}'}}\n")
    workplace.role("b", "default: true\ncompose: {mem_limit: lots}\n")
    assert [error.split(": ")[0] for error in workplace.errors()] == [
        "a/service.yaml:4 compose.environment.X",
        "b/service.yaml:4 compose.mem_limit",
    ]


def test_environment_files_come_below_environment(workplace: Workplace) -> None:
    workplace.write("one.env", "A=1\nB=1\nC=${A}-${OTHER:-o}\n")
    workplace.write("two.env", "B=2\nD='$A'\n")
    workplace.phlo_yaml(
        """
        services:
          app:
            type: inline
            image: a
            env_file: [one.env, {path: two.env}, {path: gone.env, required: false}]
            environment: {A: "3"}
        """
    )
    project = workplace.resolve()
    assert project.services["app"].compose.environment == {"A": "3", "B": "2", "C": "3-o", "D": "$A"}
    assert {workplace.root / "one.env", workplace.root / "gone.env"} <= set(project.inputs)
    workplace.phlo_yaml("services: {app: {type: inline, image: a, env_file: gone.env}}")
    assert workplace.errors() == [
        "phlo.yaml:1 services.app.env_file: there is no gone.env. Create it, or say required: false."
    ]


def test_a_name_without_a_value_takes_a_variable_or_removes_what_env_file_and_image_give(workplace: Workplace) -> None:
    workplace.write("app.env", "GIVEN=file\nABSENT=file\nALONE\nUNSET_ALONE\nAFTER=${ABSENT}\n")
    workplace.phlo_yaml(
        "services: {app: {type: inline, image: a, env_file: app.env, environment: [GIVEN, ABSENT, NOWHERE]}}"
    )
    compose = workplace.resolve(environ={"GIVEN": "variable", "ALONE": "alone"}).services["app"].compose
    assert compose.environment == {"GIVEN": "variable", "ALONE": "alone", "AFTER": "file"}
    assert compose.environment_from_host == ("ABSENT", "NOWHERE")


def test_a_raw_environment_file_is_literal(workplace: Workplace) -> None:
    workplace.write("raw.env", "A='$HOME' # c\nB=\"x\"\n")
    workplace.phlo_yaml("services: {app: {type: inline, image: a, env_file: [{path: raw.env, format: raw}]}}")
    assert workplace.resolve().services["app"].compose.environment == {"A": "'$HOME' # c", "B": '"x"'}


def test_conditional_environment_is_added_when_its_trigger_is_set_and_not_empty(workplace: Workplace) -> None:
    workplace.role(
        "app",
        "default: true\ncompose:\n  environment: {A: '1'}\n  conditional_environment: {TOKEN: {A: '2', B: '$TOKEN'}}\n",
    )

    def found(**environ: str) -> dict[str, object]:
        return dict(workplace.resolve(environ=environ).services["app"].compose.environment)

    assert found() == found(TOKEN="") == {"A": "1"}
    assert found(TOKEN="t") == {"A": "2", "B": "t"}


def test_dev_mode_changes_what_the_role_says_for_it(workplace: Workplace) -> None:
    folder = workplace.role(
        "app",
        """
        default: true
        dev: {command: [watch], environment: {DEBUG: "1"}, volumes: ["{source}:/src", "{project_root}/w:/w"]}
        compose: {command: [run]}
        """,
    )
    assert workplace.resolve().services["app"].compose.command == ("run",)
    app = workplace.resolve(dev=True).services["app"].compose
    assert (app.command, dict(app.environment)) == (("watch",), {"DEBUG": "1"})
    assert [mount.source for mount in app.volumes] == [str(folder), str(workplace.root / "w")]


# -- secrets ----------------------------------------------------------------------------------------


def test_a_plan_shows_a_placeholder_and_writes_nothing(lake: Workplace) -> None:
    project = lake.resolve()
    assert project.services["db"].compose.environment["DB_PASSWORD"] == Secret(PLACEHOLDER)
    assert project.pending_secrets == ("DB_PASSWORD",)
    assert project.warnings == ()
    assert sorted(item.name for item in lake.root.iterdir()) == ["phlo.yaml"]


def test_the_first_up_makes_the_secret_and_later_runs_find_it(lake: Workplace) -> None:
    first = lake.resolve(generate_secrets=True)
    path = lake.root / ".phlo" / ".env.local"
    assert first.services["db"].compose.environment["DB_PASSWORD"] == Secret("generated-1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "made by phlo for db" in path.read_text()
    later = lake.resolve()
    assert later.services["db"].compose.environment == first.services["db"].compose.environment
    assert later.pending_secrets == ()


def test_a_secret_is_made_though_only_the_engine_of_the_service_uses_it(workplace: Workplace) -> None:
    workplace.role("db", "default: true\nenv_vars: {KEY: {secret: true}}\n")
    workplace.role("other", "env_vars: {UNUSED: {secret: true}}\n")
    workplace.resolve(generate_secrets=True)
    text = (workplace.root / ".phlo/.env.local").read_text()
    assert "KEY=generated-1" in text
    assert "UNUSED" not in text


@pytest.mark.parametrize("given", ["hunter22", ""])
def test_a_secret_that_was_given_is_taken(lake: Workplace, given: str) -> None:
    lake.write(".phlo/.env", f"DB_PASSWORD={given}\n")
    project = lake.resolve(generate_secrets=True)
    assert project.services["db"].compose.environment["DB_PASSWORD"] == Secret(given)
    assert not (lake.root / ".phlo/.env.local").exists()


def test_a_secret_that_stands_in_phlo_yaml_is_hidden_and_warned_about(lake: Workplace) -> None:
    lake.phlo_yaml("env: {DB_PASSWORD: hunter22}\n")
    project = lake.resolve()
    assert project.services["db"].compose.environment["DB_PASSWORD"] == Secret("hunter22")
    assert project.warnings == (
        "phlo.yaml:1 env.DB_PASSWORD: a secret is in a file that is shared; move DB_PASSWORD to .phlo/.env.local.",
    )
    lake.phlo_yaml("services: {db: {environment: [DB_PASSWORD=hunter23]}}\n")
    project = lake.resolve()
    assert project.services["db"].compose.environment["DB_PASSWORD"] == Secret("hunter23")
    assert len(project.warnings) == 1
    lake.phlo_yaml("services: {db: {environment: {DB_PASSWORD: '${DB_PASSWORD}'}}}\n")
    assert lake.resolve().warnings == ()


def test_no_secret_shows_in_the_project(lake: Workplace) -> None:
    lake.role(
        "app", "default: true\nrequires: [sql]\ntemplates: [{source: t.j2, dest: /t}]\n", {"t.j2": "{{ sql.password }}"}
    )
    lake.write(".phlo/.env", "DB_PASSWORD=hunter22\n")
    project = lake.resolve()
    assert "hunter22" not in repr(project)
    assert project.masker()("x hunter22 y sql://admin:hunter22@db") == "x *** y sql://admin:***@db"
    assert "published" not in {secret.reveal() for secret in project.secrets}


# -- files ------------------------------------------------------------------------------------------


def test_templates_are_rendered_with_variables_and_facts(lake: Workplace) -> None:
    lake.role(
        "app",
        """
        default: true
        requires: [sql]
        env_vars: {DEST: {default: /etc/app}}
        templates:
          - {source: app.conf.j2, dest: "${DEST}/app.conf", mode: "0640", owner: "10:20"}
          - {source: plain.j2, dest: /plain, secret: true}
        """,
        {
            "templates/app.conf.j2": "{{ service.name }} {{ project.name }} {{ DEST }} {{ sql.password }}\n",
            "templates/plain.j2": "{{ sql.host }}",
        },
    )
    lake.phlo_yaml("name: lake\nenv: {DB_PASSWORD: hunter22}\n")
    project = lake.resolve()
    conf, plain = project.services["app"].files
    assert (conf.path, conf.mode, conf.uid, conf.gid) == ("/etc/app/app.conf", 0o640, 10, 20)
    assert conf.content == Secret("app lake /etc/app hunter22\n")
    assert conf.origin == "pkg-app/templates/app.conf.j2"
    assert plain.content == Secret("db")
    assert any(path.name == "plain.j2" for path in project.inputs)


def test_a_template_sees_only_the_capabilities_that_its_role_names(lake: Workplace) -> None:
    lake.role("app", "default: true\ntemplates: [{source: t.j2, dest: /t}]\n", {"t.j2": "\n{{ sql.host }}"})
    assert lake.errors()[0].startswith('pkg-app/t.j2:2: there is no variable or capability "sql".')


def test_a_template_can_have_what_another_phlo_needs_to_see_the_project_alike(lake: Workplace) -> None:
    lake.role("app", "default: true\ntemplates: [{source: t.j2, dest: /t}]\n", {"t.j2": "{{ phlo_control }}"})
    lake.phlo_yaml("name: lake\nservices: {db: {port: 6000}}\n")
    project = lake.resolve(environ={"DB_PASSWORD": "hunter22", "UNRELATED": "x"}, extra={"FLAG": "on"})
    content = project.services["app"].files[0].content
    assert isinstance(content, Secret)
    control = json.loads(content.reveal())
    assert control["project"] == "lake"
    assert control["variables"] == {"DB_PASSWORD": "hunter22", "FLAG": "on"}


def test_a_templates_owner_can_be_a_variable_that_has_to_be_numbers(lake: Workplace) -> None:
    lake.role("app", "default: true\ntemplates: [{source: t.j2, dest: /t, owner: '${WHO}'}]\n", {"t.j2": "x"})
    (file,) = lake.resolve(extra={"WHO": "7:8"}).services["app"].files
    assert (file.uid, file.gid) == (7, 8)
    assert '"alice" should be UID or UID:GID' in lake.errors(extra={"WHO": "alice"})[0]


def test_every_project_knows_its_folder_and_whose_it_is(lake: Workplace) -> None:
    values = lake.resolve().values
    owner = lake.root.stat()
    assert values["PHLO_PROJECT_ROOT"].text == str(lake.root)
    assert values["PHLO_PROJECT_OWNER"].text == f"{owner.st_uid}:{owner.st_gid}"


def test_configs_and_secrets_become_files(workplace: Workplace) -> None:
    workplace.write("token.txt", "from file")
    workplace.phlo_yaml(
        """
        configs:
          motd: {content: "hi ${NAME:-you}"}
          table: {file: ./token.txt}
        secrets:
          token: {file: token.txt}
          inherited: {environment: KEY}
        services:
          app:
            type: inline
            image: a
            configs: [motd, {source: table, target: /etc/table, mode: "0400", uid: "5", gid: "6"}]
            secrets: [token, inherited]
        """
    )
    files = {spec.path: spec for spec in workplace.resolve(environ={"KEY": "k"}).services["app"].files}
    assert files["/motd"].content == b"hi you"
    assert files["/etc/table"].content == b"from file"
    assert (files["/etc/table"].mode, files["/etc/table"].uid, files["/etc/table"].gid) == (0o400, 5, 6)
    assert files["/run/secrets/token"].content == Secret("from file")
    assert files["/run/secrets/inherited"].content == Secret("k")


@pytest.mark.parametrize(
    ("top", "message"),
    [
        ("configs: {other: {content: x}}", 'phlo.yaml:2 services.a.configs[0]: there is no config "motd".'),
        ("configs: {motd: }", 'phlo.yaml:2 services.a.configs[0]: there is no config "motd".'),
        ("configs: {motd: {file: gone}}", "phlo.yaml:1 configs.motd: gone cannot be read: No such file"),
        ("configs: {motd: {file: a, content: b}}", "phlo.yaml:1 configs.motd: needs one source."),
        ("configs: {motd: {external: true}}", "phlo.yaml:1 configs.motd: is external"),
        ("configs: {motd: {environment: GONE}}", "phlo.yaml:1 configs.motd: GONE is not set."),
    ],
)
def test_a_config_that_cannot_be_had_is_an_error(workplace: Workplace, top: str, message: str) -> None:
    workplace.phlo_yaml(f"{top}\nservices: {{a: {{type: inline, image: a, configs: [motd]}}}}\n")
    assert workplace.errors()[0].startswith(message)


def test_files_of_a_role_are_outputs_below_the_state_folder(workplace: Workplace) -> None:
    workplace.role(
        "app",
        "default: true\nfiles: [{source: conf, dest: app/conf}, {source: one.txt, dest: app/two.txt}]\n",
        {"conf/a.ini": "a", "conf/sub/b.ini": "b", "one.txt": "1"},
    )
    assert workplace.resolve().outputs == {
        ".phlo/app/conf/a.ini": b"a",
        ".phlo/app/conf/sub/b.ini": b"b",
        ".phlo/app/two.txt": b"1",
    }


# -- image, name, networks, hosts ---------------------------------------------------------------------


@pytest.fixture
def built(workplace: Workplace) -> Workplace:
    workplace.role(
        "db",
        "default: true\nversion: '17'\nimage: db:17\nbuild: {base: trixie, args: {A: '${X:-1}', B: null}}\n",
        {"image/Dockerfile": "FROM scratch\n"},
    )
    return workplace


def test_services_that_give_their_image_the_same_name_share_it(workplace: Workplace) -> None:
    body = "default: true\nversion: '1'\nbuild: {name: shared}\n"
    further = {"web-daemon_service.yaml": f"name: web-daemon\n{body}", "image/Dockerfile": "FROM scratch\n"}
    workplace.role("web", body, further)
    services = workplace.resolve().services
    assert services["web"].image.recipe == services["web-daemon"].image.recipe
    assert services["web"].image.recipe is not None
    assert services["web"].image.recipe.name == "phlo/shared:1"


def test_of_a_role_with_an_upstream_image_the_recipe_is_the_product(built: Workplace) -> None:
    image = built.resolve(environ={"B": "b"}).services["db"].image
    assert (image.reference, image.policy) == (None, ImagePolicy.AUTO)
    assert image.recipe is not None
    assert (image.recipe.name, image.recipe.base) == ("phlo/db:17", "trixie")
    assert dict(image.recipe.args) == {"A": "1", "B": "b"}
    assert (image.recipe.context / "Dockerfile").is_file()


def test_upstreams_image_is_an_explicit_choice(built: Workplace) -> None:
    built.phlo_yaml("image_source: upstream\n")
    image = built.resolve().services["db"].image
    assert (image.reference, image.recipe) == ("db:17", None)
    built.phlo_yaml("services: {db: {image_source: upstream}}\n")
    assert built.resolve().services["db"].image.reference == "db:17"
    built.role("own", "default: true\nbuild: {base: trixie}\n", {"image/Dockerfile": "FROM scratch\n"})
    built.phlo_yaml("image_source: upstream\n")
    assert built.resolve().services["own"].image.policy is ImagePolicy.AUTO  # there is none of upstream
    built.phlo_yaml("services: {own: {image_source: upstream}}\n")
    assert '"own" has no image of upstream' in built.errors()[0]


def test_registries_are_named_with_logins_and_mirrors(built: Workplace) -> None:
    built.phlo_yaml(
        "registries:\n"
        "  r.example/lake: {username: ci, password: '${R_PASSWORD}'}\n"
        "  m.example/: {mirrors: docker.io}\n"
        "  plain.example: null\n"
    )
    assert built.resolve(environ={"R_PASSWORD": "pass"}).services["db"].image.registries == (
        ImageRegistry(prefix="r.example/lake", username="ci", password=Secret("pass")),
        ImageRegistry(prefix="m.example", mirrors="docker.io"),
        ImageRegistry(prefix="plain.example"),
    )
    built.phlo_yaml("registries: [r.example]")
    assert built.resolve().services["db"].image.registries == (ImageRegistry(prefix="r.example"),)
    built.phlo_yaml("registries: {r.example: {username: ci, password: secret}}")
    assert built.errors()[0].startswith("phlo.yaml:1 registries.r.example.password: is written out")


def test_an_image_of_the_user_is_not_built_from_the_roles_recipe(built: Workplace) -> None:
    built.phlo_yaml("services: {db: {image: mine:1}}")
    image = built.resolve().services["db"].image
    assert (image.reference, image.recipe) == ("mine:1", None)


def test_a_build_of_the_user_takes_the_place_of_the_roles_image(built: Workplace) -> None:
    built.phlo_yaml("name: lake\nservices: {db: {build: ./db}}")
    image = built.resolve().services["db"].image
    assert image.reference is None
    assert image.recipe is not None
    assert (image.recipe.name, image.recipe.context, image.recipe.base) == ("lake/db:17", built.root / "db", None)


def test_build_arguments_of_the_user_go_into_the_roles_recipe(built: Workplace) -> None:
    built.phlo_yaml("services: {db: {build: {args: {A: '2'}}}}")
    recipe = built.resolve().services["db"].image.recipe
    assert recipe is not None
    assert (recipe.name, recipe.args["A"], recipe.base) == ("phlo/db:17", "2", "trixie")


def test_needs_are_the_roles_unless_phlo_yaml_says_its_own(built: Workplace) -> None:
    built.role("web", "default: true\nimage: web:1\nneeds: {user: 999, data: /data, programs: [psql]}\n")
    needs = built.resolve().services["web"].needs
    assert needs == ImageNeeds(user=999, data=("/data",), programs=("psql",), where="web/service.yaml:4 needs")
    built.phlo_yaml("services: {web: {needs: {programs: [other]}}}")
    needs = built.resolve().services["web"].needs
    assert needs == ImageNeeds(programs=("other",), where="phlo.yaml:1 services.web.needs")


@pytest.mark.parametrize(
    ("needs", "message"),
    [
        ("{user: postgres}", 'services.a.needs.user: should be the number of a user, got "postgres".'),
        ("{data: [data]}", 'services.a.needs.data[0]: "data" is not an absolute path.'),
        ("{program: [sh]}", 'services.a.needs.program: "program" is not known here. Did you mean "programs"?'),
    ],
)
def test_needs_that_cannot_be_read_are_named(workplace: Workplace, needs: str, message: str) -> None:
    workplace.phlo_yaml("services: {a: {type: inline, image: a, needs: " + needs + "}}")
    assert workplace.errors()[0].startswith(f"phlo.yaml:1 {message}")


def test_the_image_source_of_a_service_goes_before_the_commands_and_that_before_the_projects(
    built: Workplace,
) -> None:
    built.phlo_yaml("image_source: build\n")
    assert built.resolve().services["db"].image.policy is ImagePolicy.BUILD
    assert built.resolve(image_source="pull").services["db"].image.policy is ImagePolicy.PULL
    built.phlo_yaml("services: {db: {image_source: build}}\n")
    assert built.resolve(image_source="pull").services["db"].image.policy is ImagePolicy.BUILD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{image: a, image_source: build}", "phlo.yaml:1 services.a.image_source: there is nothing to build"),
        ("{build: ., image_source: pull}", "phlo.yaml:1 services.a.image_source: there is no image"),
    ],
)
def test_an_image_source_that_cannot_be_followed_is_an_error(workplace: Workplace, text: str, message: str) -> None:
    workplace.phlo_yaml("services: {a: {type: inline, " + text[1:] + "}")
    assert workplace.errors()[0].startswith(message)


def test_the_project_is_called_what_the_command_the_environment_phlo_yaml_or_the_folder_says(lake: Workplace) -> None:
    lake.phlo_yaml("name: by-file\n")
    environ = {"PHLO_PROJECT": "by-env"}
    assert lake.resolve(project_name="by-line", environ=environ).name == "by-line"
    assert lake.resolve(environ=environ).name == "by-env"
    assert lake.resolve().name == "by-file"
    lake.phlo_yaml("name: by-${WHO:-x}\n")
    assert lake.resolve().name == "by-x"
    lake.phlo_yaml("env: {}\n")
    assert lake.resolve().name == "lake"
    assert "PHLO_PROJECT" in lake.resolve().environment_read


def test_networks_and_volumes_are_called_as_compose_calls_them(workplace: Workplace) -> None:
    workplace.role("db", "default: true\ncompose: {volumes: ['data:/data'], networks: [default, back]}\n")
    workplace.role("app", "default: true\nnetworks: {back: {internal: true, aliases: [x]}}\n")
    workplace.phlo_yaml(
        """
        name: lake
        volumes: {old: {external: true}, kept: {name: exact, labels: [a=1]}}
        networks: {mine: {driver: bridge, ipam: {config: [{subnet: "${NET:-10.9.0.0/24}"}]}}}
        services:
          x: {type: inline, image: a, networks: [mine], volumes: ["old:/o", "kept:/k", "new:/n"]}
        """
    )
    project = workplace.resolve()
    assert {key: (one.name, one.is_external) for key, one in project.volumes.items()} == {
        "data": ("lake_data", False),
        "old": ("old", True),
        "kept": ("exact", False),
        "new": ("lake_new", False),
    }
    assert project.volumes["kept"].options == {"Labels": {"a": "1"}}
    assert {key: one.name for key, one in project.networks.items()} == {
        "default": "lake_default",
        "back": "lake_back",
        "mine": "lake_mine",
    }
    assert project.networks["back"].options == {"Driver": "bridge", "Internal": True}
    assert project.networks["mine"].options["IPAM"] == {"Config": [{"Subnet": "10.9.0.0/24"}]}


def test_every_key_of_a_compose_build_is_read_in_phlo_yaml_and_in_roles(workplace: Workplace) -> None:
    build = "{labels: {a: '${V}'}, tags: [shop/x:1], no_cache: true, provenance: true, dockerfile_inline: FROM scratch}"
    workplace.phlo_yaml(f"services: {{app: {{type: inline, build: {build}}}}}")
    workplace.role("role", f"default: true\nbuild: {build}\n")
    project = workplace.resolve(environ={"V": "1"})
    for name in ("app", "role"):
        recipe = project.services[name].image.recipe
        assert recipe is not None
        assert (recipe.settings.labels, recipe.settings.tags, recipe.settings.no_cache) == (
            {"a": "1"},
            ("shop/x:1",),
            True,
        )
        assert recipe.settings.dockerfile_text == "FROM scratch"
    assert sum("provenance: has no effect" in warning for warning in project.warnings) == 2


def test_a_service_that_names_the_image_another_one_builds_has_its_recipe(workplace: Workplace) -> None:
    workplace.write("Dockerfile", "FROM scratch\n")
    workplace.phlo_yaml(
        """
        services:
          web: {type: inline, build: ., image: shop/app}
          worker: {type: inline, image: shop/app}
          other: {type: inline, image: shop/other}
        """
    )
    services = workplace.resolve().services
    assert services["worker"].image == services["web"].image
    assert services["worker"].image.recipe is not None
    assert services["other"].image.recipe is None


_RESOURCES = "services: {app: {type: inline, image: a, networks: [net], volumes: ['vol:/x']}}\n"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("networks: {net: {name: a/b}}", 'networks.net.name: "a/b" cannot be the name of a network.'),
        ('networks: {net: {name: " a"}}', 'networks.net.name: " a" cannot be the name of a network.'),
        ("networks: {net: {name: host}}", 'networks.net.name: "host" is the name of a network that the engine has'),
        ("networks: {net: }\nvolumes: {vol: {name: a b}}", 'volumes.vol.name: "a b" cannot be the name of a volume.'),
        ("networks: {net: }\nvolumes: {vol: {name: a}}", 'volumes.vol.name: "a" cannot be the name of a volume.'),
        ("networks: {net: }\nvolumes: {vol: {name: ../x}}", 'volumes.vol.name: "../x" cannot be the name of a volume.'),
    ],
)
def test_a_name_that_the_engine_refuses_is_an_error(written: str, message: str, workplace: Workplace) -> None:
    workplace.phlo_yaml(_RESOURCES + written)
    (error,) = workplace.errors()
    assert message in error


@pytest.mark.parametrize(
    ("external", "name"),
    [
        ("{external: true}", "KEY"),
        ("{external: true, name: other}", "other"),
        ("{external: {name: other}}", "other"),
        ('{external: "${IS_EXTERNAL}", name: other}', "other"),
        ("{external: false}", None),
    ],
)
def test_an_external_network_or_volume_is_found_by_its_name(
    external: str, name: str | None, workplace: Workplace
) -> None:
    workplace.phlo_yaml(f"{_RESOURCES}networks: {{net: {external}}}\nvolumes: {{vol: {external}}}")
    project = workplace.resolve(environ={"IS_EXTERNAL": "true"})
    for key, found in (("net", project.networks["net"]), ("vol", project.volumes["vol"])):
        assert found.is_external is (name is not None)
        assert found.name == (key if name == "KEY" else name or f"{project.name}_{key}")


def test_ipv4_can_be_switched_off(workplace: Workplace) -> None:
    workplace.phlo_yaml(_RESOURCES + "networks: {net: {enable_ipv4: false, enable_ipv6: true}}")
    options = workplace.resolve().networks["net"].options
    assert (options["EnableIPv4"], options["EnableIPv6"]) == (False, True)


def test_the_projects_network_can_be_described(lake: Workplace) -> None:
    lake.phlo_yaml("infrastructure: {network: {name: shared, subnet: 10.8.0.0/24, gateway: 10.8.0.1}}\n")
    network = lake.resolve().networks["default"]
    assert network.name == "shared"
    assert network.options["IPAM"] == {"Config": [{"Subnet": "10.8.0.0/24", "Gateway": "10.8.0.1"}]}


def test_a_network_that_nobody_describes_is_an_error_where_phlo_yaml_names_it(lake: Workplace) -> None:
    lake.phlo_yaml("networks: {front: }\nservices: {db: {networks: [default, frnt]}}\n")
    assert lake.errors() == ['phlo.yaml:2 services.db.networks[1]: there is no network "frnt". Did you mean "front"?']


def test_with_several_hosts_a_service_needs_a_place(lake: Workplace) -> None:
    hosts = Inventory(hosts={name: Host(name=name) for name in ("a", "b")})
    assert lake.errors(inventory=hosts)[0].startswith('phlo.yaml:1 services.db: "db" is placed on no host')
    lake.phlo_yaml("services: {db: {hosts: [b, a]}}")
    assert lake.resolve(inventory=hosts).services["db"].hosts == ("a", "b")


def test_hooks_keep_their_command_and_get_their_variables(workplace: Workplace) -> None:
    workplace.role(
        "app",
        "default: true\nhooks: {post_start: [{name: seed, command: 'echo $i', environment: {A: '${X:-x}', N: 1}}]}\n",
    )
    (hook,) = workplace.resolve().services["app"].hooks
    assert (hook.name, hook.point, hook.command) == ("seed", "post_start", "echo $i")
    assert hook.environment == {"A": "x", "N": "1"}


def test_the_inputs_name_every_file_that_counts_even_when_it_is_not_there(lake: Workplace) -> None:
    inputs = lake.resolve().inputs
    root = lake.root
    assert {root / "phlo.yaml", root / ".phlo/.env", root / ".phlo/.env.local"} <= set(inputs)


def test_a_missing_phlo_yaml_is_an_error(tmp_path: Path, workplace: Workplace) -> None:
    (workplace.root / "phlo.yaml").unlink()
    (error,) = workplace.errors()
    assert error.startswith("phlo.yaml: there is no such file. Check the name")


def test_two_files_for_one_path_are_an_error(workplace: Workplace) -> None:
    text = "default: true\nfiles: [{source: a, dest: same}]\n"
    workplace.role("one", text, {"a": "1"})
    workplace.role("two", text, {"a": "2"})
    (error,) = workplace.errors()
    assert error.startswith("two/service.yaml:4 files[0]: another role has .phlo/same with another content. Give one")


def test_two_files_for_one_place_in_a_container_are_an_error(workplace: Workplace) -> None:
    workplace.role("app", "default: true\ntemplates: [{source: t.j2, dest: /same}]\n", {"t.j2": ""})
    workplace.phlo_yaml("configs: {c: {content: x}}\nservices: {app: {configs: [{source: c, target: /same}]}}\n")
    assert "/same is written twice, by configs.c and by pkg-app/t.j2" in workplace.errors()[0]


def test_the_project_may_be_named_in_an_environment_file(workplace: Workplace) -> None:
    workplace.write(".phlo/.env", "PHLO_PROJECT=By-Env\n")
    assert workplace.errors()[0].startswith('.phlo/.env:1 PHLO_PROJECT: "By-Env" cannot name a project.')


def test_an_update_policy_is_that_of_the_deploy_section(workplace: Workplace) -> None:
    workplace.phlo_yaml("services: {a: {type: inline, image: a, update: {parallelism: 2}}}\n")
    assert workplace.resolve().services["a"].compose.update.parallelism == 2


def test_resolving_twice_gives_the_same(lake: Workplace) -> None:
    assert lake.resolve() == lake.resolve()


def test_dev_mode_says_what_to_watch_of_the_packages_source(workplace: Workplace) -> None:
    rule = "{action: sync, path: '{source}/app', target: /app}"
    folder = workplace.role("web", f"default: true\ndev: {{develop: {{watch: [{rule}]}}}}\n", {"app/x.py": ""})
    assert workplace.resolve().services["web"].compose.develop == ()
    (found,) = workplace.resolve(dev=True).services["web"].compose.develop
    assert (found.action, found.path, found.target) == ("sync", folder / "app", "/app")


def test_paths_to_watch_start_at_the_projects_folder(workplace: Workplace) -> None:
    rule = "{action: restart, path: ./src}"
    workplace.phlo_yaml(f"services: {{x: {{type: inline, image: a, develop: {{watch: [{rule}]}}}}}}\n")
    (found,) = workplace.resolve().services["x"].compose.develop
    assert found.path == workplace.root / "src"


def test_what_a_role_declares_reaches_no_inline_service_while_the_role_is_not_in_the_project(
    workplace: Workplace,
) -> None:
    workplace.role("db", "env_vars:\n  DB_USER: lake\n  DB_KEY: {secret: true, default: published}\n")
    inline = (
        "name: lake\nservices:\n  web:\n    type: inline\n    image: web:1\n    depends_on: DEPENDS\n"
        '    environment: {USER: "${DB_USER:-me}", KEY: "${DB_KEY:-none}", OTHER: "${DB_USER}"}\n'
    )
    workplace.phlo_yaml(inline.replace("DEPENDS", "[]"))
    project = workplace.resolve()
    assert reveal_all(project.services["web"].compose.environment) == {"USER": "me", "KEY": "none", "OTHER": ""}
    assert [one for one in project.warnings if "the variable DB_USER is not set" in one]

    workplace.phlo_yaml(inline.replace("DEPENDS", "[db]"))
    environment = workplace.resolve(generate_secrets=True).services["web"].compose.environment
    assert reveal_all(environment) == {"USER": "lake", "KEY": "generated-1", "OTHER": "lake"}
