"""A draft: found by cookie or account, never by anybody else, and gone once it is sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import draft as drafting
from portal import upload as uploading
from portal.draft import NoDraft, Owner
from portal.tables import drafts
from portal.upload import NoUpload
from tests.desk import SampleDesk, filled_desk

A, B = "a" * 43, "b" * 43


@pytest.fixture
def desk(tmp_path: Path) -> SampleDesk:
    return filled_desk(tmp_path)


def accounts(desk: SampleDesk) -> tuple[int, int]:
    first, second, *_ = desk.sample.accounts.values()
    return first, second


def test_what_was_typed_is_there_when_its_writer_comes_back(desk: SampleDesk) -> None:
    with desk.database.write() as connection:
        draft = drafting.find_or_make(connection, Owner(A, None), now=desk.now)
        drafting.write(connection, draft.id, {"message": "See the records"}, now=desk.now)
        assert drafting.find(connection, Owner(A, None)).fields == {"message": "See the records"}
        assert drafting.find_or_make(connection, Owner(A, None), now=desk.now).id == draft.id
        with pytest.raises(NoDraft):
            drafting.find(connection, Owner(B, None))
        with pytest.raises(NoDraft):
            drafting.find(connection, Owner(None, None))


def test_a_draft_is_proven_by_its_address_or_its_account(desk: SampleDesk) -> None:
    first, _ = accounts(desk)
    with desk.database.write() as connection:
        draft = drafting.find_or_make(connection, Owner(A, None), now=desk.now)
        assert not draft.is_proven
        drafting.prove(connection, draft.id, now=desk.now)
        assert drafting.find(connection, Owner(A, None)).is_proven
        assert drafting.find_or_make(connection, Owner(B, first), now=desk.now).is_proven


def test_an_accounts_draft_is_not_the_next_persons_at_the_same_browser(desk: SampleDesk) -> None:
    first, second = accounts(desk)
    with desk.database.write() as connection:
        theirs = drafting.find_or_make(connection, Owner(A, first), now=desk.now)
        assert drafting.find(connection, Owner(B, first)).id == theirs.id
        assert drafting.find(connection, Owner(A, None)).id == theirs.id, "their session ran out"
        with pytest.raises(NoDraft):
            drafting.find_or_make(connection, Owner(A, second), now=desk.now)
        other = drafting.find_or_make(connection, Owner(B, second), now=desk.now)
        assert other.id != theirs.id


def test_who_signs_in_goes_on_with_what_they_began_last(desk: SampleDesk) -> None:
    first, _ = accounts(desk)
    with desk.database.write() as connection:
        old = drafting.find_or_make(connection, Owner(A, first), now=desk.now)
        later = desk.now + timedelta(hours=1)
        stranger = drafting.find_or_make(connection, Owner(B, None), now=later)
        found = drafting.find_or_make(connection, Owner(B, first), now=later)
        assert (found.id, found.account_id) == (stranger.id, first)
        assert drafting.find(connection, Owner(None, first)).id == stranger.id != old.id


@pytest.mark.parametrize("token", ["", "short", A + "x", "ä" * 43, "a" * 42 + "\n", None])
def test_a_token_of_another_form_opens_and_makes_nothing(
    desk: SampleDesk, token: str | None
) -> None:
    with desk.database.write() as connection, pytest.raises(NoDraft):
        drafting.find_or_make(connection, Owner(token, None), now=desk.now)


def test_a_draft_that_was_sent_takes_nothing_more(desk: SampleDesk) -> None:
    with desk.database.write() as connection:
        draft = drafting.find_or_make(connection, Owner(A, None), now=desk.now)
        made = uploading.make(
            connection,
            draft,
            name="a.pdf",
            declared_type="application/pdf",
            length=5,
            sending=desk.sending,
            now=desk.now,
        )
        connection.execute(sa.update(drafts).values(sent_at=desk.now))
        drafting.write(connection, draft.id, {"message": "more"}, now=desk.now)
        assert connection.scalar(sa.select(drafts.c.fields)) == {}
        with pytest.raises(NoDraft):
            drafting.find_or_make(connection, Owner(A, None), now=desk.now)
        with pytest.raises(NoUpload):
            uploading.find(connection, made.public_id, Owner(A, None), now=desk.now)
