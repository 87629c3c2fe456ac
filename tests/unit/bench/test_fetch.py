from __future__ import annotations

import sys

import pytest

from tests.bench.fetch import first_line
from tests.bench.tools.tool import Unavailable


def test_the_first_line_of_what_a_command_prints_is_given() -> None:
    assert first_line([sys.executable, "-I", "-S", "-c", "print('1.2.3'); print('more')"]) == "1.2.3"


def test_a_reason_does_not_tell_where_packages_come_from() -> None:
    script = "raise SystemExit('E: cannot reach \"https://user:word@mirror.example/debian\" now')"

    with pytest.raises(Unavailable, match=r'failed: E: cannot reach "\(address\)" now$'):
        first_line([sys.executable, "-I", "-S", "-c", script])
