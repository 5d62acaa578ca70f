"""Closing: what did not reach us comes in an answer, or a person says that nothing more will."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal import link_draft, upload_link
from portal.tables import events, letters, outbox, upload_links
from tests.carrying import MAIL, Carrier
from tests.deciding import Team, agrees
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds
from tests.drafting import Sender
from tests.record_sample import ARRIVED, Part

LINK = (
    b"From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Records, case 24-001234\r\n"
    b"Message-ID: <link@bakerllp.example>\r\nContent-Type: text/plain\r\n\r\n"
    b"The records: https://www.dropbox.com/s/a1b2/records.pdf\r\n"
)


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def answer(team: Team, mail: bytes = MAIL) -> bytes:
    """Make a mail the answer to the receipt of the first letter."""
    receipt = next(one for one in team.rows(outbox) if one.kind == "receipt")
    domain = team.carrier.stores.settings.intake.domain
    return f"In-Reply-To: <{receipt.message_id}@{domain}>\r\n".encode() + mail


def states(team: Team) -> list[tuple[str, str | None]]:
    return [(one.state, one.reason) for one in team.rows(letters)]


def test_a_letter_whose_documents_are_elsewhere_is_filed_in_part_until_they_come(
    team: Team,
) -> None:
    assert team.wait(LINK) == "filed_in_part"
    assert team.wait(answer(team)) == "filed"
    assert states(team) == [("filed", None), ("filed", None)]
    (event,) = [one for one in team.rows(events) if one.kind == "closing.arrived"]
    assert (event.letter_id, event.actor, event.detail) == (1, "gateway", {"letter": 2})
    assert agrees(team)


def test_the_receipt_offers_the_form_and_what_comes_by_it_closes_the_letter(team: Team) -> None:
    team.wait(LINK)
    receipt = next(one for one in team.rows(outbox) if one.kind == "receipt")
    (token,) = re.findall(r"/send/with/([\w-]+)", receipt.text)
    assert f"/send/with/{token}" in receipt.html
    sender = Sender(team.carrier)
    with team.carrier.stores.database.read() as connection:
        fields = link_draft.filled_in(connection, token, now=team.now)
    assert fields["case"] == "24-001234"
    assert fields["message"].startswith("This completes ")
    draft = sender.draft(dict(fields))
    with team.carrier.stores.database.write() as connection:
        link_draft.begin(connection, token, draft, now=team.now)
    sender.upload(draft, "records.pdf", b"%PDF-1.7\n%%EOF\n")
    assert sender.carried(draft) == "filed"
    assert states(team) == [("filed", None), ("filed", None)]
    with team.carrier.stores.database.read() as connection:
        with pytest.raises(upload_link.UploadLinkGone):
            link_draft.filled_in(connection, token, now=team.now)
        assert upload_link.completes(connection, 2) is not None
    assert agrees(team)


def test_by_form_without_the_link_nothing_is_closed(team: Team) -> None:
    team.wait(LINK)
    sender = Sender(team.carrier)
    draft = sender.draft()
    sender.upload(draft, "records.pdf", b"%PDF-1.7\n%%EOF\n")
    sender.carried(draft)
    assert states(team)[0] == ("filed_in_part", "content_is_a_link")


@pytest.mark.parametrize("changes", [{"proof": Proof.NONE}, {"sender": "x@evil.example"}])
def test_who_is_not_proven_is_offered_nothing(team: Team, changes: dict[str, Any]) -> None:
    team.wait(LINK, **changes)
    assert team.rows(upload_links) == []
    assert not any("/send/with/" in one.text for one in team.rows(outbox))


def test_an_answer_without_a_document_or_to_another_case_closes_nothing(team: Team) -> None:
    team.wait(LINK)
    words = LINK.replace(b"The records: https://www.dropbox.com/s/a1b2/records.pdf", b"Soon.")
    team.wait(answer(team, words.replace(b"<link@", b"<soon@")))
    assert states(team)[0] == ("filed_in_part", "content_is_a_link")
    team.wait(MAIL)  # no answer to anything
    assert states(team)[0] == ("filed_in_part", "content_is_a_link")


def test_an_answer_that_lacks_some_itself_closes_nothing(team: Team) -> None:
    team.wait(LINK)
    assert team.wait(answer(team, LINK.replace(b"<link@", b"<again@"))) == "filed_in_part"
    assert [state for state, _ in states(team)] == ["filed_in_part", "filed_in_part"]


# -- by a person -----------------------------------------------------------------------------------

PAGE = "/p/9ABC-DEF2"
PROBLEMS = [{"code": "content_is_a_link", "fields": {"n": 2, "place": "Dropbox"}, "part": None}]


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("closing"))
    sample = opened.sample
    letter = sample.letter("9ABCDEF2", "filed_in_part", reason="content_is_a_link")
    sample.package(letter, problems=PROBLEMS)
    ids = sample.parts("9ABCDEF2", letter, [Part("a.pdf", filed_name="a.pdf")])
    sample.file(letter, "24-001234", "Dana Reyes", ids, read_at=None, filed_at=ARRIVED)
    sample.event(letter, "letter.filed_in_part", reason="content_is_a_link", case="24-001234")
    yield opened
    opened.close()


def press(browser: TestClient, what: str) -> int:
    form = {"csrf": csrf(browser.get(PAGE).text), "closing": what}
    status: int = browser.post(f"{PAGE}/closing", data=form).status_code
    return status


def state(desk: SampleDesk) -> tuple[str, str | None]:
    with desk.database.read() as connection:
        query = sa.select(letters.c.state, letters.c.reason).where(letters.c.receipt == "9ABCDEF2")
        row = connection.execute(query).one()
    return row.state, row.reason


@pytest.mark.parametrize("name", ["Olu Adeyemi", "Dana Reyes"])
@pytest.mark.slow
def test_who_has_it_closes_it_and_opens_it_again(desk: SampleDesk, name: str) -> None:
    browser = desk.signed_in(name)
    assert "Filed, except 2" in browser.get(PAGE).text
    assert press(browser, "close") == 303
    assert state(desk) == ("filed", None)
    page = browser.get(PAGE).text
    assert "said that nothing more will come" in page
    assert "Documents are still missing" in page
    assert press(browser, "close") == 403, "it is closed by now"
    assert press(browser, "reopen") == 303
    assert state(desk) == ("filed_in_part", "content_is_a_link")
    told = [one[1] for one in kinds(desk) if one[1].startswith("closing.")]
    assert told == ["closing.closed", "closing.reopened"]


def test_nobody_else_does_and_no_other_letter_is_closed(desk: SampleDesk) -> None:
    other = desk.signed_in("Lee Park")
    assert other.get(PAGE).status_code == 404
    olu = desk.signed_in("Olu Adeyemi")
    held = olu.get("/p/7KQ4-M2XD").text
    assert "Nothing more will come" not in held, "what waits there came, and needs a password"
    form = {"csrf": csrf(held), "closing": "close"}
    assert olu.post("/p/7KQ4-M2XD/closing", data=form).status_code == 403
    assert press(olu, "burn") == 403
    assert state(desk) == ("filed_in_part", "content_is_a_link")
