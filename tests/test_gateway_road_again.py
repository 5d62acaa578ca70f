"""The same files again (safety rule 7): told within one case and firm, and filed all the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from gateway.letter import Proof, letter_of
from gateway.moving.attempt import Attempt, live
from gateway.road.again import again
from gateway.road.package import Fate, Package, Part, Resolution
from gateway.stores import Stores
from gateway.telling.part_words import problem_words
from portal.earlier import EarlierLetter
from portal.tables import documents, letters, outbox, packages
from tests.carrying import MAIL, NOW, Carrier
from tests.packages import narrative_part, package, part

ZONE = ZoneInfo("America/New_York")
FILED = Resolution(firm_id=1, case_id=2, case_number="24-001234")
A, B, C = ("a" * 64, "b" * 64, "c" * 64)


@dataclass
class Record:
    """A record in memory, which notes what it is asked."""

    there: Sequence[EarlierLetter] = ()
    asked: list[tuple[Collection[str], int, int]] = field(default_factory=list)

    def letters_with(
        self, sha256s: Collection[str], *, firm_id: int, case_id: int, before: datetime
    ) -> Sequence[EarlierLetter]:
        self.asked.append((sha256s, firm_id, case_id))
        return [one for one in self.there if one.arrived_at < before]


def sent(*parts: Part, **changes: Any) -> Package:
    return package(*parts).but(resolution=FILED, **changes)


def letter(number: str, days: float, *sha256s: str) -> EarlierLetter:
    at = package().letter.envelope.arrived_at - timedelta(days=days)
    return EarlierLetter(number, at, frozenset(sha256s))


def test_it_is_told_with_how_many_when_and_which_receipt() -> None:
    record = Record([letter("7KQ4M2XD", 3, A)])
    told = again(sent(part("2", "a.pdf", sha256=A), part("3", "b.pdf", sha256=B)), record, ZONE)
    said = problem_words("duplicate", told)
    assert said.startswith("You sent the same file at ")
    assert said.endswith("(receipt 7KQ4-M2XD). This message is filed as well.")
    assert "Eastern on November " in said
    assert record.asked == [({A, B}, 1, 2)]


def test_of_several_the_one_with_the_most_and_of_equals_the_first() -> None:
    parts = (part("2", sha256=A), part("3", sha256=B), part("4", sha256=C))
    cases = [
        ([letter("00000001", 9, A), letter("00000002", 5, A, B), letter("00000003", 2, B)], 2, "2"),
        ([letter("00000001", 9, A, B), letter("00000002", 5, A, B)], 2, "1"),
        ([letter("00000002", 5, A, B, C), letter("00000001", 9, A, B)], 3, "2"),
    ]
    for there, count, number in cases:
        (trouble,) = again(sent(*parts), Record(there), ZONE).troubles
        assert (trouble.fields["n"], trouble.fields["r"]) == (count, f"0000-000{number}")


def test_words_decoration_and_what_is_not_filed_do_not_count() -> None:
    record = Record([letter("7KQ4M2XD", 3, A)])
    left = part("3", "logo.png", sha256=A, fate=Fate.LEFT_OUT, reason="decoration")
    refused = part("4", "x.exe", sha256=A, fate=Fate.REFUSED, reason="file_type_blocked")
    for parts in ((), (narrative_part(sha256=A),), (left, refused)):
        given = sent(*parts)
        assert again(given, record, ZONE) == given
    assert record.asked == []


def test_nothing_is_asked_without_a_case_a_firm_or_while_the_package_waits() -> None:
    record = Record([letter("7KQ4M2XD", 3, A)])
    for resolution in (
        Resolution(case_id=2),
        Resolution(firm_id=1),
        Resolution(firm_id=1, case_id=2, hold="consultant_unknown"),
    ):
        given = package(part("2", sha256=A)).but(resolution=resolution)
        assert again(given, record, ZONE) == given
    assert record.asked == []


# -- on the record ---------------------------------------------------------------------------------


def mail(number: int, subject: str = "Case 24-001234", sender: str = "") -> bytes:
    changed = MAIL.replace(b"<1@", b"<%d@" % number).replace(b"Two files", b"Text %d" % number)
    changed = changed.replace(b"Case 24-001234", subject.encode())
    return changed.replace(b"pat.hall@bakerllp.example", sender.encode()) if sender else changed


def problems(stores: Stores, letter_id: int) -> list[dict[str, Any]]:
    with stores.database.read() as connection:
        query = sa.select(packages.c.problems).where(packages.c.letter_id == letter_id)
        found = connection.execute(query).scalar_one()
    return [one for one in found if one["code"] == "duplicate"]


def test_the_same_files_in_a_new_message_are_filed_and_told(sample_stores: Stores) -> None:
    carrier = Carrier(sample_stores)
    for number in (1, 2, 3):
        carrier.accept(mail(number), arrived_at=NOW + timedelta(days=number))
        assert carrier.carry(number) == "filed"
    assert problems(sample_stores, 1) == []
    with sample_stores.database.read() as connection:
        first = connection.execute(sa.select(letters.c.receipt).where(letters.c.id == 1)).scalar()
        texts = connection.execute(
            sa.select(outbox.c.letter_id, outbox.c.text).where(outbox.c.kind == "receipt")
        ).all()
        filed = connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one()
    assert first is not None
    receipt = f"{first[:4]}-{first[4:]}"
    for number in (2, 3):
        (told,) = problems(sample_stores, number)
        assert told["fields"]["r"] == receipt, "the earliest is named"
        assert told["fields"]["n"] == 2
    by_letter = dict(list(texts))
    assert "You sent the same" not in by_letter[1]
    assert (
        "GOOD TO KNOW\n- You sent the same 2 files at 3:42 pm Eastern on November 22, 2026 "
        f"(receipt {receipt}). This message is filed as well." in by_letter[2]
    )
    assert filed == 6, "each letter has its documents"


def test_another_case_and_another_firm_are_told_nothing(sample_stores: Stores) -> None:
    carrier = Carrier(sample_stores)
    carrier.accept(mail(1))
    assert carrier.carry(1) == "filed"
    # The same firm, another case of theirs.
    later = NOW + timedelta(days=1)
    carrier.accept(mail(2, "Case 24-001240"), arrived_at=later)
    assert carrier.carry(2) == "filed"
    # Another firm that may send to the first case: the record is made to say so.
    with sample_stores.database.write() as connection:
        connection.execute(letters.update().where(letters.c.id == 1).values(firm_id=2))
    carrier.accept(mail(3), arrived_at=later)
    assert carrier.carry(3) == "filed"
    assert problems(sample_stores, 2) == []
    assert problems(sample_stores, 3) == []


def test_who_is_not_proven_is_told_nothing(sample_stores: Stores) -> None:
    carrier = Carrier(sample_stores)
    carrier.accept(mail(1))
    assert carrier.carry(1) == "filed"
    carrier.accept(mail(2), arrived_at=NOW + timedelta(days=1), proof=Proof.NONE)
    assert carrier.carry(2) == "with_us"
    assert problems(sample_stores, 2) == []


def test_a_letter_is_not_told_of_itself(sample_stores: Stores) -> None:
    carrier = Carrier(sample_stores)
    carrier.accept(mail(1))
    worker = carrier.worker
    row = live(sample_stores.database, 1, 1)
    assert row is not None
    assert carrier.carry(1) == "filed"
    folder = sample_stores.work / "again"
    folder.mkdir(parents=True)
    this = Attempt(letter_of(row), 1, 1, row.receipt, decision=None, is_trial=False)
    package = worker._walk(this, folder, None)
    assert not package.troubles
