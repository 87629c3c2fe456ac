"""Every construct of service.yaml, in this project's form and in the published one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.parts import (
    BuildDefinition,
    DevDefinition,
    EnvVar,
    FileDefinition,
    HookDefinition,
    StarterFile,
    TemplateDefinition,
)
from phlo.errors import PackageError
from phlo.yaml_source import parse_yaml

HEAD = "name: lake\nimage: registry.test/lake:1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A role's folder with a file of each kind."""
    for name in (
        "catalog/lake.properties",
        "config.json",
        "templates/app.conf.j2",
        "tasks/main.yaml",
        "tasks/backup.py",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def parse(text: str, root: Path = Path("/nowhere"), **options: Any) -> ServiceDefinition:
    return ServiceDefinition.from_file(parse_yaml(text, label="lake/service.yaml"), root=root, **options)


def errors(text: str, root: Path = Path("/nowhere")) -> list[str]:
    with pytest.raises(PackageError) as caught:
        parse(text, root)
    return [str(error) for error in caught.value.each()]


def dependency(condition: str | None = None, required: bool = True, restart: bool = False) -> dict[str, Any]:
    return {"condition": condition, "required": required, "restart": restart}


# One row for each construct: what is added to a minimal file, the field, and what it holds then.
READ: dict[str, tuple[str, str, Any]] = {
    "description": ("description: The lake", "description", "The lake"),
    "category": ("category: storage", "category", "storage"),
    "no category": ("", "category", "other"),
    "default": ("default: true", "default", True),
    "core": ("core: true", "core", True),
    "profile": ("profile: api", "profile", "api"),
    "profile null": ("profile: null", "profile", None),
    "version in quotes": ('version: "17"', "version", "17"),
    "version as a number": ("version: 1.5", "version", "1.5"),
    "one_shot": ("one_shot: true", "one_shot", True),
    "depends_on list": ("depends_on: [db, s3]", "depends_on", {"db": dependency(), "s3": dependency()}),
    "depends_on map": (
        "depends_on: {db: {condition: service_healthy, restart: true}, s3: {required: false}, x: }",
        "depends_on",
        {"db": dependency("service_healthy", restart=True), "s3": dependency(required=False), "x": dependency()},
    ),
    "depends_on null": ("depends_on:", "depends_on", {}),
    "depends_on inside compose": (
        "compose: {depends_on: {db: {condition: service_started}}}",
        "depends_on",
        {"db": dependency("service_started")},
    ),
    "depends_on in both places": (
        "depends_on: [db, s3]\ncompose: {depends_on: {db: {condition: service_healthy}}}",
        "depends_on",
        {"db": dependency("service_healthy"), "s3": dependency()},
    ),
    "depends_on taken out of compose": ("compose: {user: me, depends_on: [db]}", "compose", {"user": "me"}),
    "compose null": ("compose:", "compose", {}),
    "compose as written": (
        "compose: {environment: [A=1], ports: ['80:80'], restart: no}",
        "compose",
        {"environment": ["A=1"], "ports": ["80:80"], "restart": False},
    ),
    "conditional environment": (
        "compose: {conditional_environment: {LDAP_URL: {AUTH: ldap, RETRIES: 3, TLS: true}}}",
        "conditional_environment",
        {"LDAP_URL": {"AUTH": "ldap", "RETRIES": "3", "TLS": "true"}},
    ),
    "conditional environment taken out of compose": ("compose: {conditional_environment: {A: {B: c}}}", "compose", {}),
    "env_vars in full": (
        "env_vars: {LAKE_PASSWORD: {default: lake123, description: Its password, secret: true, package: phlo-db}}",
        "env_vars",
        {"LAKE_PASSWORD": EnvVar(default="lake123", description="Its password", secret=True, package="phlo-db")},
    ),
    "env_vars with defaults of every type": (
        "env_vars: {A: {default: 5432}, B: {default: true}, C: {default: }, D: {default: 1.5}, E: {default: ''}, F: }",
        "env_vars",
        {
            "A": EnvVar(default="5432"),
            "B": EnvVar(default="true"),
            "C": EnvVar(default=None),
            "D": EnvVar(default="1.5"),
            "E": EnvVar(default=""),
            "F": EnvVar(default=None),
        },
    ),
    "env_vars as plain scalars": (
        "env_vars: {A: lake, B: 5432, C: false, D: 2024-01-31}",
        "env_vars",
        {
            "A": EnvVar(default="lake"),
            "B": EnvVar(default="5432"),
            "C": EnvVar(default="false"),
            "D": EnvVar(default="2024-01-31"),
        },
    ),
    "files null": ("files:", "files", ()),
    "files": (
        "files: [{source: catalog, dest: lake/catalog}, {source: config.json, dest: lake/config.json}]",
        "files",
        (
            FileDefinition(source="catalog", dest="lake/catalog"),
            FileDefinition(source="config.json", dest="lake/config.json"),
        ),
    ),
    "templates": (
        "templates: [{source: app.conf.j2, dest: /etc/app.conf, mode: '0600', owner: 999, secret: true}]",
        "templates",
        (
            TemplateDefinition(
                source="templates/app.conf.j2", dest="/etc/app.conf", mode=0o600, owner="999", secret=True
            ),
        ),
    ),
    "a template with YAML's own octal": (
        "templates: [{source: templates/app.conf.j2, dest: '${CONF}/app', mode: 0640, owner: '1:2'}]",
        "templates",
        (TemplateDefinition(source="templates/app.conf.j2", dest="${CONF}/app", mode=0o640, owner="1:2"),),
    ),
    "tasks not given": ("", "tasks", ("tasks/backup.py", "tasks/main.yaml")),
    "tasks given": ("tasks: [main.yaml]", "tasks", ("tasks/main.yaml",)),
    "no tasks": ("tasks: []", "tasks", ()),
    "hooks in full": (
        (
            "hooks: {post_start: [{name: migrate, command: [lake, migrate, 2], requires: lake_tools, delay: 5,"
            " timeout_seconds: 60, environment: {A: 1}}]}"
        ),
        "hooks",
        {
            "post_start": (
                HookDefinition(
                    name="migrate",
                    command=("lake", "migrate", "2"),
                    requires="lake_tools",
                    delay=5,
                    timeout_seconds=60,
                    environment={"A": "1"},
                ),
            )
        },
    ),
    "hooks with a command string": (
        "hooks: {pre_stop: [{command: lake flush}], pre_start: }",
        "hooks",
        {"pre_stop": (HookDefinition(command="lake flush"),)},
    ),
    "hooks without a list": (
        "hooks: {pre_start: {command: a}, post_stop: b, post_start: [c, d]}",
        "hooks",
        {
            "pre_start": (HookDefinition(command="a"),),
            "post_stop": (HookDefinition(command="b"),),
            "post_start": (HookDefinition(command="c"), HookDefinition(command="d")),
        },
    ),
    "hooks null": ("hooks:", "hooks", {}),
    "dev": (
        "dev: {command: [lake, -r], environment: [DEBUG=1, HOME], volumes: ['{source}:/app'], cwd: /app, tty: true}",
        "dev",
        DevDefinition(
            command=["lake", "-r"],
            environment={"DEBUG": "1", "HOME": None},
            volumes=("{source}:/app",),
            cwd="/app",
            compose={"tty": True},
        ),
    ),
    "dev null": ("dev:", "dev", None),
    "provides": (
        "provides: {s3: {endpoint: 'http://lake:9000', port: 9000}, metrics: }",
        "provides",
        {"s3": {"endpoint": "http://lake:9000", "port": 9000}, "metrics": {}},
    ),
    "provides bare names": ("provides: [s3]", "provides", {"s3": {}}),
    "requires": ("requires: [sql]", "requires", ("sql",)),
    "requires one": ("requires: sql", "requires", ("sql",)),
    "wants": ("wants: [metrics, logs]", "wants", ("metrics", "logs")),
    "starters": ("starters: [light, lakehouse]", "starters", ("light", "lakehouse")),
    "one starter": ("starters: light", "starters", ("light",)),
    "starter_files": (
        "starter_files: [{source: ., dest: workflows, capabilities: s3}]",
        "starter_files",
        (StarterFile(source=".", dest="workflows", capabilities=("s3",)),),
    ),
    "gitignore": ("gitignore: [lake/]", "gitignore", ("lake/",)),
    "gitignore as a flag": ("gitignore: true", "gitignore", ()),
    "phlo_dev": ("phlo_dev: true", "phlo_dev", True),
    "source_path": ("source_path: src/lake", "source_path", "src/lake"),
    "networks list": ("networks: [front]", "networks", {"front": {}}),
    "networks map": (
        "networks: {front: {aliases: [l]}, back: }",
        "networks",
        {"front": {"aliases": ["l"]}, "back": {}},
    ),
    "the writer's own keys": ("x-owner: me", "description", ""),
    "a key taken over from an anchor": (
        "x-base: &base {user: me}\ncompose:\n  <<: *base\n  tty: true",
        "compose",
        {"user": "me", "tty": True},
    ),
}


@pytest.mark.parametrize(("text", "field", "value"), READ.values(), ids=READ)
def test_a_construct_is_read(root: Path, text: str, field: str, value: Any) -> None:
    assert getattr(parse(HEAD + text, root), field) == value


BUILDS: dict[str, tuple[str, str | None, BuildDefinition]] = {
    "a folder": ("build: ./lake", None, BuildDefinition(context="./lake")),
    "a mapping": (
        "build: {context: ../x, dockerfile: D, args: {A: 1, B: true, C: }, target: t, base: trixie}",
        None,
        BuildDefinition(
            context="../x", dockerfile="D", args={"A": "1", "B": "true", "C": None}, target="t", base="trixie"
        ),
    ),
    "arguments in a list": (
        "build: {context: x, args: [A=1, B]}",
        None,
        BuildDefinition(context="x", args={"A": "1", "B": None}),
    ),
    "no context": ("build: {dockerfile: D}", None, BuildDefinition(context=".", dockerfile="D")),
    "inside compose": ("compose: {build: ./lake}", "registry.test/lake:1", BuildDefinition(context="./lake")),
}


@pytest.mark.parametrize(("text", "image", "build"), BUILDS.values(), ids=BUILDS)
def test_a_build_is_read(text: str, image: str | None, build: BuildDefinition) -> None:
    definition = parse("name: lake\n" + (f"image: {image}\n" if image else "") + text)
    assert (definition.image, definition.build) == (image, build)


# What service.yaml says, whether it is the role's main file, and the build it has with image/Dockerfile beside it.
RECIPES: dict[str, tuple[str, bool, BuildDefinition | None]] = {
    "nothing said": ("", True, BuildDefinition()),
    "an image named": ("image: x:1", True, BuildDefinition()),
    "only the base said": ("build: {base: trixie}", True, BuildDefinition(base="trixie")),
    "another context": ("build: other", True, BuildDefinition(context="other")),
    "a companion": ("", False, BuildDefinition()),
    "a companion with an image of its own": ("image: x:1", False, None),
    "a companion that asks for it": ("image: x:1\nbuild: {}", False, BuildDefinition()),
}


@pytest.mark.parametrize(("text", "is_main", "build"), RECIPES.values(), ids=RECIPES)
def test_an_image_folder_is_the_build_of_a_role(
    tmp_path: Path, text: str, is_main: bool, build: BuildDefinition | None
) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "Dockerfile").touch()
    definition = parse(f"name: lake\n{text}", tmp_path, is_main=is_main)
    assert definition.build == build
    assert definition.recipe_folder == tmp_path / "image"


def test_the_tasks_folder_belongs_to_the_main_service(root: Path) -> None:
    assert parse(HEAD, root, is_main=False).tasks == ()


WRONG: dict[str, tuple[str, str]] = {
    "an unknown key": (HEAD + "imge: x", 'lake/service.yaml:3 imge: "imge" is not known here. Did you mean "image"?'),
    "a misplaced attribute": (
        HEAD + "ports: ['80:80']",
        'lake/service.yaml:3 ports: "ports" is an attribute of the container. Put it under "compose".',
    ),
    "no name": ("image: x", 'lake/service.yaml:1: "name" is missing. Add name.'),
    "a name Docker refuses": (
        "name: my lake\nimage: x",
        'lake/service.yaml:1 name: "my lake" cannot name a service. Use letters, digits, dots, dashes and underscores.',
    ),
    "no image": (
        "name: lake",
        "lake/service.yaml:1: has neither an image nor a build. Add image: REPOSITORY:TAG, or an image/Dockerfile.",
    ),
    "two images": (
        HEAD + "compose: {image: other}",
        'lake/service.yaml:3 compose.image: differs from "image" at the top of the file. Keep one of the two.',
    ),
    "not a mapping": (
        "- name: lake",
        'lake/service.yaml:1: should be a mapping, got a list. Write "name: value" lines below it, indented.',
    ),
    "a flag in words": (
        HEAD + "default: maybe",
        'lake/service.yaml:3 default: should be true or false, got "maybe". Write true or false, without quotes.',
    ),
    "an image of parts": (
        "name: lake\nimage: [x]",
        "lake/service.yaml:2 image: should be text, got a list. Write it in one line, in quotes.",
    ),
    "a condition": (
        HEAD + "depends_on: {db: {condition: healthy}}",
        'lake/service.yaml:3 depends_on.db.condition: there is no condition "healthy". Did you mean "service_healthy"?',
    ),
    "itself": (
        HEAD + "depends_on: [lake]",
        "lake/service.yaml:3 depends_on: the service depends on itself. Take its own name out of the list.",
    ),
    "a build key": (
        HEAD + "build: {contxt: .}",
        'lake/service.yaml:3 build.contxt: "contxt" is not known here. Did you mean "context"?',
    ),
    "a variable's name": (
        HEAD + "env_vars: {MY-VAR: 1}",
        (
            'lake/service.yaml:3 env_vars.MY-VAR: "MY-VAR" cannot be a variable. '
            "Use letters, digits and underscores, no digit first."
        ),
    ),
    "a variable's default": (
        HEAD + "env_vars: {A: {default: [1]}}",
        (
            "lake/service.yaml:3 env_vars.A.default: should be text, a number or a boolean, got a list. "
            "Write it in one line, in quotes."
        ),
    ),
    "a file that is not there": (
        HEAD + "files: [{source: no.txt, dest: x}]",
        'lake/service.yaml:3 files[0].source: there is no "no.txt" in the role.',
    ),
    "a starter file that does not exist": (
        HEAD + "starter_files: [{source: first, dest: workflows}]",
        'lake/service.yaml:3 starter_files[0].source: there is no "first" in the role.',
    ),
    "a file that leads out": (
        HEAD + "files: [{source: config.json, dest: ../x}]",
        'lake/service.yaml:3 files[0].dest: "../x" leads out of its folder. Write a relative path without "..".',
    ),
    "a template that is not there": (
        HEAD + "templates: [{source: no.j2, dest: /x}]",
        (
            'lake/service.yaml:3 templates[0].source: there is no "no.j2" in the role\'s templates/. '
            "Put it there: templates/no.j2."
        ),
    ),
    "a template's place": (
        HEAD + "templates: [{source: app.conf.j2, dest: x}]",
        'lake/service.yaml:3 templates[0].dest: "x" is not an absolute path. Name the file as the container sees it.',
    ),
    "a decimal mode": (
        HEAD + "templates: [{source: app.conf.j2, dest: /x, mode: 644}]",
        (
            "lake/service.yaml:3 templates[0].mode: should be a file mode, got 644. "
            'Write it in octal and in quotes, as "0640".'
        ),
    ),
    "an owner by name": (
        HEAD + "templates: [{source: app.conf.j2, dest: /x, owner: root}]",
        'lake/service.yaml:3 templates[0].owner: "root" should be UID or UID:GID. Write numbers, such as 999:999.',
    ),
    "a point of life": (
        HEAD + "hooks: {poststart: x}",
        'lake/service.yaml:3 hooks.poststart: "poststart" is not known here. Did you mean "post_start"?',
    ),
    "a hook without a command": (
        HEAD + "hooks: {post_start: [{name: x}]}",
        'lake/service.yaml:3 hooks.post_start[0]: "command" is missing. Add command.',
    ),
    "a time below zero": (
        HEAD + "hooks: {post_start: [{command: x, delay: -1}]}",
        "lake/service.yaml:3 hooks.post_start[0].delay: should be a number of seconds, got -1.",
    ),
}


@pytest.mark.parametrize(("text", "error"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_line_and_a_fix(root: Path, text: str, error: str) -> None:
    assert errors(text, root) == [error]


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = "name: lake\nimage: {}\ndefault: 3\nfils: []\nenv_vars:\n  A: {secret: 1}\n"
    lines = [error.split(" ")[0] for error in errors(text)]
    assert sorted(lines) == [f"lake/service.yaml:{line}" for line in (2, 3, 4, 6)]


ONE_SHOTS: dict[str, tuple[str, bool]] = {
    "said": ("name: lake\none_shot: true", True),
    "a companion by a dash": ("name: lake-setup", True),
    "a companion by an underscore": ("name: lake_setup", True),
    "never restarted": ('name: lake\ncompose: {restart: "no"}', True),
    "never restarted, without quotes": ("name: lake\ncompose: {restart: no}", True),
    "restarted": ("name: lake\ncompose: {restart: always}", False),
    "nothing said": ("name: setup", False),
    "denied": ('name: lake-setup\none_shot: false\ncompose: {restart: "no"}', False),
}


@pytest.mark.parametrize(("text", "is_one_shot"), ONE_SHOTS.values(), ids=ONE_SHOTS)
def test_one_shots_are_told_from_services(text: str, is_one_shot: bool) -> None:
    assert parse(f"{text}\nimage: x").is_one_shot is is_one_shot
