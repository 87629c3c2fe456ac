"""What the pages show while something they depend on is down: one page stays open through all of it."""

from __future__ import annotations

from typing import Any

import pytest
from phlo_observatory.tests.browsing import docker
from running_platform import VIEWER, Platform

pytestmark = [pytest.mark.integration, pytest.mark.browser]


def test_a_lost_api_is_shown_and_its_return_too(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER)
    page.get_by_text("All 2 services healthy").wait_for()
    platform.api.stop()
    try:
        page.get_by_text("phlo-api is not responding").wait_for()
        page.get_by_text("State of 2 services unknown").wait_for()
        assert page.get_by_text("All 2 services healthy").count() == 0
        assert page.title() == "⚠ Overview · Observatory"
        assert visitor.barriers() == []
    finally:
        platform.api.start()
    page.get_by_text("All 2 services healthy").wait_for()
    assert page.title() == "Overview · Observatory"


def test_an_offline_browser_is_shown_and_its_return_too(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER)
    page.get_by_text("All 2 services healthy").wait_for()
    page.context.set_offline(True)
    page.get_by_text("The browser is offline").wait_for()
    page.get_by_text("State of 2 services unknown").wait_for()
    page.context.set_offline(False)
    page.get_by_text("All 2 services healthy").wait_for()


def test_an_error_in_phlo_yaml_is_shown_with_its_line(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER, "/services")
    file = platform.folder / "phlo.yaml"
    written = file.read_text()
    broken = written.replace("GREETING: hello", "GREETING: [hello]")
    number = 1 + broken.split("\n").index(next(line for line in broken.split("\n") if "GREETING" in line))
    file.write_text(broken)
    try:
        page.get_by_text(f"phlo.yaml:{number} ").first.wait_for()
        assert "GREETING: [hello]" in page.get_by_label("Lines of phlo.yaml").first.inner_text()
        assert visitor.barriers() == []
    finally:
        file.write_text(written)
    page.get_by_label("Lines of phlo.yaml").first.wait_for(state="detached")


def test_a_log_goes_on_where_it_stopped_without_a_line_twice(platform: Platform, page: Any) -> None:
    def write(text: str) -> None:
        docker("exec", f"{platform.name}-web-1", "sh", "-c", f"echo {text} > /proc/1/fd/1")

    platform.visitor(page).sign_in(VIEWER, "/services/web")
    page.get_by_role("tab", name="Logs").click()
    log = page.get_by_role("log")
    write("before-the-outage")
    log.get_by_text("before-the-outage").wait_for()
    platform.api.stop()
    try:
        page.get_by_text("Connection lost").wait_for()
        write("during-the-outage")
    finally:
        platform.api.start()
    log.get_by_text("during-the-outage").wait_for()
    write("after-the-outage")
    log.get_by_text("after-the-outage").wait_for()
    lines = log.locator(".log-text").all_inner_texts()
    assert [line for line in lines if "outage" in line] == [
        f"{when}-the-outage" for when in ("before", "during", "after")
    ]
