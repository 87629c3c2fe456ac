"""Values with Jinja2 expressions as values of phlo.yaml: a plain name becomes `${NAME}`, the rest is rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from phlo.compose.interpolate import interpolate
from phlo.compose_import.finding import Finding, sentence
from phlo.errors import ConfigError, PhloError
from phlo.frozen import dataclass, field
from phlo.playbook.scope import Layer, Scope, Variable
from phlo.playbook.source import Origin, Raw
from phlo.playbook.templating import OMIT, Templar
from phlo.values import Secret
from phlo.vault.ansible_yaml import Unsafe

_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")
_DEEPEST = 20
_GIVE_IT = "Write ${NAME} there, and the value into the inventory or .phlo/.env."


@dataclass(slots=True, kw_only=True)
class Texts:
    """Translates the values of tasks.

    own: names that the inventory gives; phlo reads them there, so they are not written.
    env: variables for `env` of phlo.yaml. findings: what is not the same afterwards.
    """

    templar: Templar
    own: Layer = field(default_factory=dict)
    env: dict[str, Any] = field(default_factory=dict)
    unset: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def value(self, value: Any, origin: Origin, scope: Scope, depth: int = 0) -> Any:
        """The value for phlo.yaml; OMIT for nothing. An entry that cannot be written is left out, with a finding."""
        if isinstance(value, Mapping):
            pairs = ((key, self._entry(item, origin / key, scope, depth)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not OMIT}
        if isinstance(value, (list, tuple)):
            items = [self._entry(item, origin / index, scope, depth) for index, item in enumerate(value)]
            return [item for item in items if item is not OMIT]
        if isinstance(value, Secret):
            raise ConfigError("is encrypted, and is not written into phlo.yaml", where=origin.where(), fix=_GIVE_IT)
        if not isinstance(value, str) or isinstance(value, Unsafe):
            return _escaped(value)
        whole = _EXPRESSION.fullmatch(value.strip())
        if whole and "{{" not in whole[1]:
            return self._expression(whole[1], value, origin, scope, depth)
        if "{%" in value or "{#" in value:
            return _escaped(self._rendered(value, origin, scope))
        return self._text(value, origin, scope, depth)

    def final(self, value: Any) -> str:
        """A text of phlo.yaml with the variables that are known replaced."""
        known = {**{name: one.value for name, one in self.own.items()}, **self.env}

        def lookup(name: str) -> str | None:
            return self.final(known[name]) if name in known else None

        try:
            return str(interpolate(str(value), lookup, unset=lambda name, where: None))
        except PhloError:
            return str(value)

    def _entry(self, value: Any, origin: Origin, scope: Scope, depth: int) -> Any:
        try:
            return self.value(value, origin, scope, depth)
        except PhloError as error:
            self.findings.append(Finding(origin.where(), sentence(error)))
            return OMIT

    def _text(self, value: str, origin: Origin, scope: Scope, depth: int) -> str:
        """A text with its expressions replaced one by one."""
        parts = []
        end = 0
        for found in _EXPRESSION.finditer(value):
            parts.append(_escaped(value[end : found.start()]))
            parts.append(_shown(self._expression(found[1], found[0], origin, scope, depth)))
            end = found.end()
        return "".join([*parts, _escaped(value[end:])])

    def _expression(self, expression: str, written: str, origin: Origin, scope: Scope, depth: int) -> Any:
        if not _NAME.fullmatch(expression):
            return _escaped(self._rendered(written, origin, scope))
        variable = scope.lookup(expression)
        if variable is None:
            self.unset.setdefault(expression, origin.where())
            return f"${{{expression}}}"
        if variable.value is OMIT:
            return OMIT
        if depth > _DEEPEST:
            raise ConfigError(f'"{expression}" refers to itself', where=origin.where(), fix="Give it another name.")
        if variable.origin is None:  # an item of a loop: each service has another one
            return self.value(variable.value, origin, Scope(), depth + 1)
        return self._variable(expression, variable, scope, depth)

    def _variable(self, name: str, variable: Variable, scope: Scope, depth: int) -> Any:
        """A reference to a variable, or its value where that is not a single text."""
        assert variable.origin is not None
        is_own = self.own.get(name) is variable
        if isinstance(variable.value, Secret):
            if not is_own:
                self.unset.setdefault(name, variable.origin.where())
            return f"${{{name}}}"
        if is_own and _is_plain(variable.value) and "{{" not in str(variable.value):
            return f"${{{name}}}"
        value = self.value(variable.value, variable.origin, scope, depth + 1)
        if is_own or not _is_plain(value):
            return value
        if self.env.setdefault(name, _shown(value)) != _shown(value):
            return value
        return f"${{{name}}}"

    def _rendered(self, text: str, origin: Origin, scope: Scope) -> Any:
        value = self.templar.render(Raw(text, origin), scope)
        if _holds_secret(value):
            what = "is made of an encrypted value, and is not written into phlo.yaml"
            raise ConfigError(what, where=origin.where(), fix=_GIVE_IT)
        return value

    def holds(self, raw: Raw, scope: Scope) -> bool | None:
        """Whether a condition holds; None when that is known only when it runs."""
        try:
            return self.templar.condition(raw, scope)
        except PhloError:
            return None


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_secret, value.values()))
    return any(map(_holds_secret, value)) if isinstance(value, (list, tuple)) else isinstance(value, Secret)


def _is_plain(value: Any) -> bool:
    """Whether a value can be a variable of phlo.yaml; true and false are written where they are used."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _escaped(value: Any) -> Any:
    """A final value in the syntax of Compose files."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, (list, tuple)) else value


def _shown(value: Any) -> str:
    """A value as a part of a text, as Ansible writes it."""
    return "" if value is None or value is OMIT else str(value)
