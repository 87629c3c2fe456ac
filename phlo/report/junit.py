"""A run as JUnit XML, which continuous integration servers show: a suite a host, a test case a step.

Source: the schema that Jenkins' and GitLab's readers share (testsuites, testsuite, testcase, failure, skipped).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree

from phlo.report.run_state import BAD
from phlo.values import Event, Status

# What XML 1.0 cannot hold at all, not even escaped (section 2.2, Char).
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_RUN = (Status.SKIPPED, Status.BLOCKED)


def junit_xml(project: str, events: Iterable[Event]) -> bytes:
    """The file for the events of one run.

    A service that was put back is a failed case of its own, so that nothing that went wrong counts as passed.
    """
    root = ElementTree.Element("testsuites", name=_text(project))
    by_host: dict[str, list[Event]] = {}
    began = 0.0
    for event in events:
        if event.kind == "run_started":
            began = event.time
        elif event.kind in ("step_finished", "undo_finished"):
            by_host.setdefault(event.host or "", []).append(event)
        elif event.kind == "run_finished" and event.seconds is not None:
            root.set("time", f"{event.seconds:.3f}")
    for host, ends in by_host.items():
        _add_suite(root, host, ends, began)
    for name in ("tests", "failures", "skipped"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add_suite(root: ElementTree.Element, host: str, ends: list[Event], began: float) -> None:
    failed = sum(_has_failed(end) for end in ends)
    skipped = sum(end.status in _NOT_RUN for end in ends)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=_text(host),
        tests=str(len(ends)),
        failures=str(failed),
        errors="0",
        skipped=str(skipped),
        time=f"{sum(end.seconds or 0.0 for end in ends):.3f}",
        timestamp=datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    for end in ends:
        _add_case(suite, end)


def _add_case(suite: ElementTree.Element, end: Event) -> None:
    name = (end.step or "").partition("/")[2].partition("/")[2] or "roll back"
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_text(f"{end.host}.{end.service or 'project'}"),
        name=_text(name),
        time=f"{end.seconds or 0.0:.3f}",
    )
    if end.status in _NOT_RUN:
        ElementTree.SubElement(case, "skipped", message=_text(end.message))
    elif _has_failed(end):
        message = end.message or "the service was put back to what ran before"
        failure = ElementTree.SubElement(case, "failure", type=str(end.status), message=_text(message))
        failure.text = _text("\n".join([message, *end.detail]))
    elif end.changes:
        lines = (f"{change.verb} {change.at}: {'; '.join(change.causes)}" for change in end.changes)
        ElementTree.SubElement(case, "system-out").text = _text("\n".join(lines))


def _has_failed(end: Event) -> bool:
    return end.status in BAD and end.status not in _NOT_RUN


def _text(text: str) -> str:
    return _UNSPEAKABLE.sub("?", text)
