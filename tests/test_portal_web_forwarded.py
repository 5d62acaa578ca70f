"""The page of what the staff passed on: who did, whose it is, and that this is not proven."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portal.tables import packages
from tests.desk import SampleDesk, filled_desk, spoken
from tests.record_rows import HOSTILE_NAME

BY: dict[str, Any] = {
    "by": "Dana Reyes",
    "address": "dana.reyes@mutual.example",
    "how": "attached",
    "note": "Please file this.",
    "dated": "Sat, 21 Nov 2026 15:42:00 -0500",
    "message_id": "<inner@linden.example>",
    "firm": "Linden Marsh Defense",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    yield opened
    opened.close()


def passed_on(desk: SampleDesk, receipt: str = "F0RWARD1", **changes: Any) -> None:
    letter = desk.sample.letter(receipt, "with_us", reason="case_not_found", firm_id=None)
    desk.sample.package(letter, header_from="Jo Linden <jo@linden.example>", forwarded=BY | changes)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", spoken(page)))


def test_the_page_says_who_forwarded_it_and_that_its_sender_is_not_proven(
    desk: SampleDesk,
) -> None:
    passed_on(desk)
    text = words(desk.signed_in("Olu Adeyemi").get("/p/F0RW-ARD1").text)
    for said in (
        "from Linden Marsh Defense, not proven",
        "Forwarded by Dana Reyes, not proven",
        "Dana Reyes forwarded it as an attachment, and has its receipt.",
        "Dana Reyes wrote above it: Please file this.",
        "Forwarded by Dana Reyes dana.reyes@mutual.example",
        "Sent Sat, 21 Nov 2026 15:42:00 -0500",
        "Received, forwarded by Dana Reyes, not proven",
    ):
        assert said in text, said


def test_a_journal_is_said_to_be_one_and_to_be_answered_to_nobody(desk: SampleDesk) -> None:
    passed_on(desk, how="journal", note="")
    text = words(desk.signed_in("Olu Adeyemi").get("/p/F0RW-ARD1").text)
    assert "Forwarded by Dana Reyes by a journal rule, not proven" in text
    assert "has its receipt" not in text
    assert "wrote above it" not in text


def test_the_list_and_the_question_name_the_firm_as_not_proven(desk: SampleDesk) -> None:
    passed_on(desk)
    olu = desk.signed_in("Olu Adeyemi")
    assert "Linden Marsh Defense, not proven" in words(olu.get("/packages?show=with_us").text)
    text = words(olu.get("/p/F0RW-ARD1/triage").text)
    assert "from Linden Marsh Defense, not proven" in text
    assert "Forwarded by Dana Reyes, not proven" in text


def test_the_same_message_that_came_by_itself_is_pointed_to(desk: SampleDesk) -> None:
    passed_on(desk)
    olu = desk.signed_in("Olu Adeyemi")
    assert "came by itself" not in olu.get("/p/F0RW-ARD1").text
    direct = desk.sample.letter("D1RECT00", "filed")
    desk.sample.package(direct, message_id=BY["message_id"])
    page = olu.get("/p/F0RW-ARD1").text
    assert "A message with the same Message-ID came by itself" in page
    assert 'href="/p/D1RE-CT00"' in page
    assert "came by itself" not in olu.get("/p/D1RE-CT00").text


def test_a_consultant_is_pointed_to_nothing_that_is_not_theirs(desk: SampleDesk) -> None:
    passed_on(desk)
    with desk.database.read() as connection:
        letter = connection.execute(
            packages.select().where(packages.c.forwarded.is_not(None))
        ).one()
    desk.sample.file(letter.letter_id, "24-001234", "Dana Reyes", [])
    other = desk.sample.letter("D1RECT00", "with_us", reason="case_not_found")
    desk.sample.package(other, message_id=BY["message_id"])
    page = desk.signed_in("Dana Reyes").get("/p/F0RW-ARD1")
    assert page.status_code == 200
    assert "D1RE-CT00" not in page.text


def test_hostile_words_of_a_forward_do_nothing(desk: SampleDesk) -> None:
    passed_on(desk, by=HOSTILE_NAME, note=HOSTILE_NAME, dated=HOSTILE_NAME, firm=HOSTILE_NAME)
    olu = desk.signed_in("Olu Adeyemi")
    for path in ("/p/F0RW-ARD1", "/p/F0RW-ARD1/triage", "/packages?show=with_us"):
        page = olu.get(path).text
        assert "<script>alert" not in page
        assert "\u202e" not in page
