"""Every answer has its headers, and a fault tells nobody anything but its number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from config.settings import Service
from tests.desk import SampleDesk, filled_desk

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SECRETS = ("Pat Lee", "bakerholt", "Smith", "deposition", "Dear Dana", "records.pdf", "Dana Reyes")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    yield opened
    opened.close()
    structlog.reset_defaults()


PATHS = (
    "/packages",
    "/p/7KQ4-M2XD",
    "/p/nothing",
    "/outbox",
    "/sign-in",
    "/sign-in/never-was",
    "/nowhere",
    "/healthz",
    "/readyz",
    "/metrics",
    "/",
)


@pytest.mark.parametrize("path", PATHS)
def test_headers_of_every_answer(desk: SampleDesk, path: str) -> None:
    for browser in (desk.browser(), desk.signed_in("Dana Reyes")):
        headers = browser.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "strict-transport-security" not in headers
        assert "server" not in headers


def test_over_https_browsers_are_told_to_stay_with_it(desk: SampleDesk) -> None:
    desk.service = Service(base_url="https://gateway.example")
    assert desk.browser().get("/sign-in").headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.slow
def test_what_is_the_same_for_everybody_may_be_kept(desk: SampleDesk) -> None:
    for name in ("casebridge.css", "refresh.js", "icon.svg"):
        answer = desk.browser().get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-content-type-options"] == "nosniff"
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing", "/static/"):
        assert desk.browser().get(path).status_code == 404


def test_no_documentation_of_the_api_is_served(desk: SampleDesk) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert desk.browser().get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_change_nothing(desk: SampleDesk, method: str) -> None:
    browser = desk.signed_in("Dana Reyes")
    for path in ("/packages", "/p/7KQ4-M2XD", "/outbox", "/healthz"):
        assert browser.request(method, path).status_code == 405


def test_a_fault_is_a_page_with_a_number_and_a_line_without_personal_data(
    desk: SampleDesk,
) -> None:
    browser = desk.signed_in("Dana Reyes")
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE packages RENAME TO gone")
    with capture_logs() as lines:
        answer = browser.get("/p/7KQ4-M2XD")
    assert answer.status_code == 500
    assert "There is a problem with the service" in answer.text
    number = answer.headers["x-request-id"]
    assert number in answer.text
    failed = [line for line in lines if line["event"] == "page.failed"]
    assert [line["request"] for line in failed] == [number]
    assert failed[0]["fault"] == "OperationalError"
    for text in (answer.text, str(lines)):
        assert "SELECT" not in text
        assert not any(secret in text for secret in SECRETS)


def test_logs_hold_neither_tokens_nor_anything_personal(desk: SampleDesk) -> None:
    with capture_logs() as lines:
        browser = desk.signed_in("Dana Reyes")
        token = browser.cookies["casebridge_session"]
        path = desk.link("Dana Reyes")
        browser.get(path)
        for one in PATHS:
            browser.get(one)
        browser.get(f"/p/7KQ4-M2XD/documents/{desk.sample.part_ids['7KQ4M2XD'][1]}/view")
    text = str(lines)
    assert len([line for line in lines if line["event"] == "page.answered"]) >= len(PATHS)
    assert token not in text
    assert path.rpartition("/")[2] not in text
    assert not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [
        ("DELETE", "/send", "GET, HEAD, POST"),
        ("PUT", "/send/uploads", "OPTIONS, POST"),
        ("PUT", "/send/uploads/0", "DELETE, HEAD, OPTIONS, PATCH, POST"),
        ("POST", "/static/casebridge.css", "GET, HEAD"),
    ],
)
def test_a_method_that_a_page_has_not_is_told_all_that_it_has(
    desk: SampleDesk, method: str, path: str, methods: str
) -> None:
    answer = desk.browser().request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)
