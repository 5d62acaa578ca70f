"""One-time links are used up once, and sessions end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import sign_in
from portal.tables import accounts, sessions, sign_in_links
from tests.desk import SampleDesk, open_desk

IDLE = timedelta(minutes=30)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = open_desk(tmp_path)
    opened.sample.people()
    yield opened
    opened.close()


def token_of(desk: SampleDesk) -> str:
    return desk.link("Dana Reyes").rpartition("/")[2]


def redeem(desk: SampleDesk, token: str) -> sign_in.Opened:
    with desk.database.write() as connection:
        return sign_in.redeem(connection, token, now=desk.now, instead_of=None)


def test_no_token_is_kept(desk: SampleDesk) -> None:
    token = token_of(desk)
    opened = redeem(desk, token)
    with desk.database.read() as connection:
        kept = str(connection.execute(sa.select(sign_in_links)).all())
        kept += str(connection.execute(sa.select(sessions)).all())
    assert token not in kept
    assert opened.token not in kept


def test_twenty_at_once_open_one_session(desk: SampleDesk) -> None:
    token = token_of(desk)
    start = threading.Barrier(20)
    answers: list[bool] = []

    def press() -> None:
        start.wait()
        try:
            redeem(desk, token)
        except sign_in.LinkGone:
            answers.append(False)
        else:
            answers.append(True)

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 19 + [True]
    with desk.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


def test_used_run_out_and_unknown_links_are_one_fault(desk: SampleDesk) -> None:
    used = token_of(desk)
    redeem(desk, used)
    old = token_of(desk)
    desk.pass_time(minutes=60)
    for token in (used, old, "never-was"):
        with pytest.raises(sign_in.LinkGone):
            redeem(desk, token)
        with desk.database.read() as connection, pytest.raises(sign_in.LinkGone):
            sign_in.offered_to(connection, token, now=desk.now)


def test_a_session_ends_without_activity_and_after_a_day(desk: SampleDesk) -> None:
    opened = redeem(desk, token_of(desk))
    began = desk.now
    while desk.now - began < timedelta(hours=23, minutes=40):
        desk.pass_time(minutes=29)
        with desk.database.write() as connection:
            session, is_due = sign_in.session(connection, opened.token, now=desk.now, idle=IDLE)
            assert is_due
            sign_in.touch(connection, session, now=desk.now)
    desk.now = began + timedelta(hours=24)
    with desk.database.read() as connection, pytest.raises(sign_in.NoSession):
        sign_in.session(connection, opened.token, now=desk.now, idle=IDLE)


def test_a_session_ends_at_the_minute(desk: SampleDesk) -> None:
    opened = redeem(desk, token_of(desk))
    desk.pass_time(minutes=29, seconds=59)
    with desk.database.read() as connection:
        sign_in.session(connection, opened.token, now=desk.now, idle=IDLE)
        desk.pass_time(seconds=1)
        with pytest.raises(sign_in.NoSession):
            sign_in.session(connection, opened.token, now=desk.now, idle=IDLE)


def test_what_holds_no_longer_is_swept(desk: SampleDesk) -> None:
    redeem(desk, token_of(desk))
    token_of(desk)
    with desk.database.write() as connection:
        assert sign_in.sweep(connection, now=desk.now, idle=IDLE) == 0
        assert sign_in.sweep(connection, now=desk.now + timedelta(days=2), idle=IDLE) == 3


def test_sample_accounts_are_made_once(desk: SampleDesk) -> None:
    first = sign_in.sample_accounts(desk.database)
    assert first == sign_in.sample_accounts(desk.database)
    assert [one.role for one in first] == ["consultant", "operations"]
    assert first[0].name == "Dana Reyes", "the consultant with the most cases"


def test_sample_accounts_on_an_empty_directory(tmp_path: Path) -> None:
    empty = open_desk(tmp_path)
    assert [one.role for one in sign_in.sample_accounts(empty.database)] == ["operations"]
    with empty.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(accounts)) == 1
    empty.close()
