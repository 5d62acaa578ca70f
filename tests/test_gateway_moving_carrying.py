"""Carrying: what people decide is carried out once, whatever races with it or ends in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from gateway import assembly
from gateway.letter import Proof
from gateway.moving.turn import STAFF
from gateway.moving.worker import STALE, AttemptFailed
from gateway.stores import Stores
from gateway.verification import disagreements
from portal.decision import (
    AlreadyDecided,
    DocumentsDiffer,
    Filing,
    NobodyToAsk,
    NoSuchCase,
    RestrictedShared,
)
from portal.tables import (
    answer_links,
    cases,
    consultants,
    decisions,
    events,
    letters,
    outbox,
    packages,
    parts,
    reassignments,
    renditions,
    submissions,
)
from portal.undo import UndoOver
from tests.carrying import MAIL, NOW, Carrier, ReaderHere
from tests.deciding import (
    NO_CASE,
    TWO_CASES,
    UNDO,
    Team,
    agrees,
    filed,
    mails,
    outbound,
    state,
    sweep,
)

pytestmark = pytest.mark.record


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def test_a_decision_is_carried_out_by_the_next_attempt(team: Team) -> None:
    assert team.wait() == "needs_you"
    decision = team.decide("file", "24-001301")
    assert state(team) == ("needs_you", "case_ambiguous")
    assert team.carrying.decisions() == 1
    assert state(team)[0] == "checking"
    assert agrees(team)
    assert team.carrying.decisions() == 0
    assert team.carry() == "filed"
    assert filed(team) == [("24-001301", ["notes.txt", "film.mp3"])]
    (submission,) = team.rows(submissions)
    (row,) = team.rows(decisions)
    assert submission.decision_id == row.id == decision
    assert row.carried_at == NOW
    (letter,) = team.rows(letters)
    assert (letter.state, letter.reason, letter.attempt) == ("filed", None, 2)
    assert agrees(team)


def test_what_one_of_us_decides_waits_behind_nobodys_flood(team: Team) -> None:
    team.wait()
    team.decide("file", "24-001301")
    team.carrying.decisions()
    with team.carrier.stores.database.read() as connection:
        asked = "SELECT workflow_uuid, queue_partition_key FROM workflow_status"
        turns = {row[0]: row[1] for row in connection.exec_driver_sql(asked)}
    assert turns["1-2"] == STAFF != turns["1-1"]


def test_nobody_is_told_before_the_undo_window_is_over(team: Team) -> None:
    team.wait()
    outbound(team).send_due()
    team.file("24-001301")
    first, *later = team.rows(outbox)
    assert first.sent_at is not None
    assert {one.kind for one in later} == {"receipt", "notice"}
    assert {one.not_before for one in later} == {NOW + UNDO}
    team.now += UNDO - timedelta(microseconds=1)
    assert outbound(team).send_due() == 0
    team.now += timedelta(microseconds=1)
    assert outbound(team).send_due() == 2


def test_parts_keep_their_rows_and_a_pdf_is_told_of_once(team: Team) -> None:
    team.wait()
    before = {row.path: row.id for row in team.rows(parts)}
    team.file("24-001234")
    assert {row.path: row.id for row in team.rows(parts)} == before
    assert [row.kind for row in team.rows(events)].count("document.converted") == 1
    assert team.carrier.workshop.made == ["notes.txt"]


def test_a_strangers_files_are_converted_when_a_person_takes_them_up(team: Team) -> None:
    changes = {"sender": "eve@evil.example", "proof": Proof.NONE}
    content = MAIL.replace(b"pat.hall@bakerllp.example", b"eve@evil.example")
    assert team.wait(content, **changes) == "with_us"
    assert team.carrier.workshop.made == []
    assert team.file("24-001234") == "filed"
    assert team.carrier.workshop.made == ["notes.txt"]
    (owner,) = team.carrier.workshop.owners
    assert owner == "letter 1", "no firm's engine has seen them, and no firm gets their PDFs"
    assert team.carrier.workshop.forgotten == [owner]
    assert [row.owner for row in team.rows(renditions)] == [owner]
    assert [row.rendition_id is not None for row in team.rows(parts)] == [False, True, False]
    assert [row.kind for row in team.rows(events)].count("document.converted") == 1
    assert team.rows(letters)[0].firm_id is None
    assert agrees(team)


def test_a_case_that_a_person_chooses_and_takes_back_makes_no_file_anothers(team: Team) -> None:
    """An owner is who sent the bytes: the firm, whichever case it goes to, before and after."""
    team.wait()
    decision = team.decide("file", "24-001234")
    assert team.carried() == "filed"
    team.undo(decision)
    assert team.file("25-000219") == "filed"
    firm = team.rows(letters)[0].firm_id
    assert firm is not None
    assert team.carrier.workshop.made == ["notes.txt"]
    assert [row.owner for row in team.rows(renditions)] == [f"firm {firm}"]
    assert team.carrier.workshop.forgotten == []


def test_filing_proves_no_sender(team: Team) -> None:
    """A From of a known mailbox over another one of the same provider: nobody is written to."""
    content = MAIL.replace(b"pat.hall@bakerllp.example", b"ortega.defense@postbox.example")
    assert team.wait(content, sender="eve@postbox.example") == "with_us"
    assert state(team)[1] == "sender_not_proven"
    team.file("25-000219")
    assert [kind for kind, _, _ in mails(team)] == ["notice"]


def test_each_document_to_its_own_case(team: Team) -> None:
    team.wait()
    assert team.file(Filing("24-001234", ("2",)), Filing("24-001301", ("3",))) == "filed"
    assert filed(team) == [("24-001234", ["notes.txt"]), ("24-001301", ["film.mp3"])]
    assert {one.narrative for one in team.rows(submissions)} == {"Two files."}
    told = sorted((kind, who) for kind, who, _ in mails(team)[1:])
    assert told == [
        ("notice", "dana.reyes@sample-mutual.example"),
        ("notice", "lee.park@sample-mutual.example"),
        ("receipt", "pat.hall@bakerllp.example"),
    ]
    receipt = next(one for one in team.rows(outbox)[1:] if one.kind == "receipt")
    assert "24-001234, 24-001301" in receipt.text
    notices = [one for one in team.rows(outbox) if one.kind == "notice"]
    assert {one.subject.partition(" (")[0] for one in notices} == {"New package: 1 document"}
    assert agrees(team)


def test_documents_of_one_case_are_one_submission(team: Team) -> None:
    team.wait()
    team.file(Filing("24-001234", ("2",)), Filing("24-001234", ("3",)))
    assert filed(team) == [("24-001234", ["notes.txt", "film.mp3"])]


@pytest.mark.parametrize("account", ["Olu Adeyemi", None])
def test_a_case_that_changes_hands_while_a_decision_is_carried_takes_it_along(
    team: Team, account: str | None
) -> None:
    team.wait()
    team.decide("file", "24-001234", account=account)
    team.carrying.decisions()

    def hand_over() -> None:
        with team.carrier.stores.database.write() as connection:
            to = sa.select(consultants.c.id).where(consultants.c.name == "Lee Park")
            this = cases.update().where(cases.c.number == "24-001234")
            connection.execute(this.values(consultant_id=to.scalar_subquery()))

    # The case was looked up before the letter was read again.
    team.carrier.reader = ReaderHere(before=hand_over)
    assert team.carry() == "filed"
    (submission,) = team.rows(submissions)
    (case,) = [one for one in team.rows(cases) if one.id == submission.case_id]
    assert submission.consultant_id == case.consultant_id
    assert [one.why for one in team.rows(reassignments)] == ["directory"]
    assert agrees(team)


def test_a_closed_case_is_filed_to_and_flagged(team: Team) -> None:
    team.wait()
    assert team.file("24-001402") == "filed"
    (package,) = team.rows(packages)
    assert [one["code"] for one in package.problems] == ["case_closed"]


def test_a_case_without_a_consultant_and_a_restricted_one(team: Team) -> None:
    team.wait()
    team.wait(TWO_CASES + b"\r\n")
    assert team.file("25-000345") == "filed"
    assert team.file("24-001488", letter_id=2) == "filed"
    assert [one.consultant_id is None for one in team.rows(submissions)] == [True, False]
    assert agrees(team)


def test_a_restricted_case_shares_no_message_with_another(team: Team) -> None:
    team.wait()
    shared = (Filing("24-001234", ("2",)), Filing("24-001488", ("3",)))
    with pytest.raises(RestrictedShared):
        team.decide("file", *shared)
    # A sender is not told that a case is restricted: the team is, when it is to be carried out.
    team.decide("file", *shared, account=None)
    assert team.carried() == "with_us"
    assert state(team) == ("with_us", "case_restricted")
    assert filed(team) == []
    assert agrees(team)


@pytest.mark.parametrize(
    ("filings", "fault"),
    [
        ((), DocumentsDiffer),
        (("99-999999",), NoSuchCase),
        ((Filing("24-001234", ("2",)),), DocumentsDiffer),
        ((Filing("24-001234", ("2", "3")), Filing("24-001301", ("3",))), DocumentsDiffer),
        ((Filing("24-001234", ("2", "3", "9")), Filing("24-001301")), DocumentsDiffer),
        ((Filing("24-001234", ("2", "3")), Filing("24-001301", ())), DocumentsDiffer),
        ((Filing("24-001234"), Filing("24-001301")), DocumentsDiffer),
    ],
)
def test_what_cannot_be_carried_out_is_not_decided(
    team: Team, filings: tuple[str | Filing, ...], fault: type[Exception]
) -> None:
    team.wait()
    with pytest.raises(fault):
        team.decide("file", *filings)
    assert team.rows(decisions) == []
    assert state(team)[0] == "needs_you"


@pytest.mark.parametrize("kinds", [("file", "file"), ("file", "ask"), ("not_submission", "file")])
def test_of_two_decisions_at_once_one_is_taken(team: Team, kinds: tuple[Any, Any]) -> None:
    team.wait()
    together = threading.Barrier(2)
    ends: list[str] = []

    def race(kind: Any, account: str) -> None:
        together.wait(10)
        try:
            team.decide(kind, *(["24-001234"] if kind == "file" else []), account=account)
            ends.append("taken")
        except AlreadyDecided:
            ends.append("refused")

    threads = [
        threading.Thread(target=race, args=one)
        for one in zip(kinds, ("Olu Adeyemi", "Lee Park"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["refused", "taken"]
    assert len(team.rows(decisions)) == 1


def test_two_chores_take_a_decision_up_once(team: Team) -> None:
    team.wait()
    team.decide("file", "24-001234")
    together = threading.Barrier(2)
    ends: list[int] = []

    def race() -> None:
        together.wait(10)
        ends.append(team.carrying.decisions())

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(ends) == 1
    assert team.rows(letters)[0].attempt == 2
    assert team.carry() == "filed"


@pytest.mark.parametrize("state", ["filed", "set_aside"])
def test_what_rests_is_decided_no_more(team: Team, state: str) -> None:
    team.wait()
    if state == "filed":
        team.file("24-001234")
    else:
        team.decide("not_submission")
        team.carrying.decisions()
    assert team.rows(letters)[0].state == state
    with pytest.raises(AlreadyDecided):
        team.decide("file", "24-001301")


def test_not_a_submission_is_set_aside_with_its_reason_and_nobody_is_told(team: Team) -> None:
    team.wait()
    told = len(mails(team))
    team.decide("not_submission")
    assert team.carrying.decisions() == 1
    assert state(team) == ("set_aside", "case_ambiguous")
    assert team.rows(decisions)[0].carried_at == NOW
    assert len(mails(team)) == told
    assert agrees(team)


# -- undo ------------------------------------------------------------------------------------------


def not_taken_up(team: Team) -> None:
    del team


def in_motion(team: Team) -> None:
    team.carrying.decisions()


def all_the_way(team: Team) -> None:
    team.carried()


def aside(team: Team) -> None:
    team.carrying.decisions()


@pytest.mark.slow
@pytest.mark.parametrize("far", [not_taken_up, in_motion, all_the_way])
@pytest.mark.parametrize("content", [TWO_CASES, NO_CASE])
def test_undo_brings_the_letter_back_however_far_it_was(
    team: Team, far: Callable[[Team], None], content: bytes
) -> None:
    team.wait(content)
    stood = state(team)
    outbound(team).send_due()
    decision = team.decide("file", "24-001301")
    far(team)
    team.now += UNDO - timedelta(seconds=2)
    team.undo(decision)
    assert state(team) == stood
    assert filed(team) == []
    assert all(gone for _, _, gone in mails(team)[1:])
    assert agrees(team)
    kinds = [row.kind for row in team.rows(events)]
    assert kinds.index("decision.file") < kinds.index("decision.undone")
    assert team.carrying.decisions() == 0
    assert team.carry() == STALE
    team.now += UNDO
    assert outbound(team).send_due() == 0
    assert team.file("24-001234") == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]
    assert agrees(team)


def test_an_attempt_whose_decision_is_taken_back_on_the_road_files_nothing(team: Team) -> None:
    team.wait()
    decision = team.decide("file", "24-001301")
    team.carrying.decisions()
    team.carrier.reader = ReaderHere(before=lambda: team.undo(decision))
    assert team.carry() == STALE
    assert state(team) == ("needs_you", "case_ambiguous")
    assert filed(team) == []
    assert agrees(team)


def test_a_decision_that_is_replaced_on_the_road_files_the_new_one_alone(team: Team) -> None:
    team.wait()
    decision = team.decide("file", "24-001301")
    team.carrying.decisions()

    def replace() -> None:
        team.carrier.reader = ReaderHere()
        team.undo(decision)
        team.decide("file", "24-001240")
        team.carrying.decisions()

    team.carrier.reader = ReaderHere(before=replace)
    assert team.carrier.carry(1, 2) == STALE
    assert filed(team) == []
    assert team.carrier.carry(1, 3) == "filed"
    assert [case for case, _ in filed(team)] == ["24-001240"]
    assert agrees(team)


def test_undo_of_what_was_set_aside(team: Team) -> None:
    team.wait()
    decision = team.decide("not_submission")
    aside(team)
    team.undo(decision)
    assert state(team) == ("needs_you", "case_ambiguous")
    assert agrees(team)


@pytest.mark.parametrize("late", [timedelta(seconds=59), UNDO, timedelta(days=1)])
def test_after_the_window_nothing_is_undone(team: Team, late: timedelta) -> None:
    """The last second is the outbox's: it may have read the mails that are due."""
    team.wait()
    decision = team.decide("file", "24-001301")
    team.carried()
    team.now += late
    with pytest.raises(UndoOver):
        team.undo(decision)
    assert state(team)[0] == "filed"
    assert not any(gone for _, _, gone in mails(team))


def test_what_was_told_is_not_undone_whatever_the_clock_says(team: Team) -> None:
    team.wait()
    decision = team.decide("file", "24-001301")
    team.carried()
    team.now += UNDO
    outbound(team).send_due()
    team.now -= UNDO
    with pytest.raises(UndoOver):
        team.undo(decision)
    assert [case for case, _ in filed(team)] == ["24-001301"]


def test_a_decision_is_undone_once_and_only_the_last_one(team: Team) -> None:
    team.wait()
    first = team.decide("file", "24-001301")
    team.undo(first)
    with pytest.raises(UndoOver):
        team.undo(first)
    second = team.decide("file", "24-001240")
    with pytest.raises(UndoOver):
        team.undo(first)
    with pytest.raises(UndoOver):
        team.undo(second + 100)
    team.undo(second)
    assert state(team) == ("needs_you", "case_ambiguous")


def test_undo_and_the_outbox_race_and_nobody_is_told_of_what_is_not_so(team: Team) -> None:
    """The outbox reads what is due while the undo's transaction is open."""
    team.wait()
    outbound(team).send_due()
    decision = team.decide("file", "24-001301")
    team.carried()
    team.now += UNDO - timedelta(seconds=1, microseconds=1)
    sending = threading.Thread(target=outbound(team).send_due)
    with team.carrier.stores.database.write() as connection:
        from portal.undo import undo  # noqa: PLC0415  # the function itself, in this transaction

        undo(connection, decision, account_id=team.people["Olu Adeyemi"], now=team.now)
        sending.start()
        sending.join(10)
    team.now += UNDO
    assert outbound(team).send_due() == 0
    assert [row.sent_at for row in team.rows(outbox)[1:]] == [None, None]


# -- asking ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (TWO_CASES, "case_ambiguous"),
        (NO_CASE, "consultant_unknown"),
        (MAIL.replace(b"24-001234", b"24-00123"), "case_format"),
        (MAIL.replace(b"24-001234", b"99-999999"), "case_not_found"),
    ],
)
def test_a_known_sender_is_asked_by_a_link_that_is_kept_with_the_mail(
    team: Team, content: bytes, reason: str
) -> None:
    assert team.wait(content) == "needs_you"
    assert state(team) == ("needs_you", reason)
    (mail,) = team.rows(outbox)
    (link,) = team.rows(answer_links)
    assert mail.text.count("/answer/") == 1
    assert link.expires_at == NOW + timedelta(days=14)
    assert link.token_sha256 not in mail.text


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (MAIL.replace(b"pat.hall@bakerllp", b"eve@evil"), {"sender": "eve@evil.example"}),
        (TWO_CASES, {"proof": Proof.NONE}),
        (TWO_CASES, {"quiet": True}),
        (TWO_CASES, {"recipients": ("postmaster@casebridge.example",)}),
        (b"Auto-Submitted: auto-generated\r\n" + TWO_CASES, {}),
        (MAIL.replace(b"24-001234", b"25-000345"), {}),  # the case is known, its consultant is not
    ],
    ids=["stranger", "not proven", "quiet", "postmaster", "machine", "no consultant"],
)
def test_nobody_else_is_asked(team: Team, content: bytes, changes: dict[str, Any]) -> None:
    assert team.wait(content, **changes) == "with_us"
    assert team.rows(answer_links) == []
    assert not any("/answer/" in one.text for one in team.rows(outbox))


def test_an_unanswered_question_goes_to_the_team_at_the_promised_time(team: Team) -> None:
    team.wait()
    team.now = assembly.office_calendar(team.carrier.stores.settings).promise(NOW)
    team.now -= timedelta(seconds=1)
    assert team.unanswered.look() == 0
    team.now += timedelta(seconds=1)
    assert team.unanswered.look() == 1
    assert state(team) == ("with_us", "case_ambiguous")
    assert team.rows(letters)[0].state_since == team.now
    assert agrees(team)
    assert team.file("24-001234") == "filed"


def test_staff_ask_the_sender_with_a_new_link_after_the_window(team: Team) -> None:
    team.wait()
    team.now += timedelta(days=5)
    assert team.unanswered.look() == 1
    decision = team.decide("ask")
    assert team.carried() == "needs_you"
    assert len(team.rows(answer_links)) == 2
    assert team.rows(outbox)[-1].not_before == team.now + UNDO
    assert agrees(team)
    team.undo(decision)
    assert state(team) == ("with_us", "case_ambiguous")
    assert len(team.rows(answer_links)) == 1
    assert team.rows(outbox)[-1].withdrawn_at == team.now
    assert agrees(team)


def test_a_stranger_is_not_asked_by_staff_either(team: Team) -> None:
    team.wait(proof=Proof.NONE)
    with pytest.raises(NobodyToAsk):
        team.decide("ask")


def test_a_question_that_nobody_would_read_leaves_the_letter_with_the_team(team: Team) -> None:
    team.wait(b"Auto-Submitted: auto-generated\r\n" + TWO_CASES)
    team.decide("ask")
    assert team.carried() == "with_us"
    assert state(team) == ("with_us", "case_ambiguous")
    assert team.rows(answer_links) == []
    assert "decision.not_carried" in [row.kind for row in team.rows(events)]
    assert agrees(team)


def test_staff_decide_while_the_sender_is_asked(team: Team) -> None:
    team.wait()
    team.decide("ask")
    team.carried()
    assert team.file("24-001240") == "filed"
    assert agrees(team)


# -- what ends in between --------------------------------------------------------------------------


class Crash(BaseException):
    """The process is gone: nothing that catches an Exception may go on."""


@contextmanager
def dying_at(team: Team, statement: int) -> Iterator[Callable[[], bool]]:
    """End at the Nth statement of ours that writes, before it is run. Yield whether it was."""
    engine = team.carrier.stores.database.engine
    seen = 0

    def before(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        nonlocal seen
        if text.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            seen += 1
            if seen == statement:
                raise Crash

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield lambda: seen >= statement
    finally:
        event.remove(engine, "before_cursor_execute", before)


@pytest.mark.slow
def test_an_end_before_any_statement_loses_and_doubles_nothing(
    sample_stores: Stores,
) -> None:
    """Every statement from the decision to the filing, each on a letter of its own."""
    team = Team(Carrier(sample_stores))
    died = 0
    for number in range(1, 60):
        content = TWO_CASES + b"%d\r\n" % number
        team.wait(content)
        team.decide(
            "file", Filing("24-001234", ("2",)), Filing("24-001301", ("3",)), letter_id=number
        )
        with dying_at(team, number) as has_died:
            try:
                team.carrying.decisions()
                team.carry(number)
            except Crash:
                died += 1
        # What a start does: the chores look, and the sweep finds what stands still.
        team.carrying.decisions()
        sweep(team).letters()
        if state(team, number)[0] == "checking":
            team.carry(number)
        assert state(team, number) == ("filed", None), number
        of_letter = [one for one in team.rows(submissions) if one.letter_id == number]
        assert len(of_letter) == 2, number
        assert len([one for one in team.rows(outbox) if one.letter_id == number]) == 4, number
        assert list(disagreements(team.carrier.stores.database)) == []
        if not has_died():
            break
    else:
        pytest.fail("more statements than were tried")
    assert died > 15
    assert agrees(team)


def test_an_end_in_the_middle_of_an_undo_changes_nothing(team: Team) -> None:
    team.wait()
    decision = team.decide("file", "24-001301")
    team.carried()
    for number in range(1, 30):
        with dying_at(team, number) as has_died:
            try:
                team.undo(decision)
            except Crash:
                assert filed(team) != []
                assert agrees(team)
        if not has_died():
            break
    assert number > 5
    assert filed(team) == []
    assert state(team) == ("needs_you", "case_ambiguous")


def break_down(_answer: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError


def test_a_decision_that_cannot_be_carried_is_given_back_with_what_was_read(team: Team) -> None:
    team.wait()
    before = [(row.path, row.filed_name) for row in team.rows(parts)]
    told = len(mails(team))
    team.decide("file", "24-001234")
    team.carrying.decisions()
    team.carrier.reader = ReaderHere(answers=break_down)
    most = team.carrier.stores.settings.road.max_attempts
    for _ in range(most):
        with pytest.raises(AttemptFailed):
            team.carry()
        with team.carrier.stores.database.write() as connection:
            # As the queue notes an attempt that has ended.
            connection.exec_driver_sql("UPDATE workflow_status SET status = 'ERROR'")
        assert sweep(team).letters() == 1
    assert state(team) == ("with_us", "not_finished")
    assert [(row.path, row.filed_name) for row in team.rows(parts)] == before
    assert len(mails(team)) == told
    assert team.rows(decisions)[0].undone_at is not None
    assert agrees(team)
    team.carrier.reader = ReaderHere()
    assert team.file("24-001234") == "filed"
    assert agrees(team)


def test_a_case_that_has_left_the_directory_gives_the_letter_back(team: Team) -> None:
    team.wait()
    team.decide("file", "24-001402")
    team.carrying.decisions()
    with team.carrier.stores.database.write() as connection:
        connection.execute(
            cases.update().where(cases.c.number == "24-001402").values(number="24-001403")
        )
    assert team.carry() == "with_us"
    assert state(team) == ("with_us", "case_not_found")
    assert agrees(team)


def test_a_letter_that_could_not_be_read_is_filed_whole(team: Team) -> None:
    content = (
        b"From: a@bakerllp.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"y\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n"
    )
    assert team.wait(content) == "with_us"
    assert team.file("24-001234") == "filed_in_part"
    assert filed(team) == [("24-001234", ["Message.eml"])]
    assert agrees(team)


def test_a_copy_by_another_door_is_filed_where_a_person_says_so(team: Team) -> None:
    team.wait(MAIL, sender="eve@evil.example", proof=Proof.NONE, door="import")
    team.carrier.accept(MAIL)
    assert team.carrier.carry(2) == "filed"
    assert team.file("24-001234") == "filed"
    assert len(filed(team)) == 2
