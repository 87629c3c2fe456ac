"""The file sets that are written by hand, in `corpus/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from tests.peers.compose.fileset import DEFAULT_FILE, FileSet, from_plain

_FOLDER = Path(__file__).with_name("corpus")
_OVERRIDE = "compose.override.yaml"
_VARIABLES = {"SET": "x", "EMPTY": "", "NUM": "1"}
_DOT_ENV = "D=./data\nP=8080\nA=127.0.0.1\nN=$SET-${NUM}\nQ='$SET'\nH=host\n"


def handmade() -> list[FileSet]:
    """All of them; their names are unique."""
    found = [*_attributes(), *_merges(), *_interpolation(), *_env_files(), *_whole()]
    names = [one.id for one in found]
    assert len(set(names)) == len(names), sorted(name for name in names if names.count(name) > 1)
    return found


def texts_for_any_engine() -> list[list[str]]:
    """Attributes with their texts that any engine can do, four spaces deep; those of different lists go together."""
    chosen, attributes = _read("anywhere"), _read("attributes")
    columns = [[f"{name}:{_value(text)}" for name in group for text in attributes[name]] for group in chosen["groups"]]
    return [[line for line in lines if not any(part in line for part in chosen["left_out"])] for lines in columns]


def service_text(attribute: str, text: str, *, image: bool = True) -> str:
    """A compose file with one service that has one attribute, as text."""
    own = [f"{attribute}:{_value(text)}"] if text != "-" else ["x-nothing: 1"]
    lines = ["image: app:1", *own] if image and attribute != "image" else own
    return "services:\n  web:\n" + "".join(f"    {line}\n" for line in lines)


def _value(text: str) -> str:
    """A value behind its key; further lines are indented below it."""
    first, *more = text.split("\n")
    return "\n".join([f" {first}".rstrip() if more else f" {first}", *(indent(line, " " * 6) for line in more)])


def _read(name: str) -> Any:
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _attributes() -> Iterator[FileSet]:
    for attribute, texts in _read("attributes").items():
        for text in texts:
            files = {DEFAULT_FILE: service_text(attribute, text)}
            yield FileSet(group="attributes", name=f"{attribute}: {text}", files=files)


def _merges() -> Iterator[FileSet]:
    for attribute, rows in _read("merges").items():
        for texts in rows:
            first, *over = (
                service_text(attribute, text, image=index == 0 and attribute != "build")
                for index, text in enumerate(texts)
            )
            names = [DEFAULT_FILE, _OVERRIDE, "third.yaml"][: len(texts)]
            yield FileSet(
                group="merges",
                name=f"{attribute}: {' + '.join(texts)}",
                files=dict(zip(names, [first, *over], strict=True)),
                use=tuple(names) if len(names) > 2 else (),
                environ={"C": "host"},
            )


def _interpolation() -> Iterator[FileSet]:
    data = _read("interpolation")
    rows = [("environment", f"\nR: {text}", text) for text in data["texts"]]
    rows += [
        (attribute, text, f"{attribute}: {text}") for attribute, texts in data["attributes"].items() for text in texts
    ]
    for attribute, text, name in rows:
        files = {DEFAULT_FILE: service_text(attribute, text), ".env": _DOT_ENV}
        yield FileSet(group="interpolation", name=name, files=files, environ=_VARIABLES)


def _env_files() -> Iterator[FileSet]:
    for text in _read("env_files"):
        name = repr(text)
        as_file = {DEFAULT_FILE: service_text("env_file", "x.env"), "x.env": text}
        yield FileSet(group="env files", name=f"env_file {name}", files=as_file, environ=_VARIABLES)
        as_dot_env = {DEFAULT_FILE: service_text("environment", '["A=${A}", "B=${B}", "C=${C}"]'), ".env": text}
        yield FileSet(group="env files", name=f".env {name}", files=as_dot_env, environ=_VARIABLES)


def _whole() -> Iterator[FileSet]:
    for group, sets in _read("files").items():
        for name, given in sets.items():
            yield from_plain(group, name, _plain(given))


def _plain(given: str | list[str] | Mapping[str, Any]) -> Mapping[str, Any]:
    texts = [given] if isinstance(given, str) else given
    if isinstance(texts, list):
        return {"files": dict(zip((DEFAULT_FILE, _OVERRIDE), texts, strict=False))}
    return given
