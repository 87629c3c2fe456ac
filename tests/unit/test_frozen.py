"""phlo's dataclasses are the standard ones in all that their users can tell."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

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
