"""Jinja2 as playbooks know it: values keep their types, generators are lists, and unknown names can be asked about.

Two environments, both sandboxed: one for the texts of task files, one for template files, which always give a text.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import GeneratorType
from typing import Any

from jinja2 import FileSystemLoader, nodes
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.runtime import Context, Undefined
from jinja2.utils import missing

from phlo.config.templates import BoundedEnvironment, Unknown, bounded
from phlo.errors import PhloError
from phlo.playbook.filters import FILTERS, TESTS, with_full_names

RENDER = "__phlo_render__"
_HEADER = re.compile(r"#jinja2:(.*)\n?")
# Iterators of the standard library, and the views of a mapping.
_ITERATORS: tuple[type[Any], ...] = (
    GeneratorType,
    map,
    filter,
    zip,
    reversed,
    type(iter([])),
    type(reversed([])),
    type({}.keys()),
    type({}.values()),
    type({}.items()),
)
# Filters of Jinja2 that give generators.
_LAZY_FILTERS = ("map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "reverse", "items", "unique")


class Chained(Unknown):
    """A name that is not there; what is asked of it is not there either, so that `default` can step in at the end."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Any:
        return self


class Failed(Chained):
    """A variable whose own template uses a name that is not there; using it raises the error of that template."""

    __slots__ = ()

    def __init__(self, name: str, error: PhloError) -> None:
        super().__init__(name=name)
        self._undefined_exception = lambda message: error  # type: ignore[assignment]


class _Names(Context):
    """Looks up a name when a template uses it."""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return super().resolve_or_missing(key)
        render = self.parent.get(RENDER)
        if render is not None and key != RENDER:
            value = render.name(key)
            if value is not missing:
                return value
        return missing if key == RENDER else super().resolve_or_missing(key)


class _Generator(NativeCodeGenerator):
    """Writes pieces as they are: a constant in braces keeps its type, too."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Any, finalize: Any) -> Any:
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class FileEnvironment(BoundedEnvironment):
    """For template files."""

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return listed(super().call(context, obj, *args, **kwargs))


class TextEnvironment(FileEnvironment):
    """For texts of task files."""

    code_generator_class = _Generator


def environment(kind: type[FileEnvironment], functions: Mapping[str, Any]) -> FileEnvironment:
    """An environment with Ansible's filters and tests. functions: names that are always there."""
    found = kind(undefined=Chained, trim_blocks=True)
    found.context_class = _Names
    if kind is TextEnvironment:
        found.concat = _joined  # type: ignore[method-assign]
    else:
        found.finalize = _empty
    found.filters.update({name: _listing(found.filters[name]) for name in _LAZY_FILTERS})
    found.filters = with_full_names({**found.filters, **FILTERS})
    found.tests = with_full_names({**found.tests, **TESTS})
    found.globals.update(functions)
    found.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": dict}
    return found


def for_file(base: FileEnvironment, text: str, folders: Iterable[Path]) -> tuple[FileEnvironment, str]:
    """An environment that finds other templates in `folders`, with the options of the text's first line; and the rest.

    Source: Ansible's documentation of the module `template`: `#jinja2: lstrip_blocks: True, ...`.
    """
    header = _HEADER.match(text)
    options: dict[str, Any] = {}
    for pair in re.split(r",\s*(?=\w+\s*:)", header[1]) if header else ():
        name, _, value = pair.partition(":")
        options[name.strip()] = ast.literal_eval(value.strip())
    try:
        made = base.overlay(loader=FileSystemLoader([str(folder) for folder in folders]), **options)
    except TypeError:
        raise ValueError(f"#jinja2: has an option that Jinja2 does not know: {', '.join(options)}") from None
    made.finalize = base.finalize
    return made, text[header.end() :] if header else text


def kept_backslashes(environment: FileEnvironment, text: str) -> str:
    """The text with the backslashes of its string constants doubled, so that Jinja2 leaves them as they are written.

    In the texts of task files a backslash has no meaning of its own: `regex_replace('(a)', '\\1')` is the group.
    """
    if "\\" not in text:
        return text
    tokens = environment.lexer.tokeniter(text, None)
    return "".join(value.replace("\\", "\\\\") if kind == "string" else value for _, kind, value in tokens)


def native(pieces: Iterator[Any]) -> Any:
    """What the pieces of a text come to: none is None, one is itself, several are a text."""
    found: list[Any] = []
    for piece in pieces:
        if piece is not None and not (type(piece) is Undefined and found):
            found.append(piece)
    if not found:
        return None
    if len(found) == 1:
        return listed(found[0])
    return bounded(_texts(found))


def listed(value: Any) -> Any:
    """The value; of an iterator the list of what it gives."""
    return list(value) if isinstance(value, _ITERATORS) else value


def _texts(pieces: Iterable[Any]) -> Iterator[str]:
    return (piece if isinstance(piece, str) else str(listed(piece)) for piece in pieces)


def _joined(pieces: Iterable[Any]) -> str:
    """The text of a macro or another block, whose pieces may be of any type."""
    return "".join(_texts(piece for piece in pieces if piece is not None))


def _empty(value: Any) -> Any:
    """Nothing is an empty text in a file."""
    return "" if value is None else listed(value)


def _listing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def filter_to_list(*args: Any, **kwargs: Any) -> Any:
        return listed(function(*args, **kwargs))

    return filter_to_list
