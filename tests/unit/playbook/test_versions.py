"""Comparing versions of Python packages."""

from __future__ import annotations

import itertools

import pytest

from phlo.playbook.filters.versions import version

# Each is lower than the next.
ORDERED = (
    *("1.dev0", "1.0a1", "1.0a2.dev456", "1.0a12", "1.0b2", "1.0b2.post345.dev456", "1.0b2.post345"),
    *("1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5", "1.0.post456.dev34"),
    *("1.0.post456", "1.0.15", "1.1.dev1", "1!0.1"),
)


@pytest.mark.parametrize(("lower", "higher"), list(itertools.pairwise(ORDERED)))
def test_versions_of_python_packages_have_their_order(lower: str, higher: str) -> None:
    assert version(lower, higher, "<", version_type="pep440")
    assert not version(higher, lower, "<=", version_type="pep440")


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1"), ("v1.0", "1.0.0"), ("1.0-alpha.1", "1.0a1"), ("1-2", "1.post2")]
)
def test_one_version_can_be_written_in_several_ways(one: str, other: str) -> None:
    assert version(one, other, "==", version_type="pep440")


def test_what_is_no_version_is_an_error() -> None:
    with pytest.raises(ValueError, match="no version of a Python package"):
        version("some", "1.0", version_type="pep440")
