"""Adding whole entries to block YAML, and removing them, line by line: every comment stays where it is.

A YAML library attaches the comments below a block to the block's last entry; a new entry would be written behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from phlo.yaml_source import Keys

Dump = Callable[[Any], str]


class _Difference(NamedTuple):
    """An entry that is added to, or removed from, the collection at `below`.

    key: of a mapping; of a list the index of what is removed, None for what is added.
    is_first: added before the other entries, not behind them.
    """

    below: Keys
    key: Any
    value: Any
    is_added: bool
    is_first: bool = False


class _OtherwiseError(Exception):
    """Something other than whole entries of one-line or block collections differs."""


def changed_by_lines(text: str, before: Any, wanted: Any, dump: Dump) -> str | None:
    """The text whose data `before` became `wanted`; None where more than entries at ends of collections differ.

    dump: writes data as YAML.
    """
    if not isinstance(before, Mapping):
        return None
    try:
        if any(isinstance(token, (yaml.AliasToken, yaml.DocumentEndToken)) for token in yaml.scan(text)):
            return None  # an alias's node has the position of its anchor
        for one in _differences(before, wanted, ()):
            text = _added(text, one, dump) if one.is_added else _removed(text, one)
    except _OtherwiseError:
        return None
    return text


def _differences(before: Any, wanted: Any, keys: Keys) -> Iterator[_Difference]:
    if before is None and isinstance(wanted, Mapping):
        before = {}
    if isinstance(before, Mapping) and isinstance(wanted, Mapping):
        yield from (_Difference(keys, key, None, is_added=False) for key in before if key not in wanted)
        for key, value in wanted.items():
            if key not in before:
                yield _Difference(keys, key, value, is_added=True, is_first=key == next(iter(wanted)))
            elif before[key] != value:
                yield from _differences(before[key], value, (*keys, key))
    elif isinstance(before, list) and isinstance(wanted, list):
        gone = [index for index, item in enumerate(before) if item not in wanted]
        kept = [item for item in before if item in wanted]
        if wanted[: len(kept)] != kept:
            raise _OtherwiseError
        yield from (_Difference(keys, index, None, is_added=False) for index in reversed(gone))
        yield from (_Difference(keys, None, item, is_added=True) for item in wanted[len(kept) :])
    else:
        raise _OtherwiseError


def _added(text: str, one: _Difference, dump: Dump) -> str:
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        return "\n".join([*lines, dump({one.key: one.value})])
    key_node, node = _find(root, one.below)
    if not one.below:  # a new section comes last, below the comments of the one before it
        space = [""] if "" in lines and lines[-1] else []
        return "\n".join([*lines, *space, dump({one.key: one.value})])
    entry = dump([one.value] if one.key is None else {one.key: one.value}).splitlines()
    if _is_block(node) and node.value:
        first = node.value[0][0] if isinstance(node, yaml.MappingNode) else None
        column = first.start_mark.column if first else node.start_mark.column
        at = first.start_mark.line if first and one.is_first else _last_line(node, lines) + 1
        return _inserted(lines, at, entry, column)
    if isinstance(node, yaml.SequenceNode):
        return _appended(lines, node, dump(one.value).strip().removesuffix("...").strip())
    if node.value or key_node is None:
        raise _OtherwiseError  # a mapping in braces
    number = node.start_mark.line
    if node.end_mark.line != number or number != key_node.start_mark.line:
        raise _OtherwiseError
    line = lines[number]
    lines[number] = (line[: node.start_mark.column].rstrip() + line[node.end_mark.column :]).rstrip()
    return _inserted(lines, number + 1, entry, key_node.start_mark.column + 2)


def _appended(lines: list[str], node: yaml.SequenceNode, item: str) -> str:
    """The text with one more item in a list in brackets."""
    if node.start_mark.line != node.end_mark.line or "\n" in item:
        raise _OtherwiseError
    line, end = lines[node.end_mark.line], node.end_mark.column - 1
    before = line[:end].rstrip().removesuffix(",")
    lines[node.end_mark.line] = f"{before}{', ' if node.value else ''}{item}{line[end:]}"
    return "\n".join(lines) + "\n"


def _removed(text: str, one: _Difference) -> str:
    lines = text.splitlines()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert root is not None, "something to remove"
    _, node = _find(root, one.below)
    if not _is_block(node) or len(node.value) < 2:
        raise _OtherwiseError
    if isinstance(node, yaml.MappingNode):
        first, last = next(pair for pair in node.value if pair[0].value == one.key)
    else:
        first = last = node.value[one.key]
    del lines[first.start_mark.line : _last_line(last, lines) + 1]
    return "\n".join(lines) + "\n"


def _find(root: yaml.Node, keys: Keys) -> tuple[yaml.Node | None, yaml.Node]:
    """The key's node and the value's node at `keys`, all of them keys of mappings."""
    key_node, node = None, root
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            raise _OtherwiseError
        pair = next((pair for pair in node.value if pair[0].value == key), None)
        if pair is None:
            raise _OtherwiseError
        key_node, node = pair
    return key_node, node


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _last_line(node: yaml.Node, lines: list[str]) -> int:
    """The last line of a node's content; comments below it do not count."""
    while _is_block(node) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        number: int = node.end_mark.line - 1
        while not lines[number].strip():
            number -= 1
        return number
    return int(node.end_mark.line)


def _inserted(lines: list[str], at: int, entry: list[str], column: int) -> str:
    indented = [f"{' ' * column}{line}" if line else line for line in entry]
    return "\n".join([*lines[:at], *indented, *lines[at:]]) + "\n"
