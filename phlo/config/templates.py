"""Jinja2 templates of roles: sandboxed, strict about names, and aware of secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from phlo.bounded import MIB
from phlo.errors import ConfigError, nearest
from phlo.values import Masker, Secret, Text
from phlo.yaml_source import read_text

# The longest text or list that a template may make.
MOST_RESULT = 64 * MIB
_WIDTHS = re.compile(r"%[^a-zA-Z%]*?(\d{1,20})")


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox of Jinja2, which bounds `range`, with a bound on what an operator can make as well."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Raises SecurityError for `"x" * 10**9`, `2 ** 1000000000` and `"%1000000000d" % 1`."""
        if operator == "*":
            for text, times in ((left, right), (right, left)):
                if isinstance(text, (str, bytes, list, tuple)) and isinstance(times, int):
                    _refuse_over(len(text) * times)
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            _refuse_over(left.bit_length() * right)
        elif operator == "%" and isinstance(left, str):
            _refuse_over(max(map(int, _WIDTHS.findall(left)), default=0))
        return super().call_binop(context, operator, left, right)


def _refuse_over(size: int) -> None:
    if size > MOST_RESULT:
        raise SecurityError(f"it makes a value of more than {MOST_RESULT:,} characters")


def bounded(pieces: Iterator[str]) -> str:
    """The text that a template writes. Raises SecurityError once it is too long."""
    found, size = [], 0
    for piece in pieces:
        found.append(piece)
        size += len(piece)
        _refuse_over(size)
    return "".join(found)


class Facts(Mapping[str, Any]):
    """What a capability's provider says of it, for templates: `{{ s3.endpoint }}`."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts
        self.used: list[Secret] = []

    def __getitem__(self, key: str) -> Any:
        return _seen(self._facts[key], self.used)

    def whole(self) -> Mapping[str, Any]:
        """What it was made from, Secrets inside."""
        return self._facts

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def _seen(value: Any, used: list[Secret]) -> Any:
    """A value as a template sees it. used: gets every secret that is looked at."""
    if isinstance(value, Secret):
        used.append(value)
        return value.reveal()
    if isinstance(value, Mapping):
        facts = Facts(value)
        facts.used = used
        return facts
    if isinstance(value, (list, tuple)):
        return [_seen(item, used) for item in value]
    return value


def render_template(
    path: Path,
    *,
    label: str,
    names: Mapping[str, Any],
    variable: Callable[[str], Text | None],
    known: Callable[[], list[str]],
) -> Text:
    """Render a template file; a Secret when any secret was looked at on the way.

    label:    what errors call the file.
    names:    names other than variables; a callable is called when its name is used.
    variable: gives a variable's text, None when it is not set.
    known:    names of the variables, to suggest one.
    Raises ConfigError with the line.
    """
    secrets: list[Secret] = []

    class Names(Context):
        """Looks up a name when the template uses it."""

        def resolve_or_missing(self, key: str) -> Any:
            if key in self.vars or key in self.parent:
                return super().resolve_or_missing(key)
            value = names[key] if key in names else variable(key)
            value = value() if callable(value) else value
            return missing if value is None else _seen(value, secrets)

    environment = BoundedEnvironment(undefined=Unknown, keep_trailing_newline=True, trim_blocks=True)
    environment.context_class = Names
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": dict}
    source = read_text(path, label=label)
    try:
        code = environment.compile(source, filename=label)
        template = environment.template_class.from_code(environment, code, environment.globals)
        text = bounded(template.generate())
    except TemplateSyntaxError as reason:
        where = f"{label}:{reason.lineno}"
        fix = "Correct the line: {{ value }}, {% if condition %} ... {% endif %}."
        raise ConfigError(f"is not a valid template: {reason.message}", where=where, fix=fix) from None
    except Exception as reason:  # whatever a filter or an expression of the template raises
        what, fix = _explained(reason, [*names, *known()])
        masked = Masker(secrets)
        raise ConfigError(masked(what), where=f"{label}:{_line(reason, label)}", fix=masked(fix)) from None
    return Secret(text) if secrets else text


class UnknownNameError(UndefinedError):
    """A name, or a key of something, that is not there. siblings: the keys that the something has."""

    def __init__(self, owner: object, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.siblings = tuple(map(str, owner)) if isinstance(owner, Mapping) else ()
        self.what = f'there is no "{name}" in it'
        if owner is missing:
            self.what = f'there is no variable or capability "{name}"'
        elif self.siblings:
            self.what += f" (it has {', '.join(self.siblings)})"


class Unknown(StrictUndefined):
    """A name that is not there: an error as soon as it is used."""

    __slots__ = ()

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = UndefinedError
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if exc is UndefinedError:
            self._undefined_exception = partial(UnknownNameError, obj, str(name))  # type: ignore[assignment]


def _explained(reason: Exception, known: list[str]) -> tuple[str, str]:
    """What is wrong and what to do about it."""
    if isinstance(reason, SecurityError):
        return f"does what a template may not: {reason}", ""
    if not isinstance(reason, UnknownNameError):
        return f"cannot be rendered: {reason}", ""
    if near := nearest(reason.name, reason.siblings or known):
        return reason.what, f'Did you mean "{near}"?'
    return reason.what, "" if reason.siblings else "Declare a variable in env_vars, a capability in requires or wants."


def _line(reason: BaseException, label: str) -> int | str:
    """The line of the template that an exception came through."""
    found: int | str = "?"
    trace = reason.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == label:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found
