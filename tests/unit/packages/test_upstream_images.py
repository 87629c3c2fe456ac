"""The programs that our roles call are in upstream's images."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from phlo.discovery.definition import ServiceDefinition
from tests.unit.packages.test_packages_alike import PACKAGES, ROOT, services_of, source_of

IMAGES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "tests/support/upstream_images.yaml").read_text())
SERVICES = [
    pytest.param(package, service, id=service.name)
    for package in PACKAGES
    for service in services_of(package)
    if service.image
]
# Deleted from Docker Hub in September 2026; the engine answers "pull access denied".
GONE = {"minio/minio", "minio/mc"}
# What shells do themselves.
BUILTINS = r"\[\[?|cd|command|echo|exec|exit|export|local|printf|read|return|set|shift|test|trap|true|wait|:"
KEYWORDS = r"if|then|elif|else|while|until|do|\{|\(|!|exec|time"
OPERATORS = re.compile(r"[|&;()]+$")


def repository_of(service: ServiceDefinition) -> str:
    return re.sub(r":[^/:]+$", "", service.image or "")


def programs_of(script: str) -> set[str]:
    """The programs that a shell script calls: its functions and the shell's own commands are left out."""
    script = re.sub(r"(?m)(^|\s)#\s.*$|^#!.*|\{%.*?%\}|\$\(\([^)]*\)\)", "", script).replace("$$", "$")
    own = set(re.findall(r"(?m)\b(\w+)\(\)", script))
    found = {name for inner in re.findall(r"\$\(([^()<]+)\)", script) for name in programs_of(inner)}
    words = shlex.shlex(re.sub(r"\$\([^()]*\)", "0", script).replace("\n", " ; "), posix=True, punctuation_chars=True)
    words.whitespace_split, words.commenters = True, ""
    is_command = True
    for word in words:
        if OPERATORS.match(word) or re.fullmatch(KEYWORDS, word):
            is_command = True
        elif is_command and not re.match(r"\w+=", word):
            if re.fullmatch(r"[\w./-]*[A-Za-z][\w./-]*", word):
                found.add(word)
            is_command = False
    return {name for name in found - own if not re.fullmatch(f"{BUILTINS}|fi|done|esac|case|for", name)}


def called_by(command: Any) -> set[str]:
    """The programs of a command: a script, a list of words, or a list that gives a script to a shell."""
    if isinstance(command, str):
        return programs_of(command)
    words = [str(word) for word in command]
    if words[:1] == ["CMD-SHELL"]:
        return {"sh"} | programs_of(words[1])
    words = words[1:] if words[:1] == ["CMD"] else words
    program = Path(words[0]).name if words[0].startswith(("/usr/bin/", "/bin/")) else words[0]
    if program in ("sh", "bash") and re.fullmatch("-[a-z]*c", words[1]):
        return {program} | programs_of(words[2])
    return {program}


def commands_in(data: Any) -> Iterator[Any]:
    """Every command of a role's tasks that runs in its container."""
    if isinstance(data, dict):
        for key in ("exec", "wait_for"):
            if isinstance(data.get(key), dict) and "command" in data[key]:
                yield data[key]["command"]
        for value in data.values():
            yield from commands_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from commands_in(value)


@pytest.mark.parametrize(
    ("script", "programs"),
    [
        ("wget -q -O - http://x | grep -q '^up 1'", {"wget", "grep"}),
        ('exec 3<> /dev/tcp/x/1 && read -r a <&3; [[ $a == "200 OK" ]]', set()),
        ("A=1 B=2 exec mc ls here", {"mc"}),
        ('if [ "$1" = json ]; then\n  awk "{ print }"\nelse\n  cat\nfi', {"awk", "cat"}),
        ('x() { tr a b; }\nx | sort; y="$(uname -r)"', {"tr", "sort", "uname"}),
        ('# a comment\n[ -n "$there" ] || createdb --owner me  # and another', {"createdb"}),
        ("number=$((number + 1))", set()),
    ],
)
def test_the_programs_of_a_script_are_found(script: str, programs: set[str]) -> None:
    assert programs_of(script) == programs


def programs_called(package: Path, service: ServiceDefinition) -> set[str]:
    """The programs of the image that a service's health check, entry point, hooks, tasks and scripts call."""
    compose = service.compose
    commands = [compose["healthcheck"]["test"]] if "healthcheck" in compose else []
    commands += [compose["entrypoint"]] if "entrypoint" in compose else []
    if service.name == services_of(package)[0].name:
        tasks = sorted(source_of(package).glob("tasks/*.yaml"))
        commands += [command for path in tasks for command in commands_in(yaml.safe_load(path.read_text()))]
        commands += [command for path in source_of(package).glob("operations/*.py") for command in commands_of(path)]
    called = {program for command in commands for program in called_by(command)}
    for template in service.templates:
        text = (source_of(package) / template.source).read_text()
        if text.startswith("#!"):
            called |= {Path(text.split()[0]).name} | programs_of(text)
    return called


def commands_of(path: Path) -> Iterator[list[str]]:
    """The commands that a module of operations runs in a container: lists that begin with a shell and its option."""
    tree = ast.parse(path.read_text())
    texts = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.List) and len(node.elts) > 2 and ast.unparse(node.elts[0]) in ("'sh'", "'bash'"):
            script = node.elts[2]
            names = [one.id for one in ast.walk(script) if isinstance(one, ast.Name)]
            inner = [one.value for one in ast.walk(script) if isinstance(one, ast.Constant)]
            yield [ast.literal_eval(node.elts[0]), "-c", "".join([*(texts[one] for one in names), *inner])]


ALL = [pytest.param(package, service, id=service.name) for package in PACKAGES for service in services_of(package)]


@pytest.mark.parametrize(("package", "service"), ALL)
def test_every_program_that_a_role_calls_is_in_its_needs(package: Path, service: ServiceDefinition) -> None:
    assert service.needs is not None
    named = {name.removeprefix("/usr/bin/") for name in service.needs.programs}

    assert programs_called(package, service) - named == set()


@pytest.mark.parametrize(("package", "service"), ALL)
def test_needs_name_the_user_of_the_files_and_the_volumes(package: Path, service: ServiceDefinition) -> None:
    assert service.needs is not None
    owners = {template.owner for template in service.templates if template.owner and template.owner[0].isdigit()}
    mounts = [str(volume).split(":") for volume in service.compose.get("volumes", ())]
    written = {mount[1] for mount in mounts if mount[0][:1].isalpha() and mount[2:] != ["ro"]}

    assert {owner.partition(":")[0] for owner in owners} <= {str(service.needs.user)}
    assert set(service.needs.data) == written


@pytest.mark.parametrize(("package", "service"), SERVICES)
def test_upstreams_image_is_known_and_has_the_programs_that_the_role_needs(
    package: Path, service: ServiceDefinition
) -> None:
    assert repository_of(service) in IMAGES, "describe the image in tests/support/upstream_images.yaml"
    assert service.needs is not None
    needed = {name.removeprefix("/usr/bin/") for name in service.needs.programs}

    assert needed
    assert needed - set(IMAGES[repository_of(service)]["programs"]) == set()


def test_no_role_names_a_repository_that_was_deleted() -> None:
    named = {repository_of(service) for package in PACKAGES for service in services_of(package)}

    assert named & GONE == set()


@pytest.mark.parametrize(("package", "service"), SERVICES)
def test_a_java_option_that_excludes_another_is_in_no_variable_that_appends(
    package: Path, service: ServiceDefinition
) -> None:
    environment = service.compose.get("environment", {})
    appending = ("JAVA_OPTS", "JAVA_OPTS_APPEND", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTIONS")

    assert [name for name in appending if re.search(r"-XX:\+Use\w+GC", str(environment.get(name, "")))] == []
