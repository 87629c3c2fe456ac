"""YAML with the line of every value, so that an error can name it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from phlo.errors import ConfigError, PhloError, nearest
from phlo.frozen import dataclass
from phlo.values import Source

Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

UNREADABLE_FIX = "Check what it is, and that you may read it."
_LOOK = "Look at the indentation, brackets and quotes of this line and the one before it."

# More than any real file has; aliases of aliases can make a small file this large.
MOST_VALUES = 200_000

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """A parsed YAML file.

    data:  plain Python values (dict, list, str, int, ...), keys of mappings always str; an empty file is {}.
    label: the name shown in errors.
    marks: keys from the root -> (line, column), both from 1; a mapping's entry has its key's position.
    """

    data: Any
    label: str
    marks: Mapping[Keys, tuple[int, int]]

    def source(self, *keys: str | int, layer: str = "file") -> Source:
        """Where `keys` stands; of a key that is not in the file, where its nearest parent stands."""
        for end in range(len(keys), -1, -1):
            mark = self.marks.get(tuple(keys[:end]))
            if mark:
                return Source(layer=layer, path=self.label, line=mark[0], column=mark[1])
        return Source(layer=layer, path=self.label)

    def where(self, *keys: str | int) -> str:
        """`phlo.yaml:7 services.dagster.ports[0]`, for `PhloError.where`."""
        dotted = dotted_name(keys)
        return f"{self.source(*keys)} {dotted}" if dotted else str(self.source())


def dotted_name(keys: tuple[str | int, ...]) -> str:
    """`("services", "x", "ports", 0)` -> `services.x.ports[0]`."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else (f".{key}" if text else key)
    return text


def load_yaml(
    path: Path, *, label: str | None = None, error: type[PhloError] = ConfigError, loader: type[Any] = Loader
) -> YamlDocument:
    """Read and parse a YAML file.

    label: what errors call the file; None: the path as given. loader: what says how scalars and tags are read.
    Raises `error` when the file cannot be read, is not UTF-8, is not YAML, has a duplicate key or an alias cycle.
    """
    label = label or str(path)
    return parse_yaml(read_text(path, label=label, error=error), label=label, error=error, loader=loader)


def read_text(path: Path, *, label: str, error: type[PhloError] = ConfigError) -> str:
    """A file's text. Raises `error` when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise error("there is no such file", where=label, fix=missing_file_fix(path)) from None
    except UnicodeDecodeError as reason:
        raise not_utf8(reason, label=label, error=error) from None
    except OSError as reason:
        raise error(f"cannot be read: {reason.strerror}", where=label, fix=UNREADABLE_FIX) from None


def missing_file_fix(path: Path) -> str:
    """What to do about a file that is not there: the nearest name in its folder, if there is one."""
    try:
        names = {entry.stem: entry.name for entry in sorted(path.parent.iterdir())}
    except OSError:
        return f"There is no folder {path.parent} either: check the path."
    near = nearest(path.stem, names)
    return f'Did you mean "{names[near]}"?' if near else f"Check the name; it was looked for in {path.parent}."


def not_utf8(reason: UnicodeDecodeError, *, label: str, error: type[PhloError] = ConfigError) -> PhloError:
    """The error for a file that is no UTF-8 text, with the line where it stops being one."""
    line = reason.object[: reason.start].count(b"\n") + 1
    what = f"is not UTF-8 text ({reason.reason} at byte {reason.start})"
    return error(what, where=f"{label}:{line}", fix="Save the file as UTF-8.")


def parse_yaml(
    text: str, *, label: str, error: type[PhloError] = ConfigError, loader: type[Any] = Loader
) -> YamlDocument:
    """Parse YAML text; errors as in `load_yaml`."""
    try:
        reader = loader(text)
        try:
            node = reader.get_single_node()
            marks: dict[Keys, tuple[int, int]] = {}
            if node is None:
                return YamlDocument(data={}, label=label, marks=marks)
            _mark(node, (), marks, label, error, frozenset())
            data = reader.construct_document(node)
        finally:
            reader.dispose()
    except yaml.MarkedYAMLError as reason:
        mark = reason.problem_mark or reason.context_mark
        where = f"{label}:{mark.line + 1}" if mark else label
        lines = text.splitlines()
        shown = [f"    {lines[mark.line]}", f"    {' ' * mark.column}^"] if mark and mark.line < len(lines) else []
        problem, fix = reason.problem or reason.context, _LOOK
        if mark and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
            fix = "Indent with spaces, not with tabs."
        elif problem == "but found another document":
            problem, fix = "there is a second document in it", "Remove the line ---, or put the rest into its own file."
        raise error(f"is not valid YAML: {problem}", where=where, fix=fix, detail=shown) from None
    except yaml.reader.ReaderError as reason:
        where = f"{label}:{text.count(chr(10), 0, int(reason.position)) + 1}"
        what = f"has the character U+{int(reason.character):04X}, which YAML does not allow"
        raise error(what, where=where, fix="Remove it; a text in quotes may have it as an escape.") from None
    except yaml.YAMLError as reason:
        raise error(f"is not valid YAML: {reason}", where=label, fix=_LOOK) from None
    except ValueError as reason:  # an impossible date or number, by the constructor
        raise error(f"has a value that is not valid: {reason}", where=label) from None
    return YamlDocument(data=data, label=label, marks=marks)


def _mark(
    node: Any,
    keys: Keys,
    marks: dict[Keys, tuple[int, int]],
    label: str,
    error: type[PhloError],
    parents: frozenset[int],
) -> None:
    if id(node) in parents:
        raise error("an alias refers to itself", where=f"{label}:{node.start_mark.line + 1}")
    if len(marks) > MOST_VALUES:
        raise error(f"has more than {MOST_VALUES:,} values", where=label, fix="Is it the right file? Mind the aliases.")
    marks.setdefault(keys, (node.start_mark.line + 1, node.start_mark.column + 1))
    inside = parents | {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else str(key_node)
            line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
            if key in seen and key != "<<":
                where = f"{label}:{line} {dotted_name((*keys, key))}"
                raise error("this key stands twice", where=where, fix="Keep one of the two.")
            seen.add(key)
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
                key_node.tag = "tag:yaml.org,2002:str"  # `ON:` and `80:` are names, not True and the number
            marks[(*keys, key)] = (line, column)
            _mark(value_node, (*keys, key), marks, label, error, inside)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _mark(item, (*keys, index), marks, label, error, inside)
