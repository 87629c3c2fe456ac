"""The documentation of an operation, made from its module: what it does, its arguments, how it behaves."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING
from typing import Any, NamedTuple

from phlo.operations.argument_types import argument_types, name_of
from phlo.operations.fields import expressions_in, fields_of, is_required

_STARTS = r"(?:^|(?<=[.\s]))({names}): "


class ArgumentDoc(NamedTuple):
    """One argument. default: as a task would write it, "" for a required one."""

    name: str
    type: str
    default: str
    text: str
    is_required: bool
    is_positional: bool


def summary(module: Any) -> str:
    """The first line of what an operation does."""
    return (inspect.getdoc(module) or "").partition("\n")[0]


def arguments(module: Any) -> list[ArgumentDoc]:
    """The arguments that a task may write, in their order."""
    kind = module.Args
    found, types, special = fields_of(kind), argument_types(kind), expressions_in(kind)
    texts = _texts(inspect.getdoc(kind) or "", list(found))
    return [
        ArgumentDoc(
            name=name,
            type=special.get(name) or name_of(types[name]),
            default="" if is_required(one) else _default(one.default),
            text=texts.get(name, ""),
            is_required=is_required(one),
            is_positional="positional" in one.metadata,
        )
        for name, one in found.items()
        if "passthrough" not in one.metadata
    ]


def _texts(doc: str, names: list[str]) -> dict[str, str]:
    """What the docstring of `Args` says of each: `name: text`, until the next name."""
    if not names:
        return {}
    pattern = re.compile(_STARTS.format(names="|".join(map(re.escape, names))))
    marks = list(pattern.finditer(doc))
    ends = [mark.start() for mark in marks[1:]] + [len(doc)]
    return {mark[1]: " ".join(doc[mark.end() : end].split()) for mark, end in zip(marks, ends, strict=True)}


def _default(value: Any) -> str:
    """A default as a task would write it, "" for one without a value."""
    if value in (MISSING, None, "", (), {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if type(value).__name__ == "Mode":
        return f'"{value:04o}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return "" if str(value) == "." else f"{value:g}" if isinstance(value, float) else str(value)


def text_of(name: str, module: Any) -> str:
    """The whole documentation, for a terminal."""
    lines = [f"{name}: {summary(module)}", ""]
    more = (inspect.getdoc(module) or "").partition("\n")[2].strip()
    if more:
        lines += [more, ""]
    found = arguments(module)
    if found:
        lines += ["Arguments"]
        width = max(len(one.name) for one in found)
        for one in found:
            notes = [one.type, "required" if one.is_required else f"default {one.default}" if one.default else ""]
            note = ", ".join(filter(None, notes))
            lines.append(f"  {one.name:<{width}}  {one.text} ({note})".rstrip())
    alone = next((one.name for one in found if one.is_positional), None)
    if alone:
        lines += ["", f"`{name}: VALUE` is short for `{name}: {{{alone}: VALUE}}`."]
    return "\n".join(lines)


def markdown_of(name: str, module: Any) -> str:
    """The whole documentation, as a section of a page."""
    lines = [f"## {name}", "", summary(module), ""]
    more = (inspect.getdoc(module) or "").partition("\n")[2].strip()
    if more:
        lines += [more, ""]
    found = arguments(module)
    if found:
        lines += ["| argument | type | default | |", "|---|---|---|---|"]
        for one in found:
            default = "**required**" if one.is_required else f"`{one.default}`" if one.default else ""
            lines.append(f"| `{one.name}` | {one.type} | {default} | {one.text.replace('|', chr(92) + '|')} |")
        lines.append("")
    alone = next((one.name for one in found if one.is_positional), None)
    if alone:
        lines += [f"`{name}: VALUE` is short for `{name}: {{{alone}: VALUE}}`.", ""]
    return "\n".join(lines)
