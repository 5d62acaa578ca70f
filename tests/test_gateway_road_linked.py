"""Linked submissions: more than one submission holds is filed as parts, under one receipt."""

from __future__ import annotations

import dataclasses
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Road, Sending, Settings
from gateway.moving.worker import AttemptFailed
from gateway.road.linked import linked
from gateway.road.package import NARRATIVE_CHARACTERS, Fate, Filing
from gateway.stores import Stores
from portal.decision import Filing as Wanted
from portal.dossier import dossier
from portal.history import history
from portal.rights import Viewer
from portal.tables import documents, letters, outbox, parts, submissions
from portal.undo import undo
from tests.carrying import MAIL, Carrier
from tests.deciding import Team
from tests.drafting import TEXT, Sender
from tests.packages import narrative_part, package, part

MOST = 1000
CASE = Filing(1, "24-001234", 7, "Dana Reyes", "dana.reyes@sample-mutual.example")
OPERATIONS = Viewer(1, "Olu Adeyemi", "olu@ops.example", "operations", frozenset())


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings by which a submission holds a kilobyte."""
    return settings.model_copy(
        update={
            "road": Road(max_submission_bytes=MOST),
            "sending": Sending(max_file_bytes=MOST, max_draft_bytes=10 * MOST),
        }
    )


@pytest.fixture
def carrier(sample_stores: Stores) -> Carrier:
    return Carrier(sample_stores)


def mail(*sizes: int, subject: str = "Case 24-001234", text: str = "The records.") -> bytes:
    """Write a mail with a text file of each size."""
    written = EmailMessage()
    written["From"], written["Subject"] = "Pat Hall <pat.hall@bakerllp.example>", subject
    written["Message-ID"] = "<1@bakerllp.example>"
    written.set_content(text)
    for number, size in enumerate(sizes, 1):
        written.add_attachment("x" * (size - 1) + "\n", filename=f"file {number}.txt")
    return written.as_bytes()


def filed(carrier: Carrier) -> list[tuple[int, str, list[str]]]:
    """Return sequence, narrative and the names in each submission."""
    with carrier.stores.database.read() as connection:
        return [
            (
                row.sequence,
                row.narrative,
                list(
                    connection.scalars(
                        sa.select(parts.c.original_name)
                        .join(documents, documents.c.part_id == parts.c.id)
                        .where(documents.c.submission_id == row.id)
                        .order_by(documents.c.position)
                    )
                ),
            )
            for row in connection.execute(sa.select(submissions).order_by(submissions.c.id))
        ]


def receipts(carrier: Carrier) -> list[str]:
    with carrier.stores.database.read() as connection:
        return list(connection.scalars(sa.select(outbox.c.text).where(outbox.c.kind == "receipt")))


PARTS = [
    (1, "Part 1 of 3. The records of the visit.", ["a.txt", "b.txt"]),
    (2, "Part 2 of 3. The records of the visit.", ["c.txt"]),
    (3, "Part 3 of 3. The records of the visit.", ["d.txt"]),
]


def sent_by_form(carrier: Carrier) -> str:
    sender = Sender(carrier)
    draft = sender.draft()
    for name, size in {"a": 400, "b": 500, "c": MOST, "d": 1}.items():
        sender.upload(draft, f"{name}.txt", b"x" * size, TEXT)
    return sender.carried(draft)


def test_a_form_with_more_than_a_submission_holds_is_filed_in_parts(carrier: Carrier) -> None:
    assert sent_by_form(carrier) == "filed"
    found = filed(carrier)
    assert found == PARTS
    (receipt,) = receipts(carrier)
    assert "We filed yours as 3 submissions, linked with each other under this one" in receipt
    # The way back is not known to be encrypted: it is counted, and nothing is named.
    for n, many in ((1, 2), (2, 1), (3, 1)):
        assert f"DOCUMENTS FILED, PART {n} OF 3: {many}\n" in receipt
    assert "a.txt" not in receipt
    with carrier.stores.database.read() as connection:
        assert len(connection.scalars(sa.select(letters.c.receipt)).all()) == 1


def test_a_mail_with_more_than_a_submission_holds_is_filed_in_parts(carrier: Carrier) -> None:
    carrier.accept(mail(600, 600, MOST, 300))
    assert carrier.carry() == "filed"
    assert [(n, said[:12], names) for n, said, names in filed(carrier)] == [
        (1, "Part 1 of 4.", ["file 1.txt"]),
        (2, "Part 2 of 4.", ["file 2.txt"]),
        (3, "Part 3 of 4.", ["file 3.txt"]),
        (4, "Part 4 of 4.", ["file 4.txt"]),
    ]
    (receipt,) = receipts(carrier)
    for n in (1, 2, 3, 4):
        assert f"DOCUMENTS FILED, PART {n} OF 4: 1\n1. file {n}.txt" in receipt


def test_what_fits_is_one_submission_and_says_nothing_of_parts(carrier: Carrier) -> None:
    carrier.accept(mail(MOST - 100, text="x"))
    assert carrier.carry() == "filed"
    assert [(n, said) for n, said, _ in filed(carrier)] == [(1, "x")]
    assert "part 1" not in receipts(carrier)[0].lower()


def test_an_attempt_after_a_crash_divides_it_in_the_same_way(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("the process ends")

    carrier.accept(mail(600, 600, MOST))
    with monkeypatch.context() as broken:
        broken.setattr("gateway.road.file._insert_events", dies)
        with pytest.raises(AttemptFailed, match="RuntimeError"):
            carrier.carry()
    assert filed(carrier) == []
    with carrier.stores.database.write() as connection:
        connection.execute(sa.update(letters).values(attempt=2))
    assert carrier.carry(1, 1) == "stale"
    assert carrier.carry(1, 2) == "filed"
    first = filed(carrier)
    assert [n for n, _, _ in first] == [1, 2, 3]
    assert carrier.carry(1, 2) == "stale"
    assert filed(carrier) == first


def test_a_decision_is_filed_in_parts_and_all_of_them_are_taken_back(carrier: Carrier) -> None:
    team = Team(carrier)
    content = mail(600, 600, subject="The records")
    assert team.wait(content) in {"with_us", "needs_you"}
    decision = team.decide("file", "24-001234")
    assert team.carried() == "filed"
    before = filed(carrier)
    assert [n for n, _, _ in before] == [1, 2]
    with carrier.stores.database.write() as connection:
        undo(connection, decision, account_id=team.people["Olu Adeyemi"], now=team.now)
    assert filed(carrier) == []
    team.decide("file", "24-001234")
    assert team.carried() == "filed"
    assert filed(carrier) == before


def test_two_cases_are_each_divided_by_themselves(carrier: Carrier) -> None:
    team = Team(carrier)
    team.wait(mail(600, 600, 700, subject="The records"))
    ones, two = frozenset({"2", "3"}), frozenset({"4"})
    assert team.file(Wanted("24-001234", tuple(ones)), Wanted("24-001301", tuple(two))) == "filed"
    assert [(n, said.partition(". ")[0]) for n, said, _ in filed(carrier)] == [
        (1, "Part 1 of 2"),
        (2, "Part 2 of 2"),
        (1, "The records."),
    ]
    receipt = receipts(carrier)[-1]  # the first one asked for the case
    assert "DOCUMENTS FILED TO CASE 24-001234, PART 2 OF 2: 1\n1. file 2.txt" in receipt
    assert "DOCUMENTS FILED TO CASE 24-001301: 1\n1. file 3.txt" in receipt


def test_the_history_says_how_many_parts_there_are(carrier: Carrier) -> None:
    sent_by_form(carrier)
    with carrier.stores.database.read() as connection:
        number = connection.scalars(sa.select(letters.c.receipt)).one()
        found = dossier(connection, OPERATIONS, number)
        said = [line.did for line in history(connection, OPERATIONS, found)]
    assert "Filed: case 24-001234, in 3 linked parts" in said
    assert [one.part for one in found.submissions] == [f"part {n} of 3" for n in (1, 2, 3)]
    assert {one.said for one in found.submissions} == {"The records of the visit."}
    assert [one.place for one in found.filings] == [1]


def test_a_file_that_is_larger_than_a_submission_has_one_of_its_own() -> None:
    big = dataclasses.replace(part("2", "big.pdf", filed_name="big.pdf"), bytes=5000)
    small = [part(str(n), f"{n}.pdf", filed_name=f"{n}.pdf", bytes=10) for n in (1, 3)]
    found = linked(package(small[0], big, small[1], most_bytes=MOST), CASE)
    assert [[one.path for one in share.documents] for share in found] == [["1"], ["2"], ["3"]]


@given(st.lists(st.tuples(st.integers(0, 1500), st.booleans()), max_size=12))
@pytest.mark.slow
def test_nothing_is_lost_or_there_twice_and_the_order_stays(drawn: list[tuple[int, bool]]) -> None:
    made = [
        part(
            str(n),
            f"{n}.pdf",
            filed_name=f"{n}.pdf",
            bytes=size,
            fate=Fate.FILED if is_filed else Fate.REFUSED,
        )
        for n, (size, is_filed) in enumerate(drawn)
    ]
    found = linked(package(narrative_part("n"), *made, most_bytes=MOST), CASE)
    placed = [one for share in found for one in share.documents]
    assert placed == [one for one in made if one.fate is Fate.FILED]
    assert [(one.number, one.of) for one in found] == [
        (n, len(found)) for n in range(1, len(found) + 1)
    ]
    for share in found:
        assert len(share.documents) <= 1 or sum(one.bytes for one in share.documents) <= MOST
    again: Any = linked(package(narrative_part("n"), *made, most_bytes=MOST), CASE)
    assert again == found


@pytest.mark.parametrize("length", [0, 480, 495, 500, 2000])
def test_a_parts_narrative_is_no_longer_than_the_portal_takes(length: int) -> None:
    files = [part(str(n), f"{n}.pdf", filed_name=f"{n}.pdf") for n in (1, 2)]
    one = package(*files, narrative="word " * (length // 5), most_bytes=MOST)
    for share in linked(one, CASE):
        said = share.narrative(one)
        assert len(said) <= NARRATIVE_CHARACTERS
        assert said.startswith(f"Part {share.number} of 2.")


def test_the_letters_of_the_house_are_one_submission(carrier: Carrier) -> None:
    carrier.accept(MAIL)
    carrier.carry()
    assert [n for n, _, _ in filed(carrier)] == [1]
