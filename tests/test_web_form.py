"""The form to the record: what its pages foresee of a file is what the road files it as."""

from __future__ import annotations

import io
import re
from typing import cast

import pikepdf
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from gateway.pages import pages_of
from gateway.paper import no_paper
from gateway.replies.mailed_password import none_said
from gateway.stores import Stores
from gateway.unlocking import no_unlocking
from gateway.upkeep.thumbnails import NoThumbnails
from portal.pdf_name import pdf_name
from portal.tables import cases, letters, parts, submissions
from tests.carrying import Carrier
from tests.desk import TestClient
from tests.filling_in import add, code_of, post, press, words

pytestmark = pytest.mark.record


def pdf() -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(made)
    return made.getvalue()


def browser_of(stores: Stores, carrier: Carrier) -> TestClient:
    """A browser at the pages as `serve` builds them."""
    send = stores.web_door(lambda: carrier.now).send
    engines = (no_paper, no_unlocking, NoThumbnails(), none_said)
    pages = pages_of(stores, {}, bytes, send, *engines, grace_seconds=1)
    app = cast("FastAPI", pages.config.app)
    address = stores.settings.service.base_url
    return TestClient(app, base_url=address, follow_redirects=False)


@pytest.mark.slow
def test_what_is_foreseen_is_what_is_filed(sample_stores: Stores) -> None:
    carrier = Carrier(sample_stores)
    browser = browser_of(sample_stores, carrier)
    email = {"email": "pat.hall@bakerllp.example"}
    first, *_ = add(
        browser,
        ("Smith #2, deposition.pdf", pdf()),
        ("notes.txt", b"Notes of the visit."),
        ("notes.pdf", pdf()),
        ("NOTES.PDF", pdf()),
        ("CON.txt", b"Notes."),
        ("run.exe", b"MZ" + bytes(200)),
        **email,
    )
    chosen = {f"type-{first}": "Pleading", f"description-{first}": "Day two"}
    assert press(browser, "go", **email, **chosen).headers["location"] == "/send/check"
    check = browser.get("/send/check").text
    foreseen = re.findall(r'Will be filed as <bdi class="file">([^<]+)</bdi>', check)
    assert len(foreseen) == 5
    assert "It will not be filed" in words(check)
    assert post(browser, "/send/check", "/send/check").headers["location"].startswith("/send/code")
    page = "/send/code?then=send"
    typed = code_of(sample_stores.database)
    answer = post(browser, "/send/code", page, do="enter", code=typed, then="send")
    assert answer.headers["location"] == "/send/done"
    with sample_stores.database.read() as connection:
        letter = connection.execute(sa.select(letters).where(letters.c.door == "web")).one()
    assert carrier.carry(letter.id, letter.attempt) == "filed_in_part"
    with sample_stores.database.read() as connection:
        rows = connection.execute(
            sa.select(parts)
            .where(parts.c.letter_id == letter.id, parts.c.fate.in_(("filed", "converted")))
            .where(parts.c.filed_name.is_not(None), parts.c.original_name.is_not(None))
            .order_by(parts.c.position)
        ).all()
        numbers = list(
            connection.scalars(
                sa.select(cases.c.number)
                .join(submissions, submissions.c.case_id == cases.c.id)
                .where(submissions.c.letter_id == letter.id)
            )
        )
    filed = [
        pdf_name(row.filed_name) if row.fate == "converted" else row.filed_name for row in rows
    ]
    assert filed == foreseen
    assert (rows[0].document_type, rows[0].description) == ("Pleading", "Day two")
    assert numbers == ["24-001234"]
    assert f"{letter.receipt[:4]}-{letter.receipt[4:]}" in words(browser.get("/send/done").text)
