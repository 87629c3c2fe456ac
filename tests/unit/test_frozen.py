"""phlo's dataclasses are the standard ones in all that their users can tell."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from phlo import frozen
from phlo.frozen import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    name: str
    tags: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list, repr=False)
    cache: int = field(default=0, compare=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    name: str
    tags: tuple[str, ...] = ()
    notes: list[str] = dataclasses.field(default_factory=list, repr=False)
    cache: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    x: int
    y: int = 0


def changed(kind: Any) -> None:
    kind(name="a").name = "b"


def deleted(kind: Any) -> None:
    del kind(name="a").name


def made_with(*given: Any, **named: Any) -> Callable[[Any], Any]:
    return lambda kind: kind(*given, **named)


@pytest.mark.parametrize(
    "use",
    [
        lambda kind: kind(name="a") == kind(name="a", cache=3),
        lambda kind: kind(name="a") == kind(name="b"),
        lambda kind: kind(name="a") == "a",
        lambda kind: repr(kind(name="a", notes=["n"])).partition("(")[2],
        lambda kind: dataclasses.asdict(kind(name="a", tags=("t",))),
        lambda kind: dataclasses.replace(kind(name="a"), tags=("t",)).tags,
        lambda kind: [item.name for item in dataclasses.fields(kind)],
        lambda kind: kind(name="a").notes is kind(name="a").notes,
        lambda kind: hasattr(kind(name="a"), "__dict__"),
        lambda kind: pickle.loads(pickle.dumps(kind(name="a", tags=("t",)))).tags,  # noqa: S301 - it is our own
        lambda kind: copy.deepcopy(kind(name="a", notes=["n"])).notes,
    ],
)
def test_it_does_as_a_standard_one(use: Callable[[Any], Any]) -> None:
    assert use(Quick) == use(Standard)


@pytest.mark.parametrize("use", [changed, deleted, made_with(), made_with("a"), made_with(name="a", other=1)])
def test_it_refuses_what_a_standard_one_refuses(use: Callable[[Any], Any]) -> None:
    with pytest.raises(Exception) as standard:  # noqa: PT011 - the standard's is the one that is wanted
        use(Standard)
    with pytest.raises(standard.type):
        use(Quick)


@dataclass(slots=True, kw_only=True)
class Changeable:
    name: str
    notes: list[str] = field(default_factory=list)


def test_one_that_can_be_changed_has_no_hash() -> None:
    one = Changeable(name="a")
    one.name = "b"
    one.notes.append("n")

    assert one == Changeable(name="b", notes=["n"])
    assert Changeable(name="a").notes == []
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_replacing_takes_over_what_is_not_said_and_refuses_what_is_no_field() -> None:
    assert replace(Point(x=1, y=2), y=3) == Point(x=1, y=3)
    assert replace(Standard(name="a", tags=("t",)), name="b") == Standard(name="b", tags=("t",))
    with pytest.raises(TypeError, match="has no z"):
        replace(Point(x=1), z=3)  # type: ignore[call-arg]


def test_a_field_keeps_what_is_noted_on_it() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Noted:
        """A note."""

        name: str = field(default="x", metadata={"main": True})

    (found,) = dataclasses.fields(Noted)
    assert (found.name, found.type, found.default, dict(found.metadata)) == ("name", "str", "x", {"main": True})
    assert Noted.__doc__ == "A note."


def test_equal_ones_have_one_hash() -> None:
    assert {Point(x=1), Point(x=1, y=0), Point(x=2)} == {Point(x=1), Point(x=2)}


def test_another_form_is_the_standard_decorators() -> None:
    @dataclass(slots=True)
    class Changeable:
        x: int

    one = Changeable(1)
    one.x = 2

    assert one == Changeable(2)


def test_another_form_has_the_standard_librarys_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Listed:
        x: list[int] = field(default_factory=list, repr=False)

    assert (Listed([1]).x, Listed().x, repr(Listed([1]))) == ([1], [], repr(Listed()))


# What a standard dataclass can do and these cannot: the body of a class, and what its error says.
UNSUPPORTED: dict[str, tuple[dict[str, Any], str]] = {
    "a class variable": ({"__annotations__": {"a": "ClassVar[int]"}, "a": 1}, "a is ClassVar"),
    "a class variable by its module": ({"__annotations__": {"a": "typing.ClassVar"}}, "a is ClassVar"),
    "a class variable that is not a text": ({"__annotations__": {"a": ClassVar[int]}}, "a is ClassVar"),
    "an argument that is no field": ({"__annotations__": {"a": "InitVar[int]"}}, "a is InitVar"),
    "such an argument that is not a text": ({"__annotations__": {"a": dataclasses.InitVar[int]}}, "a is InitVar"),
    "a mark of keywords": ({"__annotations__": {"_": "KW_ONLY"}}, "_ is KW_ONLY"),
    "such a mark that is not a text": ({"__annotations__": {"_": dataclasses.KW_ONLY}}, "_ is KW_ONLY"),
    "a default that can change": ({"__annotations__": {"a": "list[int]"}, "a": []}, "a has a default that can change"),
    "such a default of a field": (
        {"__annotations__": {"a": "list[int]"}, "a": field(default=[])},
        "a has a default that can change",
    ),
    "a field without a type": ({"a": field(default=1)}, "a is a field without a type"),
    "annotations of a newer Python": ({"__annotate_func__": lambda form: {}}, "from __future__ import annotations"),
    "its own slots": ({"__slots__": ()}, "__slots__ cannot be defined"),
    "its own __init__": ({"__init__": lambda self: None}, "__init__ cannot be defined"),
    "its own __getstate__": ({"__getstate__": lambda self: None}, "__getstate__ cannot be defined"),
    "its own __setstate__": ({"__setstate__": lambda self, state: None}, "__setstate__ cannot be defined"),
    "its own __setattr__": ({"__setattr__": lambda self, name, value: None}, "how attributes are set"),
    "its own __delattr__": ({"__delattr__": lambda self, name: None}, "how attributes are set"),
    "an argument of __post_init__": ({"__post_init__": lambda self, more: None}, "takes nothing but self"),
}


@pytest.mark.parametrize(("body", "what"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_is_not_supported_is_refused_when_the_class_is_made(body: dict[str, Any], what: str) -> None:
    with pytest.raises(TypeError, match=what):
        dataclass(frozen=True, slots=True, kw_only=True)(type("Odd", (), body))


@pytest.mark.parametrize("base", [Point, Standard, Changeable])
def test_a_dataclass_that_inherits_from_one_is_refused(base: type) -> None:
    with pytest.raises(TypeError, match="cannot inherit from a dataclass"):
        dataclass(frozen=True, slots=True, kw_only=True)(type("Odd", (base,), {}))


def test_a_class_that_is_no_dataclass_may_inherit_from_one() -> None:
    class Named(Point):
        __slots__ = ()

        def sum(self) -> int:
            return self.x + self.y

    assert Named(x=1, y=2).sum() == 3


def test_super_is_refused_for_it_would_be_of_another_class() -> None:
    with pytest.raises(TypeError, match="uses super"):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Odd:
            def __str__(self) -> str:
                return super().__str__()


@pytest.mark.parametrize("option", ["init", "hash", "kw_only", "doc"])
def test_an_option_of_a_field_that_is_not_supported_is_refused(option: str) -> None:
    with pytest.raises(TypeError, match=option):
        frozen.field(**{option: False})


def test_a_field_has_one_default() -> None:
    with pytest.raises(ValueError, match="both default and default_factory"):
        frozen.field(default=1, default_factory=int)  # type: ignore[call-overload]


def test_a_field_cannot_be_given_by_its_position() -> None:
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[misc]


def test_post_init_runs_when_all_fields_are_there() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Checked:
        low: int
        high: int = 3

        def __post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    assert Checked(low=1).high == 3
    with pytest.raises(ValueError, match="above"):
        replace(Checked(low=1), low=4)
