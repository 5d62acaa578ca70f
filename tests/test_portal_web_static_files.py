"""Static files are packed for whoever can unpack them, and nothing else is."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.web.static_files import FOLDER, takes_gzip
from tests.desk import SampleDesk, TestClient, open_desk

NAMES = ("casebridge.css", "send.js", "refresh.js", "npm/tus.min.js")


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    desk: SampleDesk = open_desk(tmp_path)
    yield desk.browser()
    desk.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_sent_packed_and_unpacks_to_itself(browser: TestClient, name: str) -> None:
    with browser.stream("GET", f"/static/{name}", headers={"Accept-Encoding": "br, gzip"}) as sent:
        raw = b"".join(sent.iter_raw())
    content = (FOLDER / name).read_bytes()
    assert sent.headers["content-encoding"] == "gzip"
    assert sent.headers["content-length"] == str(len(raw))
    assert sent.headers["content-type"].partition(";")[0] in {"text/css", "text/javascript"}
    assert gzip.decompress(raw) == content
    assert len(raw) < len(content) * 0.6


@pytest.mark.parametrize("name", NAMES)
def test_who_cannot_unpack_gets_the_file_as_it_is(browser: TestClient, name: str) -> None:
    for accepted in ("identity", "br", "gzip;q=0"):
        sent = browser.get(f"/static/{name}", headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in sent.headers
        assert sent.content == (FOLDER / name).read_bytes()
        assert sent.headers["vary"] == "Accept-Encoding"


def test_each_form_has_an_etag_of_its_own_and_is_not_sent_again(browser: TestClient) -> None:
    tags = {}
    for accepted in ("gzip", "identity"):
        first = browser.get("/static/casebridge.css", headers={"Accept-Encoding": accepted})
        assert first.headers["vary"] == "Accept-Encoding"
        tags[accepted] = first.headers["etag"]
    assert tags["gzip"] != tags["identity"]
    for accepted, tag in tags.items():
        for known, status in ((tag, 304), (f"W/{tag}", 304), ('"other"', 200)):
            again = browser.get(
                "/static/casebridge.css",
                headers={"Accept-Encoding": accepted, "If-None-Match": known},
            )
            assert again.status_code == status
            assert again.headers["etag"] == tag
            assert again.headers["vary"] == "Accept-Encoding"
            assert again.headers["cache-control"] == "no-cache"
    crossed = {"Accept-Encoding": "gzip", "If-None-Match": tags["identity"]}
    assert browser.get("/static/casebridge.css", headers=crossed).status_code == 200


def test_head_says_what_get_would_and_sends_nothing(browser: TestClient) -> None:
    for accepted in ("gzip", "identity"):
        asked = {"Accept-Encoding": accepted}
        got = browser.get("/static/send.js", headers=asked)
        head = browser.head("/static/send.js", headers=asked)
        assert head.content == b""
        for name in ("content-length", "content-type", "etag", "vary", "cache-control"):
            assert head.headers[name] == got.headers[name]


def test_the_icon_goes_in_the_smaller_of_its_two_forms(browser: TestClient) -> None:
    icon = FOLDER / "icon.svg"
    sent = browser.get("/static/icon.svg", headers={"Accept-Encoding": "gzip"})
    assert sent.headers["content-type"] == "image/svg+xml"
    assert sent.content == icon.read_bytes()
    packed = len(gzip.compress(icon.read_bytes(), 9, mtime=0)) < icon.stat().st_size
    assert ("content-encoding" in sent.headers) == packed


def test_no_page_is_packed(browser: TestClient) -> None:
    for path in ("/send", "/sign-in"):
        answer = browser.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("gzip; q=0.001", True),
        ("gzip;q=0", False),
        ("gzip ; Q = 0.000", False),
        ("", False),
        ("identity", False),
        ("notgzip", False),
    ],
)
def test_what_a_header_says_about_gzip(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes
