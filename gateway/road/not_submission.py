"""Not a submission: whether a letter is one of those that nobody wants filed, and by which rule.

Asked of a package whose parts have their fates, and whose words are split. What brings a document
is a submission, whatever else is said of it; what "do not reply" stands on is one as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from config.apart import ApartRules
from config.not_submissions import Form, NotSubmissions
from gateway.letter import Form as Content
from gateway.road.package import NotSubmission, Package, Part, Signs
from gateway.road.sign_off import Known
from gateway.road.thanks import is_thanks

_WORDS_CHARACTERS = 600
# How an absence's subject goes on where nothing else tells it from a person's.
_GOES_ON = re.compile(
    r"(?:(?<=:)| ?(?:[^\w\s'\"]|\d|\Z)| (?:re|aw|sv|until|till|from|today|tomorrow|this|next"
    r"|back|notice|message|notification|reply|response|auto\w*|alert|bis|vom|ab|heute|jusqu|du|hasta|del|fino|dal)\b)",
    re.IGNORECASE,
)
_MOST_SUBJECT = 300
_CALENDARS = frozenset({"text/calendar", "application/ics"})
# An answer to an invitation (RFC 5546, 1.4). What invites, takes it back or proposes another time
# is a submission: the day of a deposition is a matter of the case.
_ANSWERS = frozenset({"reply", "refresh"})
# What a report consists of beside its words (RFC 6522, 3), and the message that it gives back.
_OF_REPORTS = frozenset(
    {
        *("message/delivery-status", "message/global-delivery-status"),
        *("message/disposition-notification", "message/global-disposition-notification"),
        *("text/rfc822-headers", "text/rfc822-header", "message/global-headers"),
    }
)
_MESSAGES = frozenset({"message/rfc822", "message/global"})
_MAIL_DOORS = frozenset({"smtp", "lmtp"})  # where an empty sender is the null sender


class OwnMessages(Protocol):
    """What tells our own mails by their Message-IDs: gateway.address.OurAddresses."""

    def own_message(self, message_id: str) -> str | None:
        """Return the unguessable part of a Message-ID that may be one of ours, or None."""


def not_submission(
    package: Package, rules: NotSubmissions, apart: ApartRules, own: OwnMessages
) -> NotSubmission | None:
    """Return what a letter is that is no submission, or None: the first rule that holds.

    What somebody of the staff passes on is one, whatever it looks like: a person meant it to come.
    """
    if package.returns_ours:
        return NotSubmission("own_mail", "passed_back")
    if package.forwarded is not None:
        return None
    is_plain_mail = package.letter.form is Content.MESSAGE and not (
        package.is_unread or package.is_sealed or package.elsewhere
    )
    if not is_plain_mail or any(one.code == "message_ambiguous" for one in package.troubles):
        return None
    found = next(_found(package, rules), None)
    if found is not None:
        return NotSubmission(*found)
    # What our people must see first is no mere politeness, whatever its words are.
    answers_us = bool(package.answered) and own.own_message(package.answered[0]) is not None
    is_calm = package.urgent is None and _is_bare(package)
    if is_calm and is_thanks(package, rules.thanks, apart, answers_us=answers_us):
        return NotSubmission("thanks", "thanks_words")
    return None


def _found(package: Package, rules: NotSubmissions) -> Iterator[tuple[str, str]]:
    """Give each kind and rule of a machine's message that holds, the surest first."""
    signs = package.signs
    if signs.report == "delivery-status" and _is_bare(package, returned=True):
        yield "bounce", "delivery_report"
    if signs.report == "disposition-notification" and _is_bare(package, returned=True):
        yield "read_receipt", "disposition_report"
    if (
        signs.method in _ANSWERS
        and _is_bare(package, beside=_CALENDARS)
        and _only_answers(package, rules)
    ):
        yield "calendar_answer", "calendar_method"
    comes_back = _has_no_return(package) or signs.names_failed
    if comes_back and _begins(package, rules.bounce) and _is_bare(package, returned=True):
        yield "bounce", "bounce_subject"
    if not _is_bare(package):
        return
    if _consists(package, rules.recall):
        yield "recall", "recall_words"
    if _consists(package, rules.read_receipt):
        yield "read_receipt", "receipt_words"
    if signs.submitted == "auto-replied" or signs.answers_by_itself:
        yield "out_of_office", "answers_by_itself"
    if _is_by_machine(signs) or _has_no_return(package):
        if _begins(package, rules.out_of_office):
            yield "out_of_office", "machine_subject"
    elif _looks(package, rules.out_of_office):
        yield "out_of_office", "absence_words"


def _is_by_machine(signs: Signs) -> bool:
    return signs.submitted is not None or signs.wants_no_answer


def _has_no_return(package: Package) -> bool:
    envelope = package.letter.envelope
    return package.signs.has_no_return or (not envelope.sender and envelope.door in _MAIL_DOORS)


def _begins(package: Package, form: Form) -> bool:
    return form.subject.match(_subject(package)) is not None


def _subject(package: Package) -> str:
    return " ".join(package.subject.replace("\u2019", "'").split())[:_MOST_SUBJECT]


def _looks(package: Package, form: Form) -> bool:
    """Say whether a subject is of a form, and the new words have words of it."""
    subject = _subject(package)
    begin = form.subject.match(subject)
    if begin is None or _GOES_ON.match(subject, begin.end()) is None:
        return False  # "Out of office deposition of Dr. Roe" is about one
    return form.words.search(_said(package)) is not None


def _consists(package: Package, form: Form) -> bool:
    """Say whether a subject is of a form, and the new words are nothing else."""
    said = _said(package)
    return (
        len(said) < _WORDS_CHARACTERS
        and _begins(package, form)
        and not package.own_words.differs
        and form.words.fullmatch(said) is not None
    )


def _only_answers(package: Package, rules: NotSubmissions) -> bool:
    """Say whether the words beside a calendar's answer are the calendar program's own, or none."""
    if package.urgent is not None or package.own_words.differs:
        return False
    names, words = Known.of(package).names, _said(package).split()
    while words and words[0].casefold() in names:
        del words[0]
    return not words or rules.calendar.fullmatch(" ".join(words)) is not None


def _said(package: Package) -> str:
    """Return how the new words begin, on one line."""
    new = package.own_words.new.replace("\u2019", "'")
    return " ".join(new.split())[:_WORDS_CHARACTERS]


def _is_bare(
    package: Package, *, beside: frozenset[str] = frozenset(), returned: bool = False
) -> bool:
    """Say whether a letter brings no document.

    `beside` are the types that are none here. With `returned` neither is what a report consists
    of, nor the message that it gives back with everything in it. A type is what its sender
    declares, and believed of text alone: a PDF that is declared to be a calendar is a PDF.
    """
    given_back = _given_back(package.parts) if returned else frozenset()
    types = beside | _OF_REPORTS if returned else beside
    return all(
        part.is_beside
        or (part.declared_type in types and _is_text(part))
        or part.path in given_back
        for part in package.parts
    )


def _is_text(part: Part) -> bool:
    return part.bytes == 0 or part.detected_type.startswith(("text/", "message/"))


def _given_back(parts: tuple[Part, ...]) -> frozenset[str]:
    """Return the paths of the messages of a report and of everything in them, however deep."""
    found: set[str] = set()
    for part in parts:  # what holds others comes before them
        is_message = part.container is None and part.declared_type in _MESSAGES and _is_text(part)
        if is_message or part.container in found:
            found.add(part.path)
    return frozenset(found)
