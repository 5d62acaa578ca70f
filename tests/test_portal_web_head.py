"""HEAD answers as GET does, without a body, and counts as no look at anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.tables import drafts, events, submissions
from tests.desk import SampleDesk, TestClient, filled_desk, kinds
from tests.filling_in import add, code_of, post
from tests.test_portal_web_sender_page import proven

# What differs from one answer to the next, or has the page's own secrets in it.
OF_ONE_ANSWER = {"x-request-id", "content-length", "set-cookie"}
SENT = "7KQ4-M2XD"
NOT_READ = "BADB-AD00"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = filled_desk(tmp_path)
    yield desk
    desk.close()


def agree(browser: TestClient, path: str, status: int = 200) -> None:
    head, got = browser.head(path), browser.get(path)
    assert (head.status_code, got.status_code) == (status, status), path
    assert head.content == b""
    told = [
        {name: value for name, value in one.headers.items() if name not in OF_ONE_ANSWER}
        for one in (head, got)
    ]
    assert told[0] == told[1]


def test_the_pages_of_the_form_answer_head_as_get(desk: SampleDesk) -> None:
    stranger = desk.browser()
    agree(stranger, "/send")
    for path in ("/send/check", "/send/code", "/send/done"):
        agree(stranger, path, 303)
    (public_id,) = add(stranger, ("smith.pdf", b"%PDF-1.7"))
    for path in ("/send", "/send/check", "/send/code", f"/send/remove/{public_id}"):
        agree(stranger, path)
    post(stranger, "/send/code", "/send/code", do="new", then="send")
    post(
        stranger,
        "/send/code",
        "/send/code",
        do="enter",
        then="send",
        code=code_of(desk.database),
    )
    agree(stranger, "/send/done")
    agree(stranger, "/send")


def test_head_begins_no_draft(desk: SampleDesk) -> None:
    stranger = desk.browser()
    for path in ("/send", "/send/check", "/send/code", "/send/done"):
        stranger.head(path)
    with desk.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(drafts)) == 0


def test_head_of_a_package_is_no_view_and_marks_nothing_as_read(desk: SampleDesk) -> None:
    def read() -> list[object]:
        with desk.database.read() as connection:
            return list(connection.scalars(sa.select(submissions.c.read_at)))

    dana = desk.signed_in("Dana Reyes")
    before, noted = read(), kinds(desk)
    head = dana.head(f"/p/{NOT_READ}")
    assert (head.status_code, head.content) == (200, b"")
    assert (read(), kinds(desk)) == (before, noted)
    dana.get(f"/p/{NOT_READ}")
    assert read() != before
    assert [kind for _, kind, _ in kinds(desk)[len(noted) :]] == ["package.viewed"]


def test_head_of_the_senders_page_is_no_view(desk: SampleDesk) -> None:
    stranger = desk.browser()
    agree(stranger, f"/p/{SENT}")
    agree(stranger, f"/p/{SENT.lower()}", 307)
    agree(stranger, f"/p/{SENT}/status", 404)
    sender = proven(desk)
    noted = kinds(desk)
    head = sender.head(f"/p/{SENT}")
    assert (head.status_code, head.content) == (200, b"")
    assert kinds(desk) == noted
    agree(sender, f"/p/{SENT}")
    agree(sender, f"/p/{SENT}/status")
    with desk.database.read() as connection:
        newest = connection.scalar(sa.select(events.c.kind).order_by(events.c.id.desc()).limit(1))
    assert newest == "package.viewed", "by GET it is one"
