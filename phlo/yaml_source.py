"""YAML with the line of every value, so that an error can name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from phlo.bounded import MOST_CONFIGURATION_BYTES, read_file
from phlo.errors import ConfigError, PhloError, nearest
from phlo.frozen import dataclass, field
from phlo.values import Source

# YAML 1.1, as Ansible reads playbooks, tasks and inventories: `yes` is true, `22:22` a number to base 60.
Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PlaybookLoader(Loader):  # type: ignore[misc]
    """YAML 1.1, in which keys keep their types, as Ansible reads playbooks: `{1: a}` has the number 1."""

    has_typed_keys = True


class CoreLoader(Loader):  # type: ignore[misc]
    """YAML 1.2's core schema, as Compose reads its files: `yes` and `22:22` are texts, a date is one too.

    Like Compose it takes `0440` and `0o440` for octal numbers, and knows `<<`.
    """

    yaml_implicit_resolvers: Mapping[str, Any] = {}


_CORE_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)", "-+0123456789"),
    (
        "float",
        r"[-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9_]+|[0-9][0-9_]*)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)
for _tag, _pattern, _first in _CORE_SCALARS:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))

# Compose's tags: an attribute is taken away; it replaces what other files say instead of being merged with it.
RESET, OVERRIDE = "!reset", "!override"

UNREADABLE_FIX = "Check what it is, and that you may read it."
_LOOK = "Look at the indentation, brackets and quotes of this line and the one before it."

# More than any real file has; aliases of aliases can make a small file this large.
MOST_VALUES = 200_000
MOST_DEPTH = 100
# A text that may be nested deeper than this is looked through before the parser, which is recursive, gets it.
_SAFE_DEPTH = 1000
_SAFE_LENGTH = 500_000

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """A parsed YAML file.

    data:  plain Python values (dict, list, str, int, ...), keys of mappings always str, unless the
           loader has typed keys; an empty file is {}.
    label: the name shown in errors.
    marks: keys from the root -> (line, column), both from 1; a mapping's entry has its key's position.
    tags:  keys from the root -> RESET or OVERRIDE, of a file that was read by CoreLoader.
    """

    data: Any
    label: str
    marks: Mapping[Keys, tuple[int, int]]
    tags: Mapping[Keys, str] = field(default_factory=dict)

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
        return read_file(path, MOST_CONFIGURATION_BYTES).decode()
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
        if len(text) > _SAFE_LENGTH or _depth_bound(text) > _SAFE_DEPTH:
            check_size(text, label=label, error=error, loader=loader)
        reader = loader(text)
        try:
            node = reader.get_single_node()
            marks: dict[Keys, tuple[int, int]] = {}
            if node is None:
                return YamlDocument(data={}, label=label, marks=marks)
            _mark(node, (), marks, label, error, frozenset(), has_typed_keys=getattr(loader, "has_typed_keys", False))
            tags = _without_tags(node, reader) if isinstance(reader, CoreLoader) else {}
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
    return YamlDocument(data=data, label=label, marks=marks, tags=tags)


def _without_tags(node: Any, reader: Any, keys: Keys = ()) -> dict[Keys, str]:
    """Compose's tags below a node that has no alias to itself, by their keys; the nodes have YAML's own tags then."""
    found: dict[Keys, str] = {}
    if node.tag in (RESET, OVERRIDE):
        found[keys] = node.tag
        is_plain = isinstance(node, yaml.ScalarNode) and node.style in (None, "")
        node.tag = reader.resolve(type(node), getattr(node, "value", None), (is_plain, not is_plain))
    if isinstance(node, yaml.MappingNode):
        for key, item in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else str(key)
            found.update(_without_tags(item, reader, (*keys, name)))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            found.update(_without_tags(item, reader, (*keys, index)))
    return found


def _depth_bound(text: str) -> int:
    """No value of a YAML text is nested deeper: each level takes a bracket, or columns of indentation."""
    return text.count("[") + text.count("{") + 2 * max(map(len, text.splitlines()), default=0)


def check_size(text: str, *, label: str, error: type[PhloError] = ConfigError, loader: type[Any] = Loader) -> None:
    """Raise `error` for a text with too many values, aliases counted as what they stand for, or too deep a nesting.

    It looks at the parser's events, so neither recursion nor memory can run out meanwhile.
    """
    reader = loader(text)
    sizes: list[tuple[str | None, int]] = [(None, 0)]
    anchors: dict[str, int] = {}
    try:
        while reader.check_event():
            event = reader.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                sizes.append((event.anchor, 1))
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, size = sizes.pop()
                _count(size, anchor, sizes, anchors)
            elif isinstance(event, yaml.AliasEvent):
                _count(anchors.get(event.anchor or "", 0), None, sizes, anchors)
            elif isinstance(event, yaml.ScalarEvent):
                _count(1, event.anchor, sizes, anchors)
            if len(sizes) > MOST_DEPTH:
                raise _too_deep(event, label, error)
            if sizes[-1][1] > MOST_VALUES:
                raise _too_many(label, error)
    finally:
        reader.dispose()


def _count(size: int, anchor: str | None, sizes: list[tuple[str | None, int]], anchors: dict[str, int]) -> None:
    if anchor:
        anchors[anchor] = size
    parent, before = sizes[-1]
    sizes[-1] = (parent, before + size)


def _too_many(label: str, error: type[PhloError]) -> PhloError:
    return error(f"has more than {MOST_VALUES:,} values", where=label, fix="Is it the right file? Mind the aliases.")


def _too_deep(at: Any, label: str, error: type[PhloError]) -> PhloError:
    what = f"is nested more than {MOST_DEPTH} levels deep"
    return error(what, where=f"{label}:{at.start_mark.line + 1}", fix="Is it the right file?")


def _mark(
    node: Any,
    keys: Keys,
    marks: dict[Keys, tuple[int, int]],
    label: str,
    error: type[PhloError],
    parents: frozenset[int],
    *,
    has_typed_keys: bool,
) -> None:
    if id(node) in parents:
        raise error("an alias refers to itself", where=f"{label}:{node.start_mark.line + 1}")
    if len(marks) > MOST_VALUES:
        raise _too_many(label, error)
    if len(keys) >= MOST_DEPTH:
        raise _too_deep(node, label, error)
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
            is_text = isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge"
            if is_text and not has_typed_keys:
                key_node.tag = "tag:yaml.org,2002:str"  # `ON:` and `80:` are names, not True and the number
            marks[(*keys, key)] = (line, column)
            _mark(value_node, (*keys, key), marks, label, error, inside, has_typed_keys=has_typed_keys)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _mark(item, (*keys, index), marks, label, error, inside, has_typed_keys=has_typed_keys)
