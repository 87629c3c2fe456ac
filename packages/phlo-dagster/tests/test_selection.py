"""Which assets the text of `dagster.materialize --select` selects."""

from __future__ import annotations

import pytest
from phlo_dagster_app.selection import Asset, select


def asset(key: str, *, group: str = "default", before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Asset:
    return Asset(key=key, group=group, is_partitioned=False, before=before, after=after)


# a -> lake/b -> c, d alone; "source" is not materializable, so it is not among them.
ASSETS = [
    asset("a", before=("source",), after=("lake/b",)),
    asset("lake/b", group="lake", before=("a",), after=("c",)),
    asset("c", before=("lake/b",)),
    asset("d", group="lake"),
]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ["a", "c", "d", "lake/b"]),
        ("*", ["a", "c", "d", "lake/b"]),
        ("all", ["a", "c", "d", "lake/b"]),
        ("a", ["a"]),
        ("lake/b, d,", ["d", "lake/b"]),
        ("+c", ["a", "c", "lake/b"]),
        ("a+", ["a", "c", "lake/b"]),
        ("+lake/b+", ["a", "c", "lake/b"]),
        ("group:lake", ["d", "lake/b"]),
        ("+group:lake", ["a", "d", "lake/b"]),
    ],
)
def test_a_text_selects(text: str, keys: list[str]) -> None:
    assert [found.key for found in select(text, ASSETS)] == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lake/d", 'there is no asset "lake/d" that can be materialized. Did you mean "lake/b"?'),
        ("xyz", 'there is no asset "xyz" that can be materialized. There are: a, c, d, lake/b.'),
        ("group:lakes", 'there is no group "lakes". Did you mean "lake"?'),
    ],
)
def test_what_is_not_there_is_named_with_what_is(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="there is no") as caught:
        select(text, ASSETS)
    assert str(caught.value) == message


def test_without_assets_it_says_where_to_define_one() -> None:
    with pytest.raises(ValueError, match="Define one in workflows/"):
        select("", [])


def test_a_circle_of_neighbours_ends() -> None:
    circle = [asset("a", before=("b",), after=("b",)), asset("b", before=("a",), after=("a",))]
    assert [found.key for found in select("+a+", circle)] == ["a", "b"]
