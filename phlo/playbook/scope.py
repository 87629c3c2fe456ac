"""The variables that a task sees, as layers of which the last one that knows a name wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from phlo.frozen import dataclass
from phlo.playbook.source import Origin


class Variable(NamedTuple):
    """A variable's value. origin: where it was written, for one that may hold templates; None: it is final."""

    value: Any
    origin: Origin | None = None


Layer = Mapping[str, Variable]


@dataclass(frozen=True, slots=True)
class Scope:
    """Layers, the lowest first."""

    layers: tuple[Layer, ...] = ()

    def lookup(self, name: str) -> Variable | None:
        return next((layer[name] for layer in reversed(self.layers) if name in layer), None)

    def names(self) -> Iterator[str]:
        """Every name that has a value, each once."""
        return iter(dict.fromkeys(name for layer in self.layers for name in layer))

    def plus(self, *layers: Layer) -> Scope:
        """This scope with further layers on top."""
        return Scope((*self.layers, *(layer for layer in layers if layer)))


def written(values: Mapping[str, Any], origin: Origin) -> Layer:
    """A layer out of a mapping of a file, whose values may hold templates."""
    return {str(name): Variable(value, origin / name) for name, value in values.items()}


def final(values: Mapping[str, Any]) -> Layer:
    """A layer of values that are taken as they are."""
    return {str(name): Variable(value) for name, value in values.items()}


class HostScopes(Mapping[str, Scope]):
    """The scopes of several hosts; a template sees each as a mapping whose values are rendered when they are used."""
