"""What people get wrong: each is reported with its place and a fix, ends with the right code, and changes nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from phlo.cli import exits
from phlo.discovery import ServiceDiscovery
from tests.unit.cli.test_main import Said, phlo_says

_DISABLED = ", ".join(service.name for service in ServiceDiscovery().get_default_services())
BASE = f"name: lab\nservices:\n  disabled: [{_DISABLED}]\n  web: {{type: inline, image: example/web:1}}\n"
ROLE = "name: shop\nimage: example/shop:1\ndefault: true\n"
VALIDATE = ["config", "validate"]
LIST = ["inventory", "list", "-i", "hosts.yaml"]


def says(folder: Path, words: list[str], files: dict[str, str | bytes]) -> Said:
    for name, content in {"phlo.yaml": BASE, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return phlo_says(words, folder)


def with_entry(text: str) -> dict[str, str | bytes]:
    return {"phlo.yaml": f"{BASE}  api: {text}\n"}


COMMAND_LINE = [
    (["up", "-C", "nowhere"], "--project-dir: there is no folder nowhere. Check the path"),
    (["plan", "-i", "nope.yaml"], "nope.yaml: there is no such file. Check the name; it was looked for in "),
    (["plan", "-e", "foo"], "-e foo: should be NAME=value or @FILE. Write letters"),
    (["plan", "-e", "a b=c"], '-e a: "a" is not NAME=value. Put a value with spaces'),
    (["plan", "-e", "@nope.yaml"], "nope.yaml: there is no such file. Check the name"),
    (["plan", "--profile", "nope"], '--profile: there is no profile "nope". Known: '),
    (["plan", "-p", "Bad Name"], '--project-name: "Bad Name" cannot name a project. Use small letters'),
    (["plan", "-o", "."], ": is a folder. Name a file in it."),
    (["up", "--forks"], "phlo up: --forks needs a value, N. See `phlo up --help`."),
    (["up", "--forks", "0"], 'phlo up: --forks: "0" is not a whole number from 1 on. See'),
    (["play"], "phlo play: needs FILE. See `phlo play --help`."),
    (["run", "web.backup"], 'phlo run: there is no task "web.backup". Did you mean "backup"?'),
    (["run", "backupp"], 'phlo run: there is no task "backupp". Did you mean "backup"?'),
    (["history", "show", "last"], "there is no record of any run yet. `phlo up` creates the first one."),
    (["secrets", "get", "NOPE"], 'there is no secret "NOPE". `phlo secrets list` shows those there are.'),
    (["services", "graph", "-o", "x.pdf"], 'phlo services graph -o: ".pdf" is not a known format. Let it end with '),
    (
        ["services", "add", "x", "--image", "i", "--port", "y"],
        'phlo services add --port: should be HOST:CONTAINER, got "y"',
    ),
    (["services", "add", "x", "--image", "Bad I"], "phlo services add --image: should be [REGISTRY/]NAME[:TAG]"),
    (
        ["services", "add", "x", "--image", "i", "--env", "A"],
        'phlo services add --env: "A" is not NAME=VALUE. Write for example',
    ),
    (["services", "open", "wbe"], 'there is no service "wbe". Did you mean "web"?'),
]

FILES: list[tuple[dict[str, str | bytes], list[str], str]] = [
    ({"phlo.yaml": b"name: lab\n# caf\xe9\n"}, VALIDATE, "phlo.yaml:2: is not UTF-8 text"),
    (
        {"phlo.yaml": "name: lab\n# \x01\n"},
        VALIDATE,
        "phlo.yaml:2: has the character U+0001, which YAML does not allow.",
    ),
    ({"phlo.yaml": "name: a\n---\nname: b\n"}, VALIDATE, "phlo.yaml:2: is not valid YAML: there is a second document"),
    ({".phlo/.env": b"A=1\nB=caf\xe9\n"}, VALIDATE, ".phlo/.env:2: is not UTF-8 text"),
    (with_entry("{type: inlne, image: x}"), VALIDATE, 'phlo.yaml:5 services.api.type: should be inline, got "inlne".'),
    (with_entry("{type: inline, image: Bad I}"), VALIDATE, "phlo.yaml:5 services.api.image: should be [REGISTRY/]NAME"),
    ({"hosts.yaml": "- a\n"}, LIST, "hosts.yaml:1: should be a mapping. Write groups with their hosts"),
    ({"hosts.yaml": "[web]\na\n[web:x]\n"}, LIST, 'hosts.yaml:3: "x" is not a kind of section. Write [GROUP]'),
    (
        {"hosts.yaml": "all:\n  children:\n    a: {children: {b: {}}}\n    b: {children: {a: {}}}\n"},
        LIST,
        'hosts.yaml:4 all.children.b.children.a: the groups "b" and "a" are inside each other. Take one',
    ),
    ({"roles/shop/service.yaml": "name: ["}, VALIDATE, "roles/shop: cannot be used, and is skipped. Fix the errors"),
    (
        {
            "roles/shop/service.yaml": f"{ROLE}templates: [{{source: x.j2, dest: /x}}]\n",
            "roles/shop/templates/x.j2": "{% if %}",
        },
        VALIDATE,
        "shop/templates/x.j2:1: is not a valid template: ",
    ),
    (
        {
            "roles/shop/service.yaml": f"{ROLE}templates: [{{source: x.j2, dest: /x}}]\n",
            "roles/shop/templates/xy.j2": "",
        },
        VALIDATE,
        'there is no "x.j2" in the role\'s templates/. Did you mean "xy.j2"?',
    ),
    (
        {"roles/shop/service.yaml": ROLE, "roles/shop/tasks/main.yaml": "name: x\n"},
        VALIDATE,
        "roles/shop/tasks/main.yaml:1: has no tasks. Write a list of tasks",
    ),
    (
        {"roles/shop/service.yaml": ROLE, "roles/shop/tasks/main.yaml": "- name: x\n  exec: {comand: ls}\n"},
        VALIDATE,
        'roles/shop/tasks/main.yaml:2 [0].exec.comand: there is no argument "comand". Did you mean "command"?',
    ),
    (
        {"roles/shop/service.yaml": ROLE, "roles/shop/tasks/main.yaml": "- exec: ls\n  notify: nobody\n"},
        VALIDATE,
        'roles/shop/tasks/main.yaml:2 [0].notify: there is no handler "nobody". Write it under handlers',
    ),
    ({"site.yaml": "hosts: all\n"}, ["play", "site.yaml"], "site.yaml:1: a playbook should be a list, got a mapping."),
    (
        {"site.yaml": "- hosts: all\n  tasks:\n    - debug: {msgg: x}\n"},
        ["play", "site.yaml"],
        'site.yaml:3 [0].tasks[0].debug.msgg: there is no argument "msgg". Did you mean "msg"?',
    ),
    (
        {"phlo.yaml": f"{BASE}configs: {{c: {{file: nope.conf}}}}\n".replace("web:1}", "web:1, configs: [c]}")},
        VALIDATE,
        "phlo.yaml:5 configs.c: nope.conf cannot be read: No such file or directory. Correct the path",
    ),
]


@pytest.mark.parametrize(
    ("words", "message"), COMMAND_LINE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_mistake_on_the_command_line_is_told_with_its_fix(words: list[str], message: str, tmp_path: Path) -> None:
    said = says(tmp_path, words, {})
    assert (said.code, said.out) == (exits.USAGE, "")
    assert message in said.err
    assert (tmp_path / "phlo.yaml").read_text() == BASE


@pytest.mark.parametrize(("files", "words", "message"), FILES, ids=[message[:60] for _, _, message in FILES])
def test_a_mistake_in_a_file_is_told_with_its_line_and_fix(
    files: dict[str, str | bytes], words: list[str], message: str, tmp_path: Path
) -> None:
    said = says(tmp_path, words, files)
    assert said.code == exits.USAGE
    assert message in said.err
    assert [line for line in said.err.splitlines() if line.startswith("✗") and not re.search(r"[.?:] \S", line)] == []


def test_an_unset_variable_is_empty_as_in_compose_and_told_with_its_line_and_fix(tmp_path: Path) -> None:
    said = says(tmp_path, VALIDATE, with_entry("{type: inline, image: x, environment: {A: '${NOPE}'}}"))
    assert said.code == exits.OK
    assert "! phlo.yaml:5 services.api.environment.A: the variable NOPE is not set; an empty text" in said.err
    assert "Set it in .phlo/.env, or write ${NOPE:-}" in said.err


def test_a_service_that_an_inventory_misspells_is_told_by_validate(tmp_path: Path) -> None:
    inventory = "all:\n  services: [wbe]\n  hosts: {local: {}}\n"
    said = says(tmp_path, [*VALIDATE, "-i", "hosts.yaml"], {"hosts.yaml": inventory})
    assert said.code == exits.OK
    assert 'hosts.yaml:2: there is no service "wbe" to place. Did you mean "web"?' in said.err


def test_no_task_of_the_name_to_start_at_is_an_error(tmp_path: Path) -> None:
    playbook = "- hosts: all\n  tasks:\n    - {name: greet, debug: {msg: x}}\n"
    said = says(tmp_path, ["play", "site.yaml", "--check", "--start-at-task", "gret"], {"site.yaml": playbook})
    assert said.code == exits.USAGE
    assert '--start-at-task: no task is called "gret". `phlo run play site.yaml --list-tasks`' in said.err


def test_of_many_names_only_the_first_ones_are_listed(tmp_path: Path) -> None:
    services = "".join(f"  s{number:02}: {{type: inline, image: x}}\n" for number in range(40))
    said = says(tmp_path, ["services", "show", "q"], {"phlo.yaml": BASE + services})
    assert said.code == exits.USAGE
    assert re.search(r"Known: .* and \d+ more\.", said.err)
    assert len(said.err) < 500


@pytest.mark.parametrize("words", [["services", "disable", "web"], ["init", "new"], ["plugin", "create", "x"]])
def test_a_folder_that_may_not_be_written_to_is_no_fault_of_phlo(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object, *args: object, **kwargs: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    folder = tmp_path / "lab"
    says(folder, VALIDATE, {})
    monkeypatch.setattr("os.mkdir", refused)
    monkeypatch.setattr("tempfile.mkstemp", lambda **kwargs: refused(kwargs["dir"]))
    said = phlo_says(words, folder)
    assert said.code == exits.USAGE
    assert "Permission denied. Give it back to who runs phlo" in said.err
    assert "fault in phlo" not in said.err


def test_down_with_a_service_says_what_to_use(tmp_path: Path) -> None:
    said = phlo_says(["down", "web"], tmp_path)
    assert said.code == exits.USAGE
    assert "phlo down: takes no service, got web. `phlo stop SERVICE` stops a service" in said.err


@pytest.mark.parametrize("word", ["--bogus", "--bogux", "--xyz"])
def test_no_option_is_suggested_that_is_unlike_what_was_typed(word: str, tmp_path: Path) -> None:
    for verb in ("up", "plan", "down"):
        said = phlo_says([verb, word], tmp_path)
        assert said.code == exits.USAGE
        assert "Did you mean" not in said.err


def test_an_option_with_a_slip_is_suggested(tmp_path: Path) -> None:
    assert 'Did you mean "--check"?' in phlo_says(["up", "--chek"], tmp_path).err


def test_a_service_is_shown_with_the_defaults_and_meanings_of_its_variables(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false, enabled: [postgres]}\n")
    said = phlo_says(["services", "show", "postgres"], tmp_path)
    lines = [line.split(maxsplit=2) for line in said.out.splitlines()]
    assert ["VARIABLE", "DEFAULT", "MEANING"] in lines
    rows = {line[0]: line[1:] for line in lines if len(line) == 3}
    assert rows["POSTGRES_PORT"][0] == "5432"
    assert rows["POSTGRES_PASSWORD"][0] == "generated"
    data = json.loads(phlo_says(["services", "show", "postgres", "--json"], tmp_path).out)
    assert {"name", "default", "description", "secret"} == set(data["variables"][0])
