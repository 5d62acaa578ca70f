"""One rule decides who may see what; its two forms agree on every letter there can be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import rights
from portal.rights import Filing, Viewer, may_open, may_see
from portal.tables import accounts, cases, consultants, letters
from tests.desk import SampleDesk, open_desk
from tests.record_sample import Sample

TODAY = date(2026, 11, 21)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = open_desk(tmp_path)
    opened.sample.people()
    yield opened
    opened.close()


def viewer(desk: SampleDesk, name: str, today: date = TODAY) -> Viewer:
    with desk.database.read() as connection:
        return rights.viewer(connection, desk.sample.accounts[name], today)


def test_both_forms_agree_over_firms_roles_consultants_and_restriction(desk: SampleDesk) -> None:
    """Each letter has none, one or two submissions: (consultant or none, restricted or not)."""
    sample = desk.sample
    everyone = ["Dana Reyes", "Lee Park", "Ada Oyelaran-Whitcombe", None]
    one = list(itertools.product(everyone, (False, True)))
    numbered = itertools.count()
    filed: dict[int, tuple[Filing, ...]] = {}
    with sample.together():
        for firm in [*sample.firms.values(), None]:
            for filings in [(), *((single,) for single in one), *itertools.combinations(one, 2)]:
                receipt = f"{next(numbered):08d}"
                letter = sample.letter(receipt, "filed" if filings else "with_us", firm_id=firm)
                for name, restricted in filings:
                    _file(sample, letter, f"{receipt}-{name}-{restricted}", name, restricted)
                filed[letter] = tuple(
                    Filing(sample.consultants[name] if name else None, restricted)
                    for name, restricted in filings
                )
    decided = set()
    for name in sample.accounts:
        who = viewer(desk, name)
        with desk.database.read() as connection:
            listed = set(connection.scalars(sa.select(letters.c.id).where(rights.visible(who))))
        allowed = {letter for letter, filings in filed.items() if may_see(who, filings)}
        assert listed == allowed
        decided.add((len(allowed), len(filed)))
    assert all(0 < seen < total for seen, total in decided), "the matrix must hold both answers"


def _file(sample: Sample, letter: int, number: str, name: str | None, restricted: bool) -> None:
    sample.cases[number] = sample.insert(
        cases, number=number, state="open", consultant_id=None, restricted=restricted
    )
    sample.file(letter, number, name, [])


def test_a_consultant_sees_no_letter_that_waits(desk: SampleDesk) -> None:
    assert not may_see(viewer(desk, "Dana Reyes"), [])
    assert may_see(viewer(desk, "Olu Adeyemi"), [])


def test_operations_do_not_see_a_restricted_case(desk: SampleDesk) -> None:
    ada = desk.sample.consultants["Ada Oyelaran-Whitcombe"]
    assert not may_see(viewer(desk, "Olu Adeyemi"), [Filing(ada, restricted=True)])
    assert may_see(viewer(desk, "Ada Oyelaran-Whitcombe"), [Filing(ada, restricted=True)])


def test_a_restricted_letter_without_a_consultant_is_not_lost_to_everybody(
    desk: SampleDesk,
) -> None:
    nobodys = [Filing(None, restricted=True)]
    assert may_see(viewer(desk, "Olu Adeyemi"), nobodys)
    assert not may_see(viewer(desk, "Dana Reyes"), nobodys)


def test_who_may_hand_a_submission_on(desk: SampleDesk) -> None:
    people = desk.sample.consultants
    dana, lee = people["Dana Reyes"], people["Lee Park"]

    def may(name: str, consultant: int | None, *, restricted: bool = False) -> bool:
        return may_open(viewer(desk, name), Filing(consultant, restricted))

    assert may("Olu Adeyemi", dana)
    assert may("Dana Reyes", dana)
    assert may("Dana Reyes", lee), "she covers Lee"
    assert not may("Lee Park", dana)
    assert not may("Olu Adeyemi", dana, restricted=True)
    assert may("Dana Reyes", dana, restricted=True)
    assert may("Olu Adeyemi", None, restricted=True)
    assert not may("Dana Reyes", None)


@pytest.mark.parametrize(
    ("today", "covers"),
    [
        (date(2026, 11, 19), False),
        (date(2026, 11, 20), True),
        (date(2026, 12, 1), True),
        (date(2026, 12, 2), False),
    ],
)
def test_a_cover_begins_on_its_first_day_and_ends_after_its_last(
    desk: SampleDesk, today: date, covers: bool
) -> None:
    lee = desk.sample.consultants["Lee Park"]
    assert (lee in viewer(desk, "Dana Reyes", today).consultants) is covers


def test_a_cover_is_found_by_address_in_any_case(desk: SampleDesk) -> None:
    with desk.database.write() as connection:
        connection.execute(
            sa.update(accounts)
            .where(accounts.c.id == desk.sample.accounts["Dana Reyes"])
            .values(email="DANA@Sample.Example")
        )
    assert desk.sample.consultants["Lee Park"] in viewer(desk, "Dana Reyes").consultants


def test_a_cover_does_not_pass_on_what_it_covers(desk: SampleDesk) -> None:
    """Dana covers Lee; whoever covers Dana does not get Lee's packages by it."""
    with desk.database.write() as connection:
        connection.execute(
            sa.update(consultants)
            .where(consultants.c.name == "Dana Reyes")
            .values(cover_email="ada@sample.example")
        )
    ada = viewer(desk, "Ada Oyelaran-Whitcombe").consultants
    assert desk.sample.consultants["Dana Reyes"] in ada
    assert desk.sample.consultants["Lee Park"] not in ada
