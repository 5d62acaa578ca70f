"""Repeats: what answers our mails in the same words again and again, as a program does.

A ticket system that acknowledges each mail, and does not say that it is a program (RFC 3834, 2),
would have us write for ever. It is known by what a person does not do: its letter brings nothing
new, has the words of those before it but for numbers, today's date and what is ours, and comes as
the answer to a mail of ours, or within minutes of one. Such a letter is kept and filed as ever;
nobody is written to about it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Receipts
from gateway.address import OurAddresses
from gateway.letter import Form
from gateway.moving.turn import house
from gateway.numbers.case_number import CaseShape
from gateway.road.package import NO_DOCUMENT, Package, Trouble
from portal.database import Database
from portal.tables import letters, outbox, packages
from portal.vocabulary import REPEATS

_MOST_CHARACTERS = 20_000
_MOST_OURS = 20
_MOST_OF_AN_ANSWER = 300
_LINK = re.compile(r"(?<!\S)\S*://\S*")  # one try for each word: a long one is no cost
_WORD = re.compile(r"\w(?:[\w.:/#@\u2019'-]*\w)?")
_RECEIPT = re.compile(r"[0-9a-z]{4}-[0-9a-z]{4}")
_DIGIT = re.compile(r"\d")
_OF_A_REPLY = frozenset({"re", "fw", "fwd", "aw", "wg", "antw"})
_ABOUT_A_NUMBER = frozenset(
    {"case", "claim", "file", "number", "no", "it", "is", "it's", "the", "this", "sorry", "for"}
)
_ANSWER = re.compile(r"(?:yes(?: please| thanks| thank you)?[.!]*|delete\b[^\n]*)", re.IGNORECASE)
_OF_A_CLOCK = frozenset({"am", "pm", "a.m", "p.m"})

OURS = (
    sa.select(outbox.c.subject)
    .where(
        sa.or_(
            # Nobody can guess it: who answers it has read it, whatever we have noted by then.
            outbox.c.message_id.in_(sa.bindparam("own", expanding=True)),
            sa.and_(
                outbox.c.recipient.in_(sa.bindparam("them", expanding=True)),
                outbox.c.sent_at > sa.bindparam("since"),
            ),
        ),
    )
    .order_by(outbox.c.id.desc())
    .limit(_MOST_OURS)
)
_ANSWERED = sa.exists().where(
    outbox.c.letter_id == letters.c.id, outbox.c.sent_at > sa.bindparam("since")
)
BEFORE = (
    sa.select(_ANSWERED)
    .select_from(letters.join(packages, packages.c.letter_id == letters.c.id))
    .where(
        packages.c.wording == sa.bindparam("wording"),
        letters.c.id < sa.bindparam("letter"),
        letters.c.arrived_at > sa.bindparam("earliest"),
    )
    .order_by(letters.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True)
class Repeats:
    """Knows letters that repeat the ones before them."""

    database: Database
    limits: Receipts
    shape: CaseShape
    addresses: OurAddresses

    def marked(self, package: Package, own: Collection[str], letter_id: int) -> Package:
        """Return a package with its wording, and as a repeat where it is one.

        `own` are the mails of ours that it answers, as the outbox holds them.
        """
        if not _may_repeat(package):
            return package
        envelope = package.letter.envelope
        at = envelope.arrived_at
        asked = {
            "own": sorted(own),
            "them": sorted({envelope.sender, package.sender or envelope.sender}),
            "since": at - timedelta(minutes=self.limits.repeats_minutes),
        }
        with self.database.read() as connection:
            ours = list(connection.execute(OURS, asked).scalars())
            wording = self._wording(package, ours)
            before = list(
                connection.execute(
                    BEFORE,
                    {
                        "wording": wording,
                        "letter": letter_id,
                        "earliest": at - timedelta(hours=self.limits.repeats_hours),
                        "most": self.limits.repeats,
                        "since": asked["since"],
                    },
                ).scalars()
            )
        package = package.but(wording=wording)
        if len(before) + 1 < self.limits.repeats or not (ours or any(before)):
            return package
        trouble = Trouble(REPEATS)
        return package.but(repeats=True, asked=False, troubles=(*package.troubles, trouble))

    def _wording(self, package: Package, ours: Collection[str]) -> str:
        """Return a digest of all that a letter says that would be new in another.

        No word of a sender's is in it. One that is proven is apart from whoever uses its name.
        """
        envelope = package.letter.envelope
        day = envelope.arrived_at
        heard = {" ".join(self._words(one, day)) for one in ours}
        tags = (self.addresses.case_tag(recipient) for recipient in envelope.recipients)
        said = (
            house(package.sender or envelope.sender),
            str(envelope.proof.holds),
            self._new(package.subject, heard, day),
            self._new(package.narrative, heard, day),
            *sorted(filter(None, tags)),
            *sorted(one.case_number for one in package.filed_under),
            *sorted(one.what for one in package.elsewhere),
        )
        whole = "\0".join(said).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(whole, digest_size=16).hexdigest()

    def _new(self, text: str, heard: Collection[str], day: datetime) -> str:
        """Return the words of a text without those of our own subjects."""
        words = f" {' '.join(self._words(text, day))} "
        for one in sorted(heard, key=len, reverse=True):
            if " " in one:  # one word alone is anybody's
                words = words.replace(f" {one} ", " ")
        return words.strip()

    def _words(self, text: str, day: datetime) -> Iterator[str]:
        """Give the words of a text; of what has digits the case numbers alone."""
        today = set(_OF_A_REPLY | _OF_A_CLOCK)
        for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
            today |= {f"{near:{form}}".casefold() for form in ("%A", "%a", "%B", "%b")}
        plain = _LINK.sub(" ", self.shape.plain(text[:_MOST_CHARACTERS])).casefold()
        for word in _WORD.findall(plain):
            number = self.shape.normal(word)
            if number is not None:
                yield number
            elif not (_DIGIT.search(word) or _RECEIPT.fullmatch(word) or word in today):
                yield word


def _may_repeat(package: Package) -> bool:
    """Say whether a letter is a mail without a document that is answered at all."""
    envelope = package.letter.envelope
    return (
        package.letter.form is Form.MESSAGE
        and not (envelope.quiet or envelope.is_imported or package.automatic)
        and not (package.is_unread or package.is_sealed or package.says_password)
        and package.forwarded is None
        and package.device is None
        and all(part.reason in NO_DOCUMENT for part in package.parts)
        and not _is_answer(package.narrative.strip())
    )


def _is_answer(said: str) -> bool:
    """Say whether words are a yes, a wish to delete, or nothing but a number: a slip, it may be."""
    if len(said) > _MOST_OF_AN_ANSWER:
        return False
    words = _WORD.findall(said.casefold())
    others = {word for word in words if not _DIGIT.search(word)}
    is_number = len(others) < len(words) and others <= _ABOUT_A_NUMBER
    return is_number or _ANSWER.fullmatch(said) is not None
