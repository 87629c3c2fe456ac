"""The part of docs/guides/from-ansible.md that is written from the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from phlo.ansible_import.container import INSTEAD as OPTIONS_INSTEAD
from phlo.ansible_import.container import RENAMED, WITHOUT_MEANING
from phlo.ansible_import.playbook import RENAMED_MODULES
from phlo.playbook.filters import FILTERS, TESTS
from phlo.playbook.keywords import BLOCK, INSTEAD, META, META_INSTEAD, PLAY, TASK
from phlo.playbook.lookups import LOOKUPS
from phlo.playbook.modules import MODULES_INSTEAD, NOT_OF_ANSIBLE
from phlo.playbook.operations import Operations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "from-ansible.md"
BEGIN, END = "<!-- written by `invoke docs` from the code -->", "<!-- end of what is written from the code -->"


def from_ansible_page() -> str:
    """The page with its tables as the code has them."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def tables() -> str:
    """What is equal, renamed, different by design, and refused."""
    operations = Operations(installed={}).names()
    # Names with a collection, and the many spellings of one thing, say nothing new.
    short = [name for name in (*FILTERS, *TESTS) if "." not in name and name.isidentifier()]
    equal = [
        ("modules", operations - NOT_OF_ANSIBLE),
        ("keywords of plays", PLAY),
        ("keywords of blocks and tasks", {*BLOCK, *TASK} - {f"with_{name}" for name in LOOKUPS}),
        ("`meta`", META),
        ("lookups, and loops `with_NAME`", LOOKUPS),
        ("filters and tests", dict.fromkeys(short)),
    ]
    options = [(f"`{option}`", f"`{name}`") for option, name in sorted(RENAMED.items()) if option != name]
    modules = [
        (f"`{module}`: `{argument}`", f"`{operation}`: `{name}`")
        for module, (operation, names) in sorted(RENAMED_MODULES.items())
        for argument, name in names.items()
        if name and argument != name
    ]
    design = [(f"`{word}`", text) for word, text in sorted(INSTEAD.items()) if word != "when"]
    design += [(f"`meta: {word}`", text) for word, text in sorted(META_INSTEAD.items())]
    lost = [(f"`{option}`", f"{text[0].upper()}{text[1:]}.") for option, text in sorted(OPTIONS_INSTEAD.items())]
    parts = [
        "### Equal",
        "The full names with `ansible.builtin.` work as well.",
        _table(("what", "names"), [(what, _listed(sorted(names))) for what, names in equal]),
        "### Renamed by `phlo import ansible`",
        "Options of `docker_container` that a service has under another name:",
        _table(("option", "attribute of the service"), options),
        "Arguments of modules that become operations:",
        _table(("module", "operation"), modules),
        f"Without a meaning for a service, because phlo converges it: {_listed(sorted(WITHOUT_MEANING))}.",
        "### Different by design",
        "Each is refused with file, line and what to write instead.",
        _table(("Ansible", "instead"), design),
        "Options of `docker_container` that the import leaves out and lists:",
        _table(("option", "why"), lost),
        "### Refused modules",
        _table(("modules", "instead"), _grouped(MODULES_INSTEAD)),
    ]
    return "\n\n".join(parts)


def _grouped(instead: Mapping[str, str]) -> list[tuple[str, str]]:
    """Modules with the same alternative in one row."""
    found: dict[str, list[str]] = {}
    for name, text in sorted(instead.items()):
        found.setdefault(text, []).append(name)
    return [(_listed(names), text) for text, names in found.items()]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines)
