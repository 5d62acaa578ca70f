"""Filling in the web form as a browser without a script does, for the tests of its pages."""

from __future__ import annotations

import html
import re
from typing import Any

from httpx import Response

from portal.database import Database
from portal.tables import outbox
from tests import desk as pages
from tests.desk import TestClient

PAT: dict[str, str] = {
    "way": "number",
    "case": "24-001234",
    "name": "Pat Lee",
    "email": "pat@firm.example",
    "message": "The records that you asked for.",
}


def csrf(page: str) -> str:
    """Find the token of the first form of a page itself: the frame's own is for signing out."""
    return pages.csrf(page[page.index("<main") :])


def press(browser: TestClient, do: str, *files: tuple[str, bytes], **fields: str) -> Response:
    """Load the form, fill it in, and press a button of it."""
    token = csrf(browser.get("/send").text)
    data: dict[str, Any] = {"csrf": token, **PAT, "do": do} | fields
    chosen = [("files", file) for file in files] or [("files", ("", b""))]
    answer: Response = browser.post("/send", data=data, files=chosen)
    return answer


def add(browser: TestClient, *files: tuple[str, bytes], **fields: str) -> list[str]:
    """Add files, and return the ids of all that are there."""
    answer = press(browser, "add", *files, **fields)
    assert answer.status_code == 303, answer.text
    return re.findall(r'data-id="([0-9a-f]{32})"', browser.get("/send").text)


def code_of(database: Database) -> str:
    """Read the newest code in the outbox."""
    with database.read() as connection:
        subject: str | None = connection.scalar(
            outbox.select()
            .with_only_columns(outbox.c.subject)
            .where(outbox.c.kind == "code")
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
    assert subject is not None
    return subject.removesuffix(" is your code")


def post(browser: TestClient, path: str, page: str, **fields: str) -> Response:
    """Press a button of a plain form that is on a page."""
    token = csrf(browser.get(page).text)
    answer: Response = browser.post(path, data={"csrf": token, **fields})
    return answer


def words(page: str) -> str:
    """Return what a page says, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
