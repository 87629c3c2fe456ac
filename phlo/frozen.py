"""Frozen dataclasses, made in a tenth of the time.

The standard decorator writes and compiles six methods for every class: half a millisecond each, with a hundred classes
a good part of what a short command takes. Here all classes share the methods; in every other respect they are the
standard ones (`replace`, `fields`, `asdict` and `match` know them, type checkers see nothing else).
See docs/architecture/decisions/0010.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError, field
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(**options: bool) -> Any:
        """`@dataclass(frozen=True, slots=True, kw_only=True)`; any other form is the standard decorator's."""
        if options == {"frozen": True, "slots": True, "kw_only": True}:
            return _quick
        return dataclasses.dataclass(**options)


__all__ = ["dataclass", "field"]


def _quick(cls: type) -> Any:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls)
    fields = dataclasses.fields(made)
    made._given = tuple((item.name, item.default, item.default_factory) for item in fields)
    made._compared = tuple(item.name for item in fields if item.compare)
    made._shown = tuple(item.name for item in fields if item.repr)
    made.__init__, made.__setattr__, made.__delattr__, made.__setstate__ = _init, _refuse, _refuse, _set_state
    for name, method in (("__repr__", _repr), ("__eq__", _eq), ("__hash__", _hash)):
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _init(self: Any, /, **given: Any) -> None:
    for name, default, factory in self._given:
        if name in given:
            value = given.pop(name)
        elif default is not MISSING:
            value = default
        elif factory is not MISSING:
            value = factory()
        else:
            raise TypeError(f"{type(self).__qualname__} needs {name}")
        object.__setattr__(self, name, value)
    if given:
        raise TypeError(f"{type(self).__qualname__} has no {', '.join(given)}")
    if hasattr(self, "__post_init__"):
        self.__post_init__()


def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._shown)})"


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return all(getattr(self, name) == getattr(other, name) for name in self._compared)


def _hash(self: Any) -> int:
    return hash(tuple([getattr(self, name) for name in self._compared]))


def _refuse(self: Any, name: str, value: Any = None) -> NoReturn:
    raise FrozenInstanceError(f"{type(self).__qualname__}.{name} cannot be changed")


def _set_state(self: Any, state: tuple[None, dict[str, Any]]) -> None:
    """For copies and pickles; `state` is what objects with slots give by themselves."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)
