"""The pages in a browser, on a platform that runs."""

from __future__ import annotations

from typing import Any

import pytest
from budget import MOST_SCRIPT_BYTES, script_bytes
from phlo_observatory.tests.browsing import PAGES, docker
from running_platform import OPERATOR, VIEWER, Platform

pytestmark = [pytest.mark.integration, pytest.mark.browser]


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_every_page_is_without_a_fault(platform: Platform, page: Any, theme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    visitor = platform.visitor(page)
    visitor.sign_in(OPERATOR)
    run = page.request.get(f"{platform.address}/api/v1/runs").json()[0]["id"]
    # Without a lake there is nothing to ask for data, which the page says; the browser notes the refusals.
    refused = "status of 404"
    for path in (*PAGES, "/services/web", f"/runs/{run}"):
        visitor.open(path)
        assert visitor.barriers() == [], path
        assert not visitor.is_too_wide(), path
        faults = [one for one in visitor.problems if not (path == "/data" and refused in one)]
        assert faults == [], path
        visitor.problems.clear()


def test_the_overview_loads_little_script(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER, "/settings")
    fresh = page.context.browser.new_context(storage_state=page.context.storage_state()).new_page()
    assert script_bytes(fresh, platform.address) <= MOST_SCRIPT_BYTES


def test_who_signs_in_gets_where_they_wanted(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER, "/services/web")
    assert page.get_by_role("heading", level=1).inner_text() == "web"
    (cookie,) = [one for one in page.context.cookies() if one["name"] == "observatory_session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert VIEWER not in cookie["value"]
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto(f"{platform.address}/runs")
    page.wait_for_url("**/login?then=*")


def test_who_may_only_look_is_told_so(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER, "/plan")
    assert page.get_by_role("button", name="Apply").is_disabled()
    page.get_by_text("Needs the role operator").wait_for()


def test_the_keyboard_finds_a_service(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER)
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search pages").wait_for()
    page.keyboard.type("work")
    page.get_by_role("menuitem", name="worker").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/services/worker")


def test_the_log_and_the_environment_are_shown(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER, "/services/web")
    page.get_by_role("tab", name="Logs").click()
    page.get_by_role("log").get_by_text("getting ready").wait_for()
    page.get_by_role("tab", name="Environment").click()
    row = page.get_by_role("row").filter(has_text="GREETING")
    row.get_by_text("hello").wait_for()
    assert "phlo.yaml" in row.inner_text()


def test_a_failed_health_check_is_shown_with_its_cause(platform: Platform, page: Any) -> None:
    platform.visitor(page).sign_in(VIEWER)
    docker("exec", f"{platform.name}-web-1", "rm", "/tmp/ready")
    try:
        page.get_by_text("1 service unhealthy").wait_for()
        page.locator("main").get_by_role("link", name="web", exact=True).first.click()
        page.get_by_label("Output of the health check").first.get_by_text("the disk is full").wait_for()
        page.get_by_text("Last lines of the log").wait_for()
    finally:
        docker("exec", f"{platform.name}-web-1", "touch", "/tmp/ready")


def test_the_palette_and_a_page_that_does_not_exist_are_without_a_fault(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER)
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search pages").wait_for()
    assert visitor.barriers() == []
    page.goto(f"{platform.address}/nothing/here")
    page.get_by_role("heading", name="Page not found").wait_for()
    assert page.title() == "Page not found · Observatory"
    assert visitor.barriers() == []


def test_a_page_keeps_its_state_in_the_address_through_a_login(platform: Platform, page: Any) -> None:
    visitor = platform.visitor(page)
    visitor.sign_in(VIEWER, "/services/web")
    page.get_by_role("tab", name="Logs").click()
    page.get_by_label("Filter lines").fill("ready")
    page.wait_for_url("**/services/web?tab=logs&filter=ready")
    page.context.clear_cookies()
    page.reload()
    page.wait_for_url("**/login?then=*")
    page.locator("input[name=token]").fill(VIEWER)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/services/web?tab=logs&filter=ready")
    assert page.get_by_label("Filter lines").input_value() == "ready"
    page.locator(".sidebar").first.get_by_role("link", name="Graph").click()
    page.get_by_role("heading", level=1, name="Graph").wait_for()
    page.wait_for_function("document.activeElement.id === 'main'")
    page.get_by_role("button", name="service web").click()
    page.wait_for_url("**/graph?node=service*")
