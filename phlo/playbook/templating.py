"""Jinja2 in task files: sandboxed, strict about names, exact about places, and aware of secrets.

A text that is one `{{ expression }}` gives the expression's own value (a list stays a list); any other text gives a
text. What was made with a secret is a Secret.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import GeneratorType
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from phlo.config.templates import Facts, Unknown, UnknownNameError
from phlo.errors import ConfigError, PhloError, nearest
from phlo.playbook.filters import FILTERS, TESTS, as_boolean
from phlo.playbook.scope import Scope
from phlo.playbook.source import Origin, Raw, TemplateFile
from phlo.values import Masker, Secret, Text
from phlo.yaml_source import read_text

_RENDER = "__phlo_render__"
_DEEPEST = 40


class UndefinedNameError(ConfigError):
    """A template uses a name that has no value."""


class _Omit:
    """Stands for an argument that shall be left out: `{{ omit }}`."""

    def __repr__(self) -> str:
        return "omit"


OMIT = _Omit()


class _Chained(Unknown):
    """A name that is not there; what is asked of it is not there either, so that `default` can step in at the end."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Any:
        return self


class _Names(Context):
    """Looks up a name when a template uses it."""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return super().resolve_or_missing(key)
        render = self.parent.get(_RENDER)
        if render is not None and key != _RENDER:
            value = render.name(key)
            if value is not missing:
                return value
        return missing if key == _RENDER else super().resolve_or_missing(key)


class Templar:
    """Renders what task files hold. One serves all threads of a run.

    functions: further names that are always there, e.g. `lookup`.
    on_secret: told of every secret that rendering made, so that it is masked wherever it turns up.
    """

    def __init__(
        self, *, functions: Mapping[str, Any] | None = None, on_secret: Callable[[Secret], None] | None = None
    ) -> None:
        environment = ImmutableSandboxedEnvironment(undefined=_Chained, keep_trailing_newline=True, trim_blocks=True)
        environment.context_class = _Names
        environment.filters.update(FILTERS)
        environment.tests.update(TESTS)
        environment.globals.update(functions or {})
        environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": dict}
        self._environment = environment
        self._on_secret = on_secret or (lambda secret: None)
        self._lock = threading.Lock()
        self._compiled: dict[tuple[str, str], tuple[Any, bool]] = {}

    def render(self, raw: Raw, scope: Scope) -> Any:
        """The value with every template in it replaced; keys of mappings as well."""
        return self._value(raw.value, raw.origin, _Render(self, scope, ()))

    def expression(self, raw: Raw, scope: Scope) -> Any:
        """The value of an expression that is written without braces."""
        return self._evaluated(str(raw.value), raw.origin, _Render(self, scope, ()), is_expression=True)

    def condition(self, raw: Raw, scope: Scope) -> bool:
        """Whether a condition holds: a boolean, or an expression written without braces."""
        if isinstance(raw.value, bool):
            return raw.value
        value = self.expression(raw, scope)
        return as_boolean(value.reveal() if isinstance(value, Secret) else value)

    def file(self, path: Path, scope: Scope, *, label: str) -> Text:
        """A template file, rendered. Raises ConfigError."""
        text = read_text(path, label=label)
        value = self._evaluated(text, Origin(TemplateFile(label, text)), _Render(self, scope, ()), is_file=True)
        return value if isinstance(value, Secret) else str(value)

    # -- the work -----------------------------------------------------------------------------------

    def _value(self, value: Any, origin: Origin, render: _Render) -> Any:
        if isinstance(value, str):
            return self._evaluated(value, origin, render) if "{{" in value or "{%" in value else value
        if isinstance(value, Mapping):
            pairs = (
                (self._value(key, origin, render), self._value(item, origin / key, render))
                for key, item in value.items()
            )
            return {str(key): item for key, item in pairs if item is not OMIT}
        if isinstance(value, (list, tuple)):
            items = (self._value(item, origin / index, render) for index, item in enumerate(value))
            return [item for item in items if item is not OMIT]
        return value

    def _evaluated(
        self, text: str, origin: Origin, render: _Render, *, is_expression: bool = False, is_file: bool = False
    ) -> Any:
        inner = _Render(self, render.scope, render.path)
        try:
            code, is_native = self._code(text, "expression" if is_expression else "file" if is_file else "text")
            template = self._environment.template_class.from_code(self._environment, code, self._environment.globals)
            context = template.new_context({_RENDER: inner})
            pieces = list(template.root_render_func(context))
            value = context.vars["result"] if is_native else "".join(pieces)
            if isinstance(value, GeneratorType):  # of `map`, `select` and the like
                value = list(value)
            _refuse_undefined(value)
        except PhloError:
            raise
        except TemplateSyntaxError as reason:
            fix = "Mend it: {{ value }}, {% if condition %} ... {% endif %}."
            if is_expression:
                fix = "Write an expression, such as `x == 'y'`; a `when` is written without {{ }}."
            raise ConfigError(f"is not a valid template: {reason.message}", where=origin.where(), fix=fix) from None
        except Exception as reason:  # whatever a filter or an expression raises
            raise self._explained(reason, origin, inner) from None
        render.secrets += inner.secrets
        return self._tainted(value, inner.secrets)

    def _code(self, text: str, kind: str) -> tuple[Any, bool]:
        with self._lock:
            found = self._compiled.get((kind, text))
            if found is None:
                found = self._compiled[kind, text] = self._compile(text, kind)
            return found

    def _compile(self, text: str, kind: str) -> tuple[Any, bool]:
        """Python code for a template, and whether it leaves a value in `result` instead of writing text."""
        environment = self._environment
        if kind == "expression":
            parsed = environment.parse("{{ (" + text + "\n) }}")
        else:
            parsed = environment.parse(text)
        expression = None if kind == "file" else _only_expression(parsed)
        if expression is None:
            return environment.compile(parsed), False
        assign = nodes.Assign(nodes.Name("result", "store", lineno=1), expression, lineno=1)
        whole = nodes.Template([assign], lineno=1)
        whole.set_environment(environment)
        return environment.compile(whole), True

    def _tainted(self, value: Any, secrets: list[Secret]) -> Any:
        """The value with its texts as Secrets when secrets went into it."""
        if isinstance(value, Facts):
            return value.whole()
        if isinstance(value, str) and secrets:
            secret = Secret(str(value))
            self._on_secret(secret)
            return secret
        if isinstance(value, Mapping):
            return {key: self._tainted(item, secrets) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._tainted(item, secrets) for item in value]
        return str(value) if isinstance(value, str) else value

    def _explained(self, reason: Exception, origin: Origin, render: _Render) -> ConfigError:
        masked = Masker(render.secrets)
        if isinstance(reason, UnknownNameError):
            return _undefined(reason, origin, render)
        if isinstance(reason, SecurityError):
            return ConfigError(masked(f"does what a template may not: {reason}"), where=origin.where())
        return ConfigError(masked(f"cannot be rendered: {reason}"), where=origin.where())


class _Render:
    """One rendering. path: the variables whose values are being rendered for it. secrets: those it looked at."""

    def __init__(self, templar: Templar, scope: Scope, path: tuple[str, ...]) -> None:
        self.templar = templar
        self.scope = scope
        self.path = path
        self.secrets: list[Secret] = []

    def name(self, name: str) -> Any:
        """What a template gets for a name, `missing` when it has no value."""
        variable = self.scope.lookup(name)
        if variable is None:
            return missing
        value = variable.value
        if variable.origin is not None:
            if name in self.path or len(self.path) > _DEEPEST:
                what = f'"{name}" is made of itself: {" -> ".join((*self.path, name))}'
                raise ConfigError(what, where=variable.origin.where(), fix="Give it another name.")
            inner = _Render(self.templar, self.scope, (*self.path, name))
            value = self.templar._value(value, variable.origin, inner)
        return _usable(value() if callable(value) else value, self.secrets)


def _refuse_undefined(value: Any) -> None:
    """Raise the error of a value that is not defined, also when it stands inside another."""
    if isinstance(value, Undefined):
        str(value)  # raises
    if isinstance(value, dict):
        for item in value.values():
            _refuse_undefined(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_undefined(item)


def _usable(value: Any, secrets: list[Secret]) -> Any:
    """A value as templates take it; `secrets` gets those that are looked at."""
    if isinstance(value, Secret):
        secrets.append(value)
        return value.reveal()
    if isinstance(value, Mapping) and _holds_secret(value):
        facts = Facts(value)
        facts.used = secrets
        return facts
    if isinstance(value, (list, tuple)) and _holds_secret(value):
        return [_usable(item, secrets) for item in value]
    return value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_secret(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(map(_holds_secret, value))
    return isinstance(value, Secret)


def _only_expression(template: nodes.Template) -> nodes.Expr | None:
    """The expression of a template that is nothing but one."""
    if len(template.body) != 1 or not isinstance(template.body[0], nodes.Output):
        return None
    found = template.body[0].nodes
    return found[0] if len(found) == 1 and not isinstance(found[0], nodes.TemplateData) else None


# What to do about a variable that nobody has given a value.
_GIVE_IT = "Set it with `vars`, `register`, in the inventory, or write {{ NAME | default('') }}."


def _undefined(reason: UnknownNameError, origin: Origin, render: _Render) -> UndefinedNameError:
    known = reason.siblings or [*render.scope.names(), *render.templar._environment.globals]
    close = nearest(reason.name, known)
    is_top = reason.what.startswith("there is no variable")
    what = f'"{reason.name}" is not defined' if is_top else f'there is no "{reason.name}" in it'
    if reason.siblings and not close:
        what += f" (it has {', '.join(sorted(reason.siblings))})"
    fix = f'Did you mean "{close}"?' if close else _GIVE_IT if is_top else ""
    spot = origin.spot(reason.name)
    masked = Masker(render.secrets)
    what, fix = masked(what), masked(fix)
    if spot is None or origin.file is None:
        return UndefinedNameError(what, where=origin.where(), fix=fix)
    detail = (spot.text, " " * (spot.column - 1) + "^")
    return UndefinedNameError(what, where=f"{origin.file.label}:{spot.line}:{spot.column}", fix=fix, detail=detail)
