"""The pages of the documentation that are made out of the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from phlo.cli.help import verb_help
from phlo.cli.verbs import VERBS
from phlo.compose.attribute import Override
from phlo.compose.attributes import ATTRIBUTES, Support, names
from phlo.compose.engine.column import OLDEST_API
from phlo.compose.files import BUILD_HONOURED, BUILD_REFUSED, BUILD_WARNED, BUILDKIT_ONLY
from phlo.compose.limits import DEPLOY_WARNED
from phlo.compose.scalars import keyed_texts
from phlo.config.capability_types import KNOWN, Fact
from phlo.config.project_file import PHLO_KEYS, ROLE_KEYS
from phlo.config.project_models import project_schema
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.role import read_role
from phlo.playbook.modules import MODULES_INSTEAD
from phlo.playbook.operations import Operations
from phlo.report.operation_docs import markdown_of
from scripts.docs import ansible, api
from scripts.docs.errors import kind_code, kinds, shown_errors
from scripts.docs.service_versions import read_versions

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
PACKAGES = ROOT / "packages"

_TYPES = {
    "string": "text",
    "number": "number",
    "integer": "whole number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}


def generated() -> dict[Path, str]:
    """Every generated page: where it stands, and its text."""
    return {
        REFERENCE / "commands.md": commands_page(),
        REFERENCE / "phlo-yaml.md": project_file_page(),
        REFERENCE / "compose-attributes.md": attributes_page(),
        REFERENCE / "operations.md": operations_page(),
        REFERENCE / "ansible-modules.md": modules_page(),
        REFERENCE / "capabilities.md": capabilities_page(),
        REFERENCE / "services.md": services_page(),
        REFERENCE / "errors.md": errors_page(),
        ansible.PAGE: ansible.from_ansible_page(),
        api.PAGE: api.api_page(),
    }


def modules_page() -> str:
    """What to write instead of modules of Ansible."""
    text = (
        "phlo's operations are listed in [Operations](operations.md); those with the name of an Ansible module\n"
        "mean the same. For the modules below, an error names the file, the line, and what to write instead.\n"
        "Written by `invoke docs` from the code."
    )
    rows = [f"| `{name}` | {fix} |" for name, fix in sorted(MODULES_INSTEAD.items())]
    return _page(
        ["# Modules of Ansible that phlo does not have", text, "\n".join(["| module | instead |", "|---|---|", *rows])]
    )


def commands_page() -> str:
    """The help of every command."""
    parts = ["# Commands", "Written by `invoke docs` out of the commands themselves."]
    for verb in VERBS:
        parts += [f"## phlo {verb.name}", f"```text\n{verb_help(verb, 100).rstrip()}\n```"]
    return _page(parts)


def operations_page() -> str:
    """Every operation that tasks can use, packages' own left out."""
    operations = Operations(installed={})
    parts = [
        "# Operations",
        (
            "Written by `invoke docs` out of the operations themselves; `phlo docs operation NAME` prints the same, for"
            "\nthose of installed packages as well. How tasks use them: [tasks and playbooks](../guides/playbooks.md)."
        ),
    ]
    parts += [markdown_of(name, operations.find(name)).rstrip() for name in sorted(operations.names())]
    return _page(parts)


def capabilities_page() -> str:
    """Every capability that phlo knows by name, with its facts."""
    page = [
        "# Capabilities",
        (
            "Written by `invoke docs` out of the table that phlo checks them against. What they are for is in"
            "\n[service.yaml](../guides/service-yaml.md#capabilities). A capability that is not listed here may have"
            "\nany facts, and they are not checked."
        ),
    ]
    for name, known in KNOWN.items():
        many = " Many services may provide it at once; who wants it gets a list, each entry with `service` and `host`."
        rows = [(f"`{fact}`", one.kind, _need(one), one.meaning) for fact, one in known.facts.items()]
        page += [f"## {name}", known.meaning + (many if known.is_collected else "")]
        page += [_table(("fact", "kind", "", "meaning"), rows)]
    return _page(page)


def errors_page() -> str:
    """Every error that phlo can show, with its exit code and fix."""
    page = [
        "# Errors",
        (
            "Written by `invoke docs` out of the code that raises them. An error says where, what is wrong, and what to"
            "\ndo about it; this page lists the last two, by what you were doing. Words in capitals stand for what only"
            "\nthe message itself knows: a name, a file, the words of the Docker engine or of another program."
            "\n[Troubleshooting](../guides/troubleshooting.md) tells more of those that people meet most."
        ),
        "## Kinds",
        _table(
            ("kind", "when", "exit code"),
            [
                (f"`{name}`", _escaped((kind.__doc__ or "").splitlines()[0]), str(kind_code(name)))
                for name, kind in kinds().items()
            ],
        ),
        (
            "A service whose old version was restored ends with 5 in the place of 1. What the codes mean is in"
            "\n[exit codes](exit-codes.md)."
        ),
    ]
    for topic, shown in shown_errors().items():
        rows = [(_escaped(one.what), _escaped(one.fix), str(one.code)) for one in shown]
        page += [f"## {topic}", _table(("what it says", "what to do", "exit code"), rows)]
    return _page(page)


def _escaped(text: str) -> str:
    """A text for a table cell."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    plain = (re.sub(r"([*_<>\[\]{}])", r"\\\1", part) if index % 2 == 0 else part for index, part in enumerate(parts))
    return "".join(plain).replace("|", "\\|")


def services_page() -> str:
    """Every service package of this repository: its services, what they offer and need, and its actions."""
    page = [
        "# Service packages",
        (
            "Written by `invoke docs` out of the packages themselves. How to configure one is in its README; what"
            "\n`phlo plugin search` shows is the registry, which has those that are planned as well."
        ),
    ]
    page += [
        "## Versions",
        "The version that each package pins. A test fails when the end of life of one has passed.",
        _table(
            ("service", "version", "from", "end of life", "tested together with"),
            [
                (
                    f"`{service}`",
                    one.version,
                    one.origin,
                    f"{one.ends}: {one.basis}" if one.ends else one.basis,
                    _listed(f"examples/{name}" for name in one.platforms) or "the tests of its package",
                )
                for service, one in read_versions().items()
            ],
        ),
    ]
    for package in sorted(PACKAGES.glob("*/pyproject.toml")):
        name, source = package.parent.name, package.parent / "src" / package.parent.name.replace("-", "_")
        services = read_role(source, label=name, kind="package")
        actions = [path.stem for path in sorted((source / "tasks").glob("*.yaml")) if path.stem != "main"]
        page += [
            f"## {name}",
            f"{services[0].description}. [README](../../packages/{name}/README.md)",
            _table(
                ("service", "starts", "version", "provides", "requires", "wants"),
                [
                    (
                        f"`{service.name}`",
                        _start(service),
                        service.version or "",
                        _listed(service.provides),
                        _listed(service.requires),
                        _listed(service.wants),
                    )
                    for service in services
                ],
            ),
            f"Actions: {_listed(f'phlo run {services[0].name}.{action}' for action in actions)}." if actions else "",
        ]
    return _page(page)


def _start(service: ServiceDefinition) -> str:
    if service.profile:
        return f"with the profile `{service.profile}`"
    return "by default" if service.default else "when chosen or needed"


def _need(fact: Fact) -> str:
    if fact.default is not None:
        return f"default `{fact.default}`"
    words = ["required"] if fact.is_required else []
    return ", ".join([*words, *(["may be claimed"] if fact.is_claimed else [])])


# -- phlo.yaml -----------------------------------------------------------------------------------------


def project_file_page() -> str:
    """Every key of phlo.yaml, from its JSON Schema."""
    schema = project_schema()
    parts: Mapping[str, Any] = schema["$defs"]
    override: Mapping[str, Any] = parts["ServiceOverride"]["properties"]
    compose = [key for key in override if key not in (*PHLO_KEYS, *ROLE_KEYS)]
    page = [
        "# phlo.yaml",
        (
            "Written by `invoke docs` out of the schema that `phlo config schema` prints. How overrides merge, and what"
            "\nvariables are, is in [configuration](../guides/configuration.md)."
        ),
        "Keys that begin with `x-` are allowed everywhere and ignored.",
        "## The file",
        _keys_table(schema["properties"], schema["properties"]),
        "## services",
        "`services.NAME` is an override of the service of that name or, with `type: inline`, a service of its own.",
        _keys_table(parts["Services"]["properties"], parts["Services"]["properties"]),
        "### What phlo decides",
        _keys_table(override, PHLO_KEYS),
        "### The container",
        (
            "In the words of a Compose service. What phlo does with each attribute is in"
            "\n[this table](compose-attributes.md)."
        ),
        _keys_table(override, compose),
        "### Inline services only",
        "What a role says in [service.yaml](../guides/service-yaml.md); for a package's service the package says it.",
        _keys_table(override, ROLE_KEYS),
    ]
    for name, part in sorted(parts.items()):
        if name in ("ServiceOverride", "Services"):
            continue
        page += [f"## {name}", part.get("description", ""), _keys_table(part["properties"], part["properties"])]
    return _page(page)


def _keys_table(properties: Mapping[str, Any], keys: Iterable[str]) -> str:
    rows = [(f"`{key}`", _form(properties[key]), _meaning(properties[key])) for key in keys]
    return _table(("key", "form", "meaning"), rows)


def _meaning(part: Mapping[str, Any]) -> str:
    default = part.get("default")
    said = str(part.get("description", ""))
    return f"{said} Default: `{default}`.".strip() if isinstance(default, str) else said


def _form(part: Mapping[str, Any]) -> str:
    """What a value looks like, in words; links to the table of a mapping with known keys."""
    if "$ref" in part:
        name = str(part["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name != "ServiceOverride" else "mapping"
    if "const" in part:
        return f"`{part['const']}`"
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if "anyOf" in part:
        return " or ".join(form for option in part["anyOf"] if (form := _form(option)))
    types = part.get("type", [])
    names = [types] if isinstance(types, str) else list(types)
    inner = part.get("additionalProperties")
    if names == ["object"] and isinstance(inner, Mapping):
        return f"mapping of names to {_form(inner)}"
    if names == ["array"] and isinstance(part.get("items"), Mapping):
        return f"list of {_form(part['items'])}"
    if "minimum" in part and "maximum" in part:
        return f"{part['minimum']} to {part['maximum']}"
    return " or ".join(_TYPES[name] for name in names if name != "null")


# -- Compose attributes -----------------------------------------------------------------------------------


def attributes_page() -> str:
    """What phlo does with each attribute of a Compose service."""
    properties = project_schema()["$defs"]["ServiceOverride"]["properties"]
    return _page(
        [
            "# Compose attributes",
            (
                "Written by `invoke docs` from the table that phlo reads services with. The details of each attribute"
                "\nare in the Compose specification. An attribute that is in none of these tables is an error, which"
                "\nnames the nearest one; `x-*` is ignored."
            ),
            "## Honoured",
            (
                "The last columns: where the attribute is in the Docker Engine API, what needs an API newer than 1.41,"
                "\nand whether a service on a [Swarm](../guides/swarm.md) may have it."
            ),
            _table(
                ("attribute", "meaning", "an override in phlo.yaml", "in the engine", "newer API", "on a Swarm"),
                [_honoured(name, properties.get(name, {})) for name in sorted(names(Support.HONOURED))],
            ),
            "## Warned about",
            "Read, named in a warning, and without effect.",
            _table(("attribute", "why"), [(f"`{name}`", text) for name, text in _notes(Support.WARNED)]),
            "## Refused",
            "An error, with what to do instead.",
            _table(("attribute", "instead"), [(f"`{name}`", text) for name, text in _notes(Support.REFUSED)]),
            "## deploy",
            (
                "`replicas`, `resources`, `restart_policy` and `update_config` are honoured. These have an effect only"
                "\nin a [Swarm](../guides/swarm.md), and are warned about elsewhere: `mode: global`,"
                f"\n{_listed(DEPLOY_WARNED)};\nof `update_config`: `monitor`. Elsewhere `failure_action: rollback`"
                " means `pause`."
            ),
            "## build",
            (
                f"Honoured: {_listed(BUILD_HONOURED)}; roles also have `base`, the Debian release"
                f"\nof the base image. Warned about: {_listed(BUILD_WARNED)}."
                f"\nRefused: {_listed(BUILD_REFUSED)}. Only BuildKit has {_listed(BUILDKIT_ONLY)};"
                "\n`cache_from` and `cache_to` have an effect where BuildKit builds."
            ),
        ]
    )


def _honoured(name: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    row = ATTRIBUTES[name]
    paths: tuple[str, ...] = ()
    newer = []
    if row.engine:
        paths = row.engine.paths
        newer = [f"`{part}`: {_dotted(since)}" for part, since in row.engine.parts_since.items()]
        newer += [_dotted(row.engine.since)] if row.engine.since > OLDEST_API else []
    swarm = "refused" if row.is_refused_on_swarm else "honoured"
    return (f"`{name}`", row.description, _merging(name, part), _listed(paths), ", ".join(newer), swarm)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _notes(support: Support) -> list[tuple[str, str]]:
    return [(name, ATTRIBUTES[name].note) for name in sorted(names(support))]


def _merging(name: str, part: Mapping[str, Any]) -> str:
    """How an override of the attribute is merged with what the role says."""
    row = ATTRIBUTES[name]
    if row.merge.override is Override.APPENDED:
        return (
            "appended"
            if name == "extra_hosts"
            else "appended; an entry with the same path in the container is replaced"
        )
    if row.read is keyed_texts or name == "sysctls":
        return "merged by name"
    if row.merge.override is Override.REPLACED or "object" not in part.get("type", ()):
        return "replaced"
    return "merged" if "array" not in part["type"] and "string" not in part["type"] else "merged, if both are mappings"


# -- Markdown -----------------------------------------------------------------------------------------------


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(_row(cells) for cells in (head, ["---"] * len(head), *rows))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
