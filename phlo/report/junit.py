"""A run as JUnit XML, which continuous integration servers show: a suite a host, a test case a step.

Source: the schema that Jenkins' and GitLab's readers share (testsuites, testsuite, testcase, failure, skipped).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree

from phlo.events import Event, RunFinished, RunStarted, StepFinished, UndoFinished
from phlo.report.run_state import BAD
from phlo.values import Status
from phlo.visible import visible

# What XML 1.0 cannot hold at all, not even escaped (section 2.2, Char).
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_RUN = (Status.SKIPPED, Status.BLOCKED)


def junit_xml(project: str, events: Iterable[Event]) -> bytes:
    """The file for the events of one run.

    A service that was rolled back is a failed case of its own, so that nothing that went wrong counts as passed.
    """
    root = ElementTree.Element("testsuites", name=_text(project))
    by_host: dict[str, list[StepFinished | UndoFinished]] = {}
    began = 0.0
    for event in events:
        match event:
            case RunStarted():
                began = event.time
            case StepFinished():
                by_host.setdefault(event.step.host, []).append(event)
            case UndoFinished():
                by_host.setdefault(event.host, []).append(event)
            case RunFinished():
                root.set("time", f"{event.seconds:.3f}")
    for host, ends in by_host.items():
        _add_suite(root, host, ends, began)
    for name in ("tests", "failures", "skipped"):
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _add_suite(root: ElementTree.Element, host: str, ends: list[StepFinished | UndoFinished], began: float) -> None:
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


def _add_case(suite: ElementTree.Element, end: StepFinished | UndoFinished) -> None:
    about = end.step if isinstance(end, StepFinished) else end
    name = end.step.name if isinstance(end, StepFinished) else "roll back"
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_text(f"{about.host}.{about.service or 'project'}"),
        name=_text(name),
        time=f"{end.seconds or 0.0:.3f}",
    )
    if end.status in _NOT_RUN:
        ElementTree.SubElement(case, "skipped", message=_text(end.message))
    elif _has_failed(end):
        message = end.message or "the service was restored to its previous version"
        failure = ElementTree.SubElement(case, "failure", type=str(end.status), message=_text(message))
        failure.text = _text("\n".join([message, *end.detail]))
    elif isinstance(end, StepFinished) and end.changes:
        lines = (f"{change.verb} {change.at}: {'; '.join(change.causes)}" for change in end.changes)
        ElementTree.SubElement(case, "system-out").text = _text("\n".join(lines))


def _has_failed(end: StepFinished | UndoFinished) -> bool:
    is_tolerated = isinstance(end, StepFinished) and end.is_tolerated
    return end.status in BAD and end.status not in _NOT_RUN and not is_tolerated


def _text(text: str) -> str:
    return _UNSPEAKABLE.sub("?", visible(text))
