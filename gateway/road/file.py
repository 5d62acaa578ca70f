"""File: the only step that writes. One transaction, idempotent by letter and attempt.

The blobs of the parts are durable in the vault before it. It also writes the outbox rows, so that
a letter is filed and its answers are owed, or neither.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.letter import Form
from gateway.road.decided import Decided
from gateway.road.describe import KEPT, Described, describe_parts, is_stored
from gateway.road.linked import linked
from gateway.road.package import Fate, Package, Part, Trouble, shortened
from gateway.road.submit import submit
from gateway.telling.tally import Tally
from portal import answer_link, events, mailed_password, receipt_number, upload_link
from portal.absent import PROBLEMS as ABSENT
from portal.closing import arrived
from portal.decision import carried
from portal.directory_follow import follow_late
from portal.following import follow
from portal.postbox import Owed, owe
from portal.prepared import Prepared
from portal.tables import letters, outbox, packages
from portal.vault import Vault

_LETTER = letters.c.id == sa.bindparam("letter")
_OF_FIRM = letters.update().where(_LETTER).values(firm_id=sa.bindparam("firm"))
_MOVE = (
    letters.update()
    .where(_LETTER, letters.c.attempt == sa.bindparam("numbered"), letters.c.state == "checking")
    .values(state=sa.bindparam("to"), reason=sa.bindparam("why"), state_since=sa.bindparam("now"))
)
_WITHDRAW = (
    outbox.update()
    .where(
        outbox.c.letter_id == sa.bindparam("letter"),
        outbox.c.kind == "progress",
        outbox.c.sent_at.is_(None),
        outbox.c.withdrawn_at.is_(None),
    )
    .values(withdrawn_at=sa.bindparam("now"))
)
_NO_PACKAGE = packages.delete().where(packages.c.letter_id == sa.bindparam("letter"))
_PACKAGE = Prepared(packages.insert)


class StaleAttempt(Exception):
    """Another attempt carries this letter, or has carried it: this one must change nothing."""


class PartChanged(Exception):
    """A decoded part is not what the reader said of it. The attempt is worth nothing."""


def keep_parts(package: Package, vault: Vault) -> None:
    """Copy the parts that are kept by themselves into the vault, durably.

    Raises PartChanged where a file differs from its description, and the vault's faults.
    """
    for part in package.parts:
        if is_stored(part) and part.file is not None and not part.is_kept:
            with part.file.open("rb") as stream:
                blob = vault.add(stream)
            if (blob.sha256, blob.bytes) != (part.sha256, part.bytes):
                raise PartChanged(part.path)


def final_state(package: Package) -> tuple[str, str | None]:
    """Return the state that a package ends in, and why where it is not simply filed."""
    if package.is_sealed:
        return "not_filed", _first_code(package.troubles)
    if package.resolution.hold is not None:
        return "needs_you" if package.asked else "with_us", package.resolution.hold
    if not any(part.fate in KEPT and says_something(part, package) for part in package.parts):
        return "not_filed", _first_code(package.troubles) or "no_content"
    missed = [
        part
        for part in package.parts
        if part.fate in {Fate.HELD, Fate.REFUSED} or part.reason == "file_empty"
    ]
    absent = [one.code for one in package.troubles if one.code in ABSENT]
    reasons = [part.reason for part in missed] + absent
    return ("filed_in_part", reasons[0]) if reasons else ("filed", None)


def says_something(part: Part, package: Package) -> bool:
    """Say whether a part is more than the words of a message that had none."""
    return part.reason != "narrative" or bool(package.narrative) or part.filed_name is not None


def _first_code(troubles: Sequence[Trouble]) -> str | None:
    return troubles[0].code if troubles else None


@dataclass(frozen=True)
class MailedLink:
    """What is kept of a one-time link that the mail of a filing holds: kept, or not, with it."""

    token_sha256: str
    days: int


def file(
    connection: sa.Connection,
    package: Package,
    *,
    letter_id: int,
    attempt: int,
    owed: Sequence[Owed],
    now: datetime,
    decision: Decided | None = None,
    question: MailedLink | None = None,
    offered: MailedLink | None = None,
    answered: Collection[str] = (),
) -> str:
    """Write everything that the road decided, and return the letter's state.

    What an earlier attempt wrote of the letter is replaced. A person's `decision` is noted as
    carried out in the same transaction, and the mails wait for its undo window. `answered` are the
    mails of ours that the letter answers, as the outbox holds them: it may bring what they ask for.
    Raises StaleAttempt where the letter is not this attempt's any more, or the decision was taken
    back; nothing is written then.
    """
    state, reason = final_state(package)
    move_letter(connection, letter_id, attempt, state, reason, now)
    if decision is not None and not carried(connection, decision.id, now=now):
        raise StaleAttempt(f"{letter_id}-{attempt}")
    connection.execute(_OF_FIRM, {"letter": letter_id, "firm": package.resolution.firm_id})
    described = describe(connection, package, letter_id)
    if state in {"filed", "filed_in_part"}:
        for filing in package.filed_under:
            submit(
                connection,
                package,
                filing,
                letter_id=letter_id,
                part_ids=described.ids,
                decision_id=None if decision is None else decision.id,
                now=now,
            )
        follow(connection, letter_id, tuple(answered), now=now)
        by_form = package.letter.form is Form.MANIFEST
        # Else it may be taken back, or lacks some itself.
        if decision is None and state == "filed" and (answered or by_form):
            brought = Tally(package).brought
            arrived(connection, answered, letter_id=letter_id, documents=brought, now=now)
    if package.says_password:
        mailed_password.note(connection, letter_id, answered, now=now)
    _insert_events(connection, package, letter_id, described.converted, state, reason, now)
    if question is not None:
        answer_link.keep(connection, letter_id, question.token_sha256, now=now, days=question.days)
    if offered is not None:
        _offer(connection, package, letter_id, offered, now)
    for mail in owed:
        owe(
            connection,
            mail,
            letter_id=letter_id,
            occasion=str(attempt),
            now=now,
            not_before=None if decision is None else decision.undo_until,
        )
    if package.resolution.how in {"case", "person", "answer"}:  # the case's own consultant has it
        follow_late(connection, letter_id, now)
    return state


def _offer(
    connection: sa.Connection, package: Package, letter_id: int, offered: MailedLink, now: datetime
) -> None:
    number = connection.execute(
        sa.select(letters.c.receipt).where(letters.c.id == letter_id)
    ).scalar_one()
    upload_link.offer(
        connection,
        letter_id,
        offered.token_sha256,
        package.filed_under[0].case_number,
        f"This completes {receipt_number.shown(number)}.",
        now=now,
        days=offered.days,
    )


def describe(connection: sa.Connection, package: Package, letter_id: int) -> Described:
    """Write what the letter says and what is in it, in the place of what was written before."""
    connection.execute(_NO_PACKAGE, {"letter": letter_id})
    _PACKAGE.run(connection, {"letter_id": letter_id, **_package_row(package)})
    return describe_parts(connection, package, letter_id)


def move_letter(
    connection: sa.Connection,
    letter_id: int,
    attempt: int,
    state: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Take a letter out of motion. The fence: raises StaleAttempt for any but its live attempt."""
    this = {"letter": letter_id, "numbered": attempt}
    moved = connection.execute(_MOVE, this | {"now": now, "to": state, "why": reason})
    if moved.rowcount != 1:
        raise StaleAttempt(f"{letter_id}-{attempt}")
    withdraw_progress(connection, letter_id, now)


def withdraw_progress(connection: sa.Connection, letter_id: int, now: datetime) -> None:
    """Withdraw what was to say that a letter is still being checked, where it is not sent yet."""
    connection.execute(_WITHDRAW, {"letter": letter_id, "now": now})


def _package_row(package: Package) -> dict[str, Any]:
    return {
        "header_from": package.header_from,
        "subject": package.subject,
        "message_id": package.message_id,
        "sent_at": package.sent_at or package.letter.envelope.dated_at,
        "narrative": package.narrative,
        "consultant_how": package.resolution.how,
        "urgent": package.urgent,
        "wording": package.wording,
        "candidates": [
            {
                "text": one.text,
                "number": one.number,
                "found_in": one.found_in,
                "why": one.why,
                "consultant_id": one.consultant_id,
            }
            for one in package.resolution.candidates
        ],
        "forwarded": _forwarded(package),
        "problems": [
            {"code": one.code, "fields": one.fields, "part": one.part} for one in package.troubles
        ],
    }


def _forwarded(package: Package) -> dict[str, Any] | None:
    passed_on = package.forwarded
    if passed_on is None:
        return None
    note = next((words.new for words in package.words if words.is_note), "")
    return {
        "by": passed_on.by,
        "address": passed_on.address,
        "how": passed_on.how,
        "note": shortened(note.strip()),
        "dated": passed_on.dated,
        "message_id": passed_on.message_id,
        "firm": passed_on.firm_name,
    }


def _insert_events(
    connection: sa.Connection,
    package: Package,
    letter_id: int,
    converted: Collection[str],
    state: str,
    reason: str | None,
    now: datetime,
) -> None:
    for part in package.parts:
        # The list of what is in an archive is no conversion of it.
        if part.pdf is not None and part.contents is None and part.path in converted:
            events.record(
                connection,
                letter_id=letter_id,
                actor="gateway",
                kind="document.converted",
                detail={"path": part.path, "engine": part.pdf.engine, "pages": part.pdf.pages},
                at=now,
            )
    cases = ", ".join(one.case_number for one in package.filed_under)
    detail: dict[str, Any] = {"reason": reason, "case": cases or package.resolution.case_number}
    many = {one.case_number: len(linked(package, one)) for one in package.filed_under}
    if any(number > 1 for number in many.values()):
        detail["linked"] = many
    events.record(
        connection,
        letter_id=letter_id,
        actor="gateway",
        kind=f"letter.{state}",
        detail=detail,
        at=now,
    )
