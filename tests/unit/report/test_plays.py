from __future__ import annotations

import io

from phlo.report.plays import recap
from phlo.report.style import style_for


def test_what_was_rescued_or_ignored_is_not_told_as_failed() -> None:
    hosts = {"a": {"ok": 3, "failed": 2, "rescued": 1, "ignored": 1}, "b": {"ok": 1, "failed": 1}}
    lines = recap(hosts, style_for(io.StringIO(), {}), 1.0).splitlines()
    assert lines[0] == "✓ a  3 ok, 1 rescued, 1 ignored"
    assert lines[1].startswith("✗ b  1 ok, 1 failed")
