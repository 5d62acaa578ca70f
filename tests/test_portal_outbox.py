"""The outbox page: what became of each mail, in words, and a digest as closed as its letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from portal.tables import letters, outbox
from tests.desk import SampleDesk, filled_desk
from tests.record_sample import ARRIVED


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    yield opened
    opened.close()


def owe(desk: SampleDesk, subject: str, receipt: str | None = "7KQ4M2XD", **changes: Any) -> int:
    with desk.database.write() as connection:
        letter_id = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == receipt))
        row = {
            "letter_id": letter_id,
            "kind": "receipt",
            "occasion": subject,
            "message_id": subject,
            "created_at": ARRIVED,
            "recipient": "pat.lee@bakerholt.example",
            "subject": subject,
            "text": "Words.",
            "not_before": ARRIVED,
            "tries": 0,
        }
        number: int = connection.execute(
            outbox.insert().values(row | changes).returning(outbox.c.id)
        ).scalar_one()
    return number


def standings(desk: SampleDesk) -> dict[str, str]:
    """Return what is said of each mail, by its subject."""
    page = desk.signed_in("Olu Adeyemi").get("/outbox").text
    said = {}
    mails = page.partition('<ul class="mails">')[2]
    for item in re.findall(r"<li>(.*?)</li>", mails, re.DOTALL):
        subject = re.search(r"<h2><bdi>(.*?)</bdi>", item, re.DOTALL)
        head = re.search(r'<p class="mail-head">(.*?)</p>', item, re.DOTALL)
        assert subject
        assert head
        said[subject[1]] = " ".join(re.sub(r"<[^>]+>", " ", head[1]).split())
    return said


LATER = ARRIVED + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sent_at": LATER, "tries": 1}, "Receipt sent "),
        ({"kind": "notice"}, "Notice Waits to be sent from "),
        ({"tries": 3, "failure": "451 4.3.0"}, "Receipt Not sent yet: 3 tries, 451 4.3.0 next "),
        ({"failed_at": LATER, "failure": "550 5.1.1"}, "Receipt Refused: 550 5.1.1 "),
        (
            {"kind": "notice", "sent_at": ARRIVED, "failed_at": LATER, "failure": "5.1.1"},
            "Notice Came back: 5.1.1 sent ",
        ),
        ({"kind": "progress", "withdrawn_at": LATER}, "Still checking Not sent: withdrawn "),
        ({"withdrawn_at": LATER, "failure": "too many"}, "Receipt Not sent: too many "),
        ({"html": "<p>Words.</p>", "sent_at": LATER}, "Receipt sent "),
    ],
)
def test_what_became_of_a_mail_is_said(
    desk: SampleDesk, changes: dict[str, Any], words: str
) -> None:
    owe(desk, "this one", **changes)
    said = standings(desk)["this one"]
    assert said.startswith(words)
    assert said.endswith("text and HTML" if "html" in changes else "text alone")
    assert "7KQ4-M2XD" in said


def test_what_was_not_delivered_is_counted_above(desk: SampleDesk) -> None:
    page = desk.signed_in("Olu Adeyemi").get("/outbox").text
    assert "not delivered" not in page
    owe(desk, "gone", failed_at=LATER, failure="550 5.1.1")
    page = desk.signed_in("Olu Adeyemi").get("/outbox").text
    assert "1 mail not delivered" in page


def test_a_digest_is_shown_with_what_it_tells(desk: SampleDesk) -> None:
    digest = owe(desk, "a digest", None, kind="digest")
    owe(desk, "told", digest_id=digest, sent_at=LATER)
    owe(desk, "to be told", digest_id=digest)
    said = standings(desk)
    assert said["a digest"].startswith("Digest Waits to be sent")
    assert said["told"].startswith("Receipt told by a digest ")
    assert said["to be told"].startswith("Receipt waits to be told by a digest")


def test_a_digest_is_as_closed_as_the_most_closed_of_its_letters(desk: SampleDesk) -> None:
    digest = owe(desk, "a digest", None, kind="digest")
    owe(desk, "open", digest_id=digest)
    assert "a digest" in standings(desk)
    owe(desk, "closed", "RESTR1CT", digest_id=digest)
    assert standings(desk).keys() & {"a digest", "closed"} == set()


def test_a_page_of_nothing_but_digests_is_on_record(desk: SampleDesk) -> None:
    with desk.database.write() as connection:
        connection.execute(outbox.delete())
    owe(desk, "a digest", None, kind="digest")
    assert list(standings(desk)) == ["a digest"]
