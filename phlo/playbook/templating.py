"""Jinja2 in task files: sandboxed, strict about names, exact about places, and aware of secrets.

A text that is one `{{ expression }}` gives the expression's own value (a list stays a list); any other text gives a
text. What was made with a secret is a Secret.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Undefined
from jinja2.utils import missing

from phlo.config.templates import Facts, UnknownNameError, bounded
from phlo.errors import ConfigError, PhloError, nearest
from phlo.playbook.jinja import (
    RENDER,
    Failed,
    FileEnvironment,
    TextEnvironment,
    environment,
    for_file,
    kept_backslashes,
    native,
)
from phlo.playbook.scope import HostScopes, Scope
from phlo.playbook.source import Origin, Raw, TemplateFile
from phlo.values import Masker, Secret, Text
from phlo.vault.ansible_yaml import SecretTemplate, Unsafe, read_ansible_text
from phlo.vault.passwords import Vault

_DEEPEST = 40
# What to write in a condition instead of a value of another type.
_ASKED = {"text": "VALUE | length > 0, or VALUE | bool", "list": "VALUE | length > 0", "int": "VALUE != 0"}


class UndefinedNameError(ConfigError):
    """A template uses a name that has no value."""


class _Omit:
    """Stands for an argument that shall be left out: `{{ omit }}`."""

    def __repr__(self) -> str:
        return "omit"


OMIT = _Omit()


class Templar:
    """Renders what task files hold. One serves all threads of a run.

    functions: further names that are always there, e.g. `lookup`.
    on_secret: told of every secret that rendering made, so that it is masked wherever it turns up.
    vault: decrypts template files and files of lookups.
    """

    def __init__(
        self,
        *,
        functions: Mapping[str, Any] | None = None,
        on_secret: Callable[[Secret], None] | None = None,
        vault: Vault | None = None,
    ) -> None:
        self._vault = vault or Vault()
        self._texts = environment(TextEnvironment, functions or {})
        self._files = environment(FileEnvironment, functions or {})
        self._on_secret = on_secret or (lambda secret: None)
        self._lock = threading.Lock()
        self._compiled: dict[tuple[bool, str], Any] = {}

    def render(self, raw: Raw, scope: Scope) -> Any:
        """The value with every template in it replaced; keys of mappings stay as they are."""
        return self._value(raw.value, raw.origin, _Render(self, scope, ()))

    def expression(self, raw: Raw, scope: Scope) -> Any:
        """The value of an expression that is written without braces."""
        return self._evaluated(str(raw.value), raw.origin, _Render(self, scope, ()), is_expression=True)

    def condition(self, raw: Raw, scope: Scope) -> bool:
        """Whether a condition holds: a boolean, or an expression without braces that gives one. Raises ConfigError."""
        if isinstance(raw.value, bool):
            return raw.value
        value = self.expression(raw, scope)
        if isinstance(value, bool):
            return value
        kind = "text" if isinstance(value, (str, Secret)) else "nothing" if value is None else type(value).__name__
        fix = f"Write one that says what is asked, such as {_ASKED.get(kind, 'VALUE is truthy')}."
        raise ConfigError(
            f"a condition needs true or false, `{raw.value}` gives {kind}", where=raw.origin.where(), fix=fix
        )

    def file(self, path: Path, scope: Scope, *, label: str, folders: Iterable[Path] = ()) -> Text:
        """A template file, rendered; it may include those beside it and in `folders`. Raises ConfigError."""
        text, secrets = self.read(path, label=label)
        origin = Origin(TemplateFile(label, text))

        def work(render: _Render) -> str:
            render.secrets += secrets
            made, rest = for_file(self._files, text, (path.parent, *folders))
            template = made.from_string(rest)
            return _ended(bounded(template.root_render_func(template.new_context({RENDER: render}))), text)

        value = self._guarded(work, origin, _Render(self, scope, ()))
        return value if isinstance(value, Secret) else str(value)

    def value_of_file(self, path: Path, scope: Scope, *, label: str, folders: Iterable[Path] = ()) -> Any:
        """What a template file comes to: of one that is a single expression the value of that, else a text."""
        text, secrets = self.read(path, label=label)

        def work(render: _Render) -> Any:
            render.secrets += secrets
            made, rest = for_file(self._texts, text, (path.parent, *folders))
            template = made.from_string(rest)
            value = native(template.root_render_func(template.new_context({RENDER: render})))
            return _ended("" if value is None else value, text) if value is None or isinstance(value, str) else value

        return self._guarded(work, Origin(TemplateFile(label, text)), _Render(self, scope, ()))

    def read(self, path: Path, *, label: str) -> tuple[str, list[Secret]]:
        """A file's text, decrypted where Ansible Vault encrypted it, and then the secret that it is."""
        given = read_ansible_text(path, label=label, vault=self._vault)
        secrets = [Secret(given.text)] if given.is_encrypted else []
        for secret in secrets:
            self._on_secret(secret)
        return given.text, secrets

    def names(self) -> list[str]:
        """The names that are always there."""
        return list(self._texts.globals)

    # -- the work -----------------------------------------------------------------------------------

    def _value(self, value: Any, origin: Origin, render: _Render, *, is_lazy: bool = False) -> Any:
        """The value rendered. is_lazy: an entry with a name that is not there fails when it is used, not before."""
        if isinstance(value, Unsafe):
            return str(value)
        if isinstance(value, SecretTemplate) and _is_template(value.reveal()):
            render.secrets.append(value)
            return self._tainted(self._lazily(value.reveal(), origin, render, is_lazy=is_lazy), [value])
        if isinstance(value, str):
            return self._lazily(value, origin, render, is_lazy=is_lazy) if _is_template(value) else value
        if isinstance(value, Mapping):
            pairs = ((key, self._value(item, origin / key, render, is_lazy=is_lazy)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not OMIT}
        if isinstance(value, (list, tuple)):
            items = (self._value(item, origin / index, render, is_lazy=is_lazy) for index, item in enumerate(value))
            return [item for item in items if item is not OMIT]
        return value

    def _lazily(self, text: str, origin: Origin, render: _Render, *, is_lazy: bool) -> Any:
        try:
            return self._evaluated(text, origin, render)
        except UndefinedNameError as error:
            if not is_lazy:
                raise
            return Failed(render.path[-1], error)

    def _evaluated(self, text: str, origin: Origin, render: _Render, *, is_expression: bool = False) -> Any:
        def work(inner: _Render) -> Any:
            code = self._code(text, is_expression=is_expression)
            template = self._texts.template_class.from_code(self._texts, code, self._texts.globals)
            value = native(template.root_render_func(template.new_context({RENDER: inner})))
            return _ended(value, text) if isinstance(value, str) and not is_expression else value

        return self._guarded(work, origin, render, is_expression=is_expression)

    def _guarded(
        self, work: Callable[[_Render], Any], origin: Origin, render: _Render, *, is_expression: bool = False
    ) -> Any:
        """The value that `work` makes, a Secret where it used one; whatever goes wrong is a ConfigError."""
        inner = _Render(self, render.scope, render.path)
        try:
            value = work(inner)
            _refuse_undefined(value)
        except PhloError:
            raise
        except TemplateSyntaxError as reason:
            fix = "Write {{ value }}, {% if condition %} ... {% endif %}."
            if is_expression:
                fix = "Write an expression, such as `x == 'y'`; a `when` is written without {{ }}."
            raise ConfigError(f"is not a valid template: {reason.message}", where=origin.where(), fix=fix) from None
        except Exception as reason:  # whatever a filter or an expression raises
            raise self._explained(reason, origin, inner) from None
        render.secrets += inner.secrets
        return self._tainted(value, inner.secrets)

    def _code(self, text: str, *, is_expression: bool) -> Any:
        """Python code for a template or an expression, compiled once."""
        with self._lock:
            found = self._compiled.get((is_expression, text))
            if found is None:
                source = "{{ (" + text + "\n) }}" if is_expression else text
                found = self._texts.compile(kept_backslashes(self._texts, source))
                self._compiled[is_expression, text] = found
            return found

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
            return _Variables(self.scope, self) if name == "vars" else missing
        value = variable.value
        if variable.origin is not None:
            if name in self.path or len(self.path) > _DEEPEST:
                what = f'"{name}" refers to itself: {" -> ".join((*self.path, name))}'
                raise ConfigError(what, where=variable.origin.where(), fix="Give it another name.")
            inner = _Render(self.templar, self.scope, (*self.path, name))
            try:
                value = self.templar._value(value, variable.origin, inner, is_lazy=True)
            except UndefinedNameError as error:
                return Failed(name, error)
        if isinstance(value, HostScopes):
            return _Hosts(value, self)
        is_made = callable(value) and not isinstance(value, Undefined)
        return _usable(value() if is_made else value, self.secrets)


class _Variables(Mapping[str, Any]):
    """The variables of a scope, each rendered when it is used."""

    def __init__(self, scope: Scope, render: _Render) -> None:
        self._scope = scope
        self._render = render

    def __getitem__(self, key: str) -> Any:
        inner = _Render(self._render.templar, self._scope, self._render.path)
        value = inner.name(key)
        if value is missing:
            raise KeyError(key)
        self._render.secrets += inner.secrets
        return value

    def __iter__(self) -> Iterator[str]:
        return self._scope.names()

    def __len__(self) -> int:
        return len(list(self._scope.names()))


class _Hosts(Mapping[str, Any]):
    """`hostvars` as a template sees it."""

    def __init__(self, scopes: HostScopes, render: _Render) -> None:
        self._scopes = scopes
        self._render = render

    def __getitem__(self, key: str) -> Any:
        return _Variables(self._scopes[key], self._render)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scopes)

    def __len__(self) -> int:
        return len(self._scopes)


def _refuse_undefined(value: Any) -> None:
    """Raise the error of a value that is not defined, also when it stands inside another."""
    if isinstance(value, Undefined):
        str(value)  # raises for every name that is not there
        raise ValueError("the expression has no value")
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


def _is_template(text: str) -> bool:
    return any(mark in text for mark in ("{{", "{%", "{#"))


def _ended(value: str, text: str) -> str:
    """What a template came to, with at least the ends of lines that the template ends with."""
    return value + "\n" * (_ends(text) - _ends(value))


def _ends(text: str) -> int:
    """How many ends of lines a text ends with."""
    return len(text) - len(text.rstrip("\n"))


# What to do about a variable that nobody has given a value.
_GIVE_IT = "Set it with `vars`, `register`, in the inventory, or write {{ NAME | default('') }}."


def _undefined(reason: UnknownNameError, origin: Origin, render: _Render) -> UndefinedNameError:
    known = reason.siblings or [*render.scope.names(), *render.templar.names()]
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
