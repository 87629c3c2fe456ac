"""Dataclasses made in a twentieth of the time, without loading what makes the standard ones.

The standard decorator writes and compiles six methods for every class: half a millisecond each, with a hundred classes
a good part of what a short command takes; loading it loads `inspect`, which is as much again. Here all classes share
the methods. In every other respect they are the standard ones: `dataclasses.replace`, `fields`, `asdict` and `match`
know them, type checkers see nothing else. What a standard dataclass can do and these cannot is refused when the class
is made, see `_check`. See docs/architecture/decisions/0010.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:

    def dataclass(**options: bool) -> Any:
        """`@dataclass(slots=True, kw_only=True)`, frozen or not; any other form is the standard decorator's."""
        if options == {"frozen": True, "slots": True, "kw_only": True}:
            return _frozen
        if options == {"slots": True, "kw_only": True}:
            return _changeable
        import dataclasses

        standard = dataclasses.dataclass(**options)
        return lambda cls: standard(_with_standard_fields(cls))

    def field(**options: Any) -> Any:
        """As `dataclasses.field`."""
        return _Given(**options)

    def replace(one: Any, /, **changes: Any) -> Any:
        """As `dataclasses.replace`, also of a standard dataclass."""
        names = getattr(type(one), "_given", None)
        if names is None:
            import dataclasses

            return dataclasses.replace(one, **changes)
        for name, _, _ in names:
            if name not in changes:
                changes[name] = getattr(one, name)
        return type(one)(**changes)


__all__ = ["MISSING", "dataclass", "field", "replace"]

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()


class _Given:
    """What `field` says of a field."""

    __slots__ = ("compare", "default", "default_factory", "metadata", "repr")

    def __init__(
        self,
        *,
        default: Any = MISSING,
        default_factory: Any = MISSING,
        repr: bool = True,  # noqa: A002 - the standard's word
        compare: bool = True,
        metadata: Any = None,
    ) -> None:
        if default is not MISSING and default_factory is not MISSING:
            raise ValueError("cannot specify both default and default_factory")
        self.default, self.default_factory = default, default_factory
        self.repr, self.compare, self.metadata = repr, compare, metadata

    def options(self) -> dict[str, Any]:
        """The arguments of `dataclasses.field` for the same field."""
        found = {"repr": self.repr, "compare": self.compare, "metadata": self.metadata}
        given = {"default": self.default, "default_factory": self.default_factory}
        return found | {name: value for name, value in given.items() if value is not MISSING}


class _Fields:
    """`__dataclass_fields__`, put together for every caller: the standard library's functions do, phlo seldom."""

    def __init__(self, given: dict[str, tuple[str, _Given]]) -> None:
        self._given = given

    def __get__(self, one: Any, kind: type) -> dict[str, Any]:
        import dataclasses

        standard = dataclasses.make_dataclass(
            kind.__name__,
            [(name, text, dataclasses.field(**given.options())) for name, (text, given) in self._given.items()],
            kw_only=True,
        )
        found: dict[str, Any] = vars(standard)["__dataclass_fields__"]
        setattr(kind, "__dataclass_fields__", found)  # noqa: B010 - to mypy a type has none
        return found


# What a standard dataclass would keep and this module would replace, each with the reason.
_OWN = {
    "__slots__": "the fields are its slots",
    "__init__": "it takes the fields by name",
    "__getstate__": "copies and pickles have the fields",
    "__setstate__": "copies and pickles have the fields",
}
_SPECIAL = ("ClassVar", "InitVar", "KW_ONLY")


def _check(cls: type, *, is_frozen: bool) -> None:
    """Refuse what the standard decorator would do otherwise. Raises TypeError."""

    def refuse(what: str) -> NoReturn:
        raise TypeError(f"{cls.__qualname__}: {what}; use the standard library's dataclass")

    body = vars(cls)
    if any("__dataclass_fields__" in vars(base) for base in cls.__mro__[1:]):
        refuse("a dataclass cannot inherit from a dataclass here")
    if "__annotate__" in body or "__annotate_func__" in body:
        refuse("the module needs `from __future__ import annotations`")
    for name, why in _OWN.items():
        if name in body:
            refuse(f"{name} cannot be defined here, {why}")
    if is_frozen and ("__setattr__" in body or "__delattr__" in body):
        refuse("a frozen dataclass cannot say how attributes are set")
    annotations = body.get("__annotations__", {})
    for name, kind in annotations.items():
        outer = (kind if isinstance(kind, str) else str(kind)).split("[")[0]
        if found := next((word for word in _SPECIAL if word in outer), None):
            refuse(f"{name} is {found}, which is not supported here")
        default = body.get(name, MISSING)
        given = default if isinstance(default, _Given) else _Given(default=default)
        if isinstance(given.default, (list, dict, set, bytearray)):
            refuse(f"{name} has a default that can change, give it a default_factory")
    for name, value in body.items():
        if isinstance(value, _Given) and name not in annotations:
            refuse(f"{name} is a field without a type")
        code = getattr(getattr(value, "__func__", value), "__code__", None)
        if code is not None and "__class__" in code.co_freevars:
            refuse(f"{name} uses super() or __class__, which is the class before it had slots")
    after = getattr(cls, "__post_init__", None)
    if after is not None and getattr(after, "__code__", None) and after.__code__.co_argcount != 1:
        refuse("__post_init__ takes nothing but self here")


def _with_standard_fields(cls: type) -> type:
    """The class with the standard library's fields in the place of ours."""
    import dataclasses

    for name, value in list(vars(cls).items()):
        if isinstance(value, _Given):
            setattr(cls, name, dataclasses.field(**value.options()))
    return cls


def _made(cls: type) -> Any:
    """The class with slots, and with what it knows of its fields."""
    given: dict[str, tuple[str, _Given]] = {}
    for name, text in vars(cls).get("__annotations__", {}).items():
        default = cls.__dict__.get(name, MISSING)
        given[name] = (text, default if isinstance(default, _Given) else _Given(default=default))
    body = {name: value for name, value in cls.__dict__.items() if name not in given}
    body.pop("__dict__", None)
    body.pop("__weakref__", None)
    body["__slots__"] = tuple(given)
    body["__match_args__"] = ()
    body["__dataclass_fields__"] = _Fields(given)
    body["_given"] = tuple((name, one.default, one.default_factory) for name, (_, one) in given.items())
    body["_compared"] = tuple(name for name, (_, one) in given.items() if one.compare)
    body["_shown"] = tuple(name for name, (_, one) in given.items() if one.repr)
    for name, method in (("__repr__", _repr), ("__eq__", _eq)):
        body.setdefault(name, method)
    body.update(__init__=_init, __setstate__=_set_state)
    return body


def _frozen(cls: type) -> Any:
    _check(cls, is_frozen=True)
    body = _made(cls)
    body.update(__setattr__=_refuse, __delattr__=_refuse)
    if body.get("__hash__") is None:
        body["__hash__"] = _hash
    return _class(cls, body)


def _changeable(cls: type) -> Any:
    _check(cls, is_frozen=False)
    body = _made(cls)
    body.setdefault("__hash__", None)
    return _class(cls, body)


def _class(cls: type, body: dict[str, Any]) -> Any:
    made = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
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
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{type(self).__qualname__}.{name} cannot be changed")


def _set_state(self: Any, state: tuple[None, dict[str, Any]]) -> None:
    """For copies and pickles; `state` is what objects with slots give automatically."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)
