"""Lookups of files on the control machine."""

from __future__ import annotations

import configparser
import csv
import glob
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.playbook.lookups.around import Around, LookupFailedError
from phlo.playbook.scope import final
from phlo.values import Secret


def contents(around: Around, terms: list[Any], lstrip: bool = False, rstrip: bool = True) -> list[Any]:
    found = []
    for name in terms:
        text = around.text(name)
        text = text.rstrip() if rstrip else text
        found.append(text.lstrip() if lstrip else text)
    return found


def decrypted(around: Around, terms: list[Any]) -> list[Any]:
    """The content of files as it is, of encrypted ones their decrypted content."""
    return [around.text(name) for name in terms]


def rendered(around: Around, terms: list[Any], template_vars: Mapping[str, Any] | None = None) -> list[Any]:
    """Template files, rendered with the variables that are in reach."""
    render = around.render
    found = []
    for name in terms:
        path = around.file(name, "templates")
        scope = render.scope.plus(final({**file_names(path), **(template_vars or {})}))
        value = render.templar.value_of_file(path, scope, label=str(name), folders=list(around.folders("templates")))
        if isinstance(value, Secret):
            render.secrets.append(value)
            value = value.reveal()
        found.append(value)
    return found


def file_names(path: Path) -> dict[str, Any]:
    """The names that a template file has besides variables."""
    return {"template_path": str(path), "template_fullpath": str(path), "ansible_managed": "Ansible managed"}


def matching(around: Around, terms: list[Any]) -> list[Any]:
    """Files, not folders, whose names match; a relative pattern in the first folder that has any."""
    return [path for term in terms for path in _matching(around, str(term))]


def _matching(around: Around, pattern: str) -> list[str]:
    path = Path(pattern).expanduser()
    folders = [Path()] if path.is_absolute() else list(around.folders("files"))
    for folder in folders:
        found = [name for name in sorted(glob.glob(str(folder / path))) if Path(name).is_file()]
        if found:
            return found
    return []


def first_found(
    around: Around, terms: list[Any], files: Any = None, paths: Any = None, skip: bool = False
) -> list[Any]:
    """The first file that is there. terms: names, or mappings of files, paths and skip."""
    options = {"files": files, "paths": paths} if files is not None else None
    for term in [*_flat(terms), *([options] if options else [])]:
        skip = skip or (isinstance(term, Mapping) and bool(term.get("skip", False)))
        for name in _names(term, paths):
            for kind in ("files", "templates", "vars"):
                if (found := around.find(name, kind)) is not None:
                    return [str(found)]
    if skip:
        return []
    raise LookupFailedError("none of the files is there", fix="Name one that is, or write skip: true.")


def _flat(terms: list[Any]) -> Iterator[Any]:
    for term in terms:
        if isinstance(term, (list, tuple)):
            yield from term
        else:
            yield term


def _names(term: Any, paths: Any) -> list[str]:
    if not isinstance(term, Mapping):
        return [f"{folder}/{term}" for folder in _list(paths)] or [str(term)]
    folders = _list(term.get("paths"))
    names = _list(term.get("files"))
    return [f"{folder}/{name}" for folder in folders for name in names] if folders else names


def _list(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [part for part in value.replace(",", ";").replace(":", ";").split(";") if part]
    return [str(item) for item in value]


def _with_words(term: Any, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The key of `key file=x col=2`, and the options that stand behind it."""
    key, *words = shlex.split(str(term))
    return key, {**options, **dict(word.partition("=")[::2] for word in words)}


def csvfile(
    around: Around,
    terms: list[Any],
    file: str = "ansible.csv",
    delimiter: str = "TAB",
    col: Any = 1,
    default: Any = None,
    keycol: Any = 0,
) -> list[Any]:
    """The column of the row whose first column is the key."""
    found = []
    for term in terms:
        key, options = _with_words(
            term, {"file": file, "delimiter": delimiter, "col": col, "default": default, "keycol": keycol}
        )
        mark = "\t" if options["delimiter"] in ("TAB", "t") else str(options["delimiter"])
        with around.file(options["file"], "files").open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream, delimiter=mark) if row]
        row = next((row for row in rows if row[int(options["keycol"])] == key), None)
        if row is not None:
            found.append(row[int(options["col"])])
        elif options["default"] is not None:
            found.append(options["default"])
    return found


def ini(
    around: Around, terms: list[Any], file: str = "ansible.ini", section: str = "global", default: Any = ""
) -> list[Any]:
    """A key of a section of an INI file."""
    found = []
    for term in terms:
        key, options = _with_words(term, {"file": file, "section": section, "default": default})
        parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
        parser.read_string(around.file(options["file"], "files").read_text(encoding="utf-8"))
        found.append(parser.get(options["section"], key, fallback=options["default"]))
    return found


FILE_LOOKUPS: Mapping[str, Callable[..., list[Any]]] = {
    "file": contents,
    "unvault": decrypted,
    "template": rendered,
    "fileglob": matching,
    "first_found": first_found,
    "csvfile": csvfile,
    "ini": ini,
}
