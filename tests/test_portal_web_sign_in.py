"""Signing in through the pages: links that only a press uses up, cookies, and forged forms."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Service
from tests.desk import SampleDesk, csrf, kinds, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = open_desk(tmp_path)
    opened.sample.people()
    yield opened
    opened.close()


def test_mail_scanners_do_not_use_a_link_up(desk: SampleDesk) -> None:
    path = desk.link("Dana Reyes")
    scanner = desk.browser()
    for _ in range(3):
        assert scanner.get(path).status_code == 200
        assert scanner.head(path).status_code == 200
    person = desk.browser()
    page = person.get(path)
    assert "Sign in as Dana Reyes" in page.text
    assert person.post(path, data={"csrf": csrf(page.text)}).headers["location"] == "/packages"
    assert person.get("/packages").status_code == 200


@pytest.mark.slow
def test_twenty_parallel_presses_sign_in_once(desk: SampleDesk) -> None:
    path = desk.link("Dana Reyes")
    browsers = [desk.browser() for _ in range(20)]
    tokens = [csrf(browser.get(path).text) for browser in browsers]
    statuses: list[int] = []
    start = threading.Barrier(20)

    def press(number: int) -> None:
        start.wait()
        statuses.append(browsers[number].post(path, data={"csrf": tokens[number]}).status_code)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [410] * 19


def test_used_and_run_out_links_look_the_same(desk: SampleDesk) -> None:
    used = desk.link("Dana Reyes")
    browser = desk.browser()
    browser.post(used, data={"csrf": csrf(browser.get(used).text)})
    old = desk.link("Dana Reyes", minutes=1)
    desk.pass_time(minutes=2)
    answers = {desk.browser().get(path).text for path in (used, old, "/sign-in/never-was")}
    assert len(answers) == 1
    assert "has been used or has run out" in answers.pop()
    assert desk.browser().get(used).status_code == 410


def test_the_session_cookie(desk: SampleDesk) -> None:
    browser = desk.browser()
    path = desk.link("Dana Reyes")
    answer = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "_session=" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert "expires" not in cookie.lower()


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(desk: SampleDesk) -> None:
    desk.service = Service(base_url="https://gateway.example")
    browser = desk.browser()
    path = desk.link("Dana Reyes")
    answer = browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "_session=" in c)
    assert cookie.startswith("__Host-casebridge_session=")
    assert "; Secure" in cookie


def test_signing_in_ends_the_session_that_was_there(desk: SampleDesk) -> None:
    """Session fixation: what a browser brings along is worth nothing after signing in."""
    browser = desk.signed_in("Lee Park")
    before = browser.cookies["casebridge_session"]
    path = desk.link("Dana Reyes")
    browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    assert browser.cookies["casebridge_session"] != before
    other = desk.browser(cookies={"casebridge_session": before})
    assert other.get("/packages").headers["location"] == "/sign-in"


def test_a_cookie_of_the_visitors_own_making_opens_nothing(desk: SampleDesk) -> None:
    for value in ("x", "", "0" * 64, "\xff"):
        browser = desk.browser(headers={"cookie": f"casebridge_session={value}".encode("latin-1")})
        assert browser.get("/packages").status_code == 303


@pytest.mark.parametrize(
    ("forged", "headers"),
    [
        ({}, {}),
        ({"csrf": ""}, {}),
        ({"csrf": "x" * 43}, {}),
        ({"csrf": "right"}, {"sec-fetch-site": "cross-site"}),
        ({"csrf": "right"}, {"sec-fetch-site": "same-site"}),
        ({"csrf": "right"}, {"content-type": "text/plain"}),
        ({"csrf": "right", "more": "x" * 9000}, {}),
    ],
)
def test_a_sign_in_forged_elsewhere_is_refused_and_uses_nothing_up(
    desk: SampleDesk, forged: dict[str, str], headers: dict[str, str]
) -> None:
    browser = desk.browser()
    path = desk.link("Dana Reyes")
    right = csrf(browser.get(path).text)
    data = {name: right if value == "right" else value for name, value in forged.items()}
    answer = browser.post(path, data=data, headers=headers)
    assert answer.status_code == 403
    assert "This page is out of date" in answer.text
    assert browser.post(path, data={"csrf": right}).status_code == 303


def test_a_form_without_its_cookie_is_refused(desk: SampleDesk) -> None:
    path = desk.link("Dana Reyes")
    token = csrf(desk.browser().get(path).text)
    assert desk.browser().post(path, data={"csrf": token}).status_code == 403


def test_signing_out_takes_the_sessions_own_form(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    others = csrf(desk.signed_in("Lee Park").get("/packages").text)
    for data in ({}, {"csrf": others}, {"csrf": "\xe9"}):
        assert browser.post("/sign-out", data=data).status_code == 403
    assert browser.get("/sign-out").status_code == 405
    page = browser.get("/packages").text
    kept = browser.cookies["casebridge_session"]
    assert browser.post("/sign-out", data={"csrf": csrf(page)}).headers["location"] == "/sign-in"
    again = desk.browser(cookies={"casebridge_session": kept})
    assert again.get("/packages").status_code == 303


def test_without_activity_the_session_ends_and_the_page_says_so(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    desk.pass_time(minutes=29)
    assert browser.get("/packages").status_code == 200
    desk.pass_time(minutes=29)
    assert browser.get("/packages").status_code == 200
    desk.pass_time(minutes=30)
    assert browser.get("/packages").headers["location"] == "/sign-in"
    page = browser.get("/sign-in")
    assert "You were signed out" in page.text
    assert "30 minutes without activity" in page.text
    assert "You were signed out" not in browser.get("/sign-in").text


def test_a_page_that_asks_by_itself_is_no_activity(desk: SampleDesk) -> None:
    browser = desk.signed_in("Olu Adeyemi")
    for _ in range(3):
        desk.pass_time(minutes=10)
        answer = browser.get("/packages", headers={"x-casebridge-refresh": "1"})
    assert answer.status_code == 303


@pytest.mark.slow
def test_whoever_is_signed_in_is_sent_on(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    assert browser.get("/sign-in").headers["location"] == "/packages"
    assert browser.get("/").headers["location"] == "/packages"


def test_who_has_no_account_finds_the_form(desk: SampleDesk) -> None:
    browser = desk.browser()
    assert browser.get("/").headers["location"] == "/send"
    for path in ("/sign-in", "/help", "/send", "/confirm", "/p/7KQ4-M2XD", "/nowhere"):
        page = browser.get(path).text
        top, _, rest = page.partition("</header>")
        assert 'href="/send"' in top, path
        assert 'href="/sign-in"' in top, path
        if path in ("/sign-in", "/nowhere"):
            assert 'href="/send"' in rest, path


def test_whoever_is_signed_in_stays_so_where_there_is_no_page(desk: SampleDesk) -> None:
    page = desk.signed_in("Dana Reyes").get("/nowhere").text
    assert "Dana Reyes" in page
    assert "Staff sign-in" not in page


def test_signing_in_and_out_are_recorded(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    browser.post("/sign-out", data={"csrf": csrf(browser.get("/packages").text)})
    actor = f"account:{desk.sample.accounts['Dana Reyes']}"
    assert kinds(desk) == [(actor, "account.signed_in", {}), (actor, "account.signed_out", {})]


def test_the_host_header_builds_no_address(desk: SampleDesk) -> None:
    browser = desk.signed_in("Dana Reyes")
    for path in ("/", "/packages", "/packages/", "/sign-in", "/static", "/p/x/"):
        answer = browser.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in answer.text + str(answer.headers)
