"""What a letter says, as a frozen value: each step of the road takes one and returns a new one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from converters.grounds import Grounds
from gateway.letter import Letter
from gateway.road.beside import is_signature

_BYTES = Grounds()
NARRATIVE_CHARACTERS = 500  # the portal's limit, in Unicode code points after NFC
# Parts that are no documents, by the reason of their fate.
NO_DOCUMENT = frozenset({"narrative", "alternative", "decoration"})


class Fate(StrEnum):
    """What became of a part."""

    FILED = "filed"
    CONVERTED = "converted"
    LEFT_OUT = "left_out"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True)
class Pdf:
    """A part's PDF, durable in the vault."""

    rendition_id: int
    sha256: str
    pages: int
    bytes: int
    engine: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One leaf of a message, however deep, or one member of a container."""

    path: str  # the MIME part, "2.1"; behind a slash the member of a container, "2.1/3"
    container: str | None  # the path of the part it was in
    original_name: str | None
    declared_type: str
    detected_type: str
    bytes: int  # of the decoded part
    sha256: str  # of the decoded part
    file: Path | None  # the decoded bytes, in the attempt's working folder; None where not kept
    inline: bool = False  # Content-Disposition: inline, or shown by the HTML through its cid
    content_id: str | None = None
    pixels: tuple[int, int] | None = None  # width and height of an image
    pages: int | None = None  # of a PDF that came as one
    grounds: Grounds = _BYTES  # why it has its detected type
    # What is known of the content beside its type: "password", "damaged", "empty", ...
    flags: frozenset[str] = frozenset()
    # Of an archive that stays whole: the list of what is in it, and the programs among that.
    contents: Path | None = None
    programs: tuple[str, ...] = ()
    glimpse: str = ""  # how a small text begins, where it is none of the words
    is_kept: bool = False  # the vault has these bytes already, and `file` is its blob
    document_type: str | None = None  # what its sender said that it is, on the form
    description: str | None = None
    scan: str | None = None  # what the virus scanner said of it: a gateway.scanner.Verdict
    # -- decided by the steps --
    fate: Fate | None = None
    reason: str | None = None
    filed_name: str | None = None
    remarks: tuple[str, ...] = ()  # codes of what was changed in the name, and why
    pdf: Pdf | None = None

    @property
    def is_signature(self) -> bool:
        """Whether it signs the message that it stands in, and does nothing else."""
        return is_signature(self.declared_type, self.detected_type, self.bytes)

    @property
    def is_beside(self) -> bool:
        """Whether it is no document: words, decoration, or the signature of a message."""
        return self.reason in NO_DOCUMENT or self.is_signature


@dataclass(frozen=True)
class Words:
    """The words of one message: the letter's own, or those of a message attached to it."""

    path: str  # of the part that holds them; "" where the message had none
    container: str | None  # the attached message's path; None for the letter's own
    subject: str
    header_from: str
    header_to: str
    date: str
    text: str  # everything a person would read, as plain text, line ends as \n
    new: str  # `text` without the quoted history
    html: Path | None  # the HTML body, decoded to UTF-8, in the working folder
    html_charset: str | None = None
    differs: bool = False  # its plain text, which `text` is, and its HTML do not say the same
    lossy: bool = False  # some bytes did not fit the charset; they are kept in the raw letter
    images: dict[str, Path] = field(default_factory=dict)  # by Content-ID, for the HTML
    seen: frozenset[str] = frozenset()  # the Content-IDs of the images that the HTML displays
    links: tuple[str, ...] = ()  # web addresses behind the new words of the HTML; the letter's own
    # What another program shows of the same message; a case number in it must not disagree.
    other_subjects: str = ""  # a line for each Subject field that differs from `subject`
    other: str = ""  # the new words of the forms that `text` was not taken from
    is_masked: bool = False  # a password in it is masked: not in `html`, which is not printed then
    is_note: bool = False  # what somebody said who passes the message on


@dataclass(frozen=True)
class Mailbox:
    """Somebody in To or Cc: the name that is shown, and the address in canonical form."""

    name: str  # "" where there is none
    address: str | None  # None where it is no address


@dataclass(frozen=True)
class Signs:
    """What a letter's header and parts show of the program that wrote it, and of its kind."""

    submitted: str | None = None  # by Auto-Submitted: auto-replied, auto-generated, …, other
    answers_by_itself: bool = False  # X-Autoreply and its kin, Precedence: auto_reply
    wants_no_answer: bool = False  # X-Auto-Response-Suppress
    has_no_return: bool = False  # Return-Path: <>
    names_failed: bool = False  # X-Failed-Recipients
    report: str | None = None  # delivery-status, disposition-notification, other
    journal: bool = False  # it reports a message to whoever keeps a journal of all mail
    method: str | None = None  # of its calendar part: reply, request, …
    programs: tuple[str, ...] = ()  # X-Mailer and User-Agent


@dataclass(frozen=True)
class Attached:
    """What the header of a message says that is attached to the letter."""

    container: str  # the path of its part
    message_id: str | None
    sent_at: datetime | None
    sender: str | None  # the one address in From, in canonical form; None where undecided
    answered: tuple[str, ...]  # the Message-IDs that it answers, without brackets
    addressed: tuple[Mailbox, ...]  # To and Cc


@dataclass(frozen=True)
class Forwarded:
    """That somebody of the staff passed a message on: what it says is the inner sender's.

    Who that is stands in From of what was passed on, and is never proven.
    """

    by: str  # the name of who passed it on
    address: str  # theirs, in canonical form
    how: str  # a row of portal.vocabulary.FORWARDS
    sender: str | None  # the one address in the inner From; None where undecided
    written: str = ""  # the inner From, as it is written
    message_id: str | None = None  # of the inner message, where it is there whole
    dated: str = ""  # when it was sent, as it is written
    paths: tuple[str, ...] = ()  # of the parts that hold it, where it is attached
    subject: str = ""  # of the forwarder's own, where it is not that of what is passed on
    is_several: bool = False  # they are messages of several senders
    is_chosen: bool = True  # a person has passed it on, or its way to us was checked
    firm_id: int | None = None  # of the inner sender, as the address says
    firm_name: str | None = None


@dataclass(frozen=True)
class Device:
    """A scanner or its like, which reads no answer."""

    rule: str  # what showed it: listed, program, mailbox
    contact: str | None = None  # who hears what became of its letters; None for nobody


@dataclass(frozen=True)
class NotSubmission:
    """What a letter is that is no submission, and by which rule."""

    kind: str  # a row of portal.vocabulary.NOT_SUBMISSIONS
    rule: str  # a row of portal.vocabulary.NOT_SUBMISSION_RULES


@dataclass(frozen=True)
class Trouble:
    """A problem of the catalogue, with the fields of its row."""

    code: str
    fields: dict[str, Any] = field(default_factory=dict)
    part: str | None = None  # the path of the part it is about


@dataclass(frozen=True)
class Typed:
    """What was typed into the form beside the message: each one a choice of the sender's."""

    case: str | None
    consultant: str | None
    deadline: date | None


@dataclass(frozen=True)
class SetApart:
    """Words that stand around what is said: not in the narrative, always in the filed message."""

    what: str  # "history", "tag", "banner", "signature" or "notice"
    text: str  # "" for history that stands between the new words


@dataclass(frozen=True)
class Seen:
    """What showed that documents are elsewhere, for staff and engineers."""

    rule: str  # a rule of config/elsewhere.toml
    problem: str  # a row of the problem catalogue
    what: str  # the link as it leads, the words, or the name of the part
    n: int = 1  # how many documents did not reach us, as far as it shows
    part: str | None = None  # the path of the part that it is
    name: str | None = None  # of the document, where that is said
    place: str = ""


@dataclass(frozen=True)
class Candidate:
    """Something that was looked at as a case number, kept with its place and its why.

    Or as the name of a consultant: then it has a `consultant_id`, and no number.
    """

    text: str  # as it was written
    number: str | None  # in our form, where it has that shape, or the one that may be meant
    found_in: str  # a row of portal.vocabulary.PLACES
    why: str  # one sentence or two for staff: what was made of it
    consultant_id: int | None = None


@dataclass(frozen=True)
class Resolution:
    """Which case and which consultant, and why."""

    firm_id: int | None = None
    firm_name: str | None = None
    is_staffs: bool = False  # sent by one of the staff, who may read of the case
    case_id: int | None = None
    case_number: str | None = None
    found_in: str | None = None
    candidates: tuple[Candidate, ...] = ()
    # Cases that this sender may send to and may mean, best first: for a question, never taken.
    suggestions: tuple[str, ...] = ()
    # The one of them that its mail asks about: the number that did not fit is near to it alone.
    meant: str | None = None
    consultant_id: int | None = None
    consultant_name: str | None = None
    consultant_email: str | None = None
    cover_email: str | None = None  # of who covers the consultant today, and is told as well
    how: str = "unknown"  # how the consultant was found: a row of portal.vocabulary.HOWS
    hold: str | None = (
        None  # why the package waits: a code of the catalogue; None where it is filed
    )
    doubt: str | None = None  # why the road would have it wait, where a person has decided


@dataclass(frozen=True)
class Filing:
    """A case that a package is filed to, its consultant, and what goes there."""

    case_id: int
    case_number: str
    consultant_id: int | None
    consultant_name: str | None
    consultant_email: str | None
    cover_email: str | None = None
    paths: frozenset[str] | None = None  # of the parts; None for everything

    def takes(self, part: Part) -> bool:
        """Say whether a part goes to this case. The letter's own words go to each."""
        own_words = part.reason == "narrative" and part.container is None
        return self.paths is None or own_words or part.path in self.paths


def shortened(text: str) -> str:
    """Return a text as long as a narrative may be, cut at a word."""
    if len(text) <= NARRATIVE_CHARACTERS:
        return text
    cut = text[: NARRATIVE_CHARACTERS - 1]
    at_a_word = cut[: cut.rfind(" ")] if " " in cut[-80:] else cut
    return at_a_word.rstrip() + "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True)
class Package:
    """A letter taken apart, with everything decided about it so far."""

    letter: Letter
    message_id: str | None
    # Of what was passed on where somebody did: as are `subject`, `sent_at` and `addressed`.
    header_from: str  # as written, decoded
    sender: str | None  # the one address in the letter's own From, in canonical form; or undecided
    subject: str
    automatic: bool  # a machine wrote it (RFC 3834): nobody answers it
    words: tuple[Words, ...]  # the letter's own first
    parts: tuple[Part, ...]  # in the order of the message
    sent_at: datetime | None = None  # as its Date says
    is_housemates: bool = False  # its From names no address, as within one Exchange
    answered: tuple[str, ...] = ()  # the Message-IDs that it answers, without brackets
    addressed: tuple[Mailbox, ...] = ()  # To and Cc
    typed: Typed | None = None  # of a letter that came by the form
    importance: str | None = None  # the header field that marks it as urgent
    attached: tuple[Attached, ...] = ()  # the first messages in it
    forwarded: Forwarded | None = None  # it was passed on by somebody of the staff
    returns_ours: bool = False  # it does nothing but give a mail of ours back
    elsewhere: tuple[Seen, ...] = ()  # what shows that documents did not reach us
    failures: tuple[str, ...] = ()  # of a delivery report: the codes of what was not delivered
    signs: Signs = Signs()
    device: Device | None = None  # what sent it, where that is no person
    narrative: str = ""  # the new words without what stands around them, NFC; whole
    narrative_overflow: bool = False
    set_apart: tuple[SetApart, ...] = ()  # what of the message is not in its narrative
    message_pdf: bool = False
    urgent: str | None = None  # why it seems so, a sentence
    troubles: tuple[Trouble, ...] = ()
    resolution: Resolution = Resolution()
    filings: tuple[Filing, ...] = ()  # what a person decided; empty where the road did
    most_bytes: int | None = None  # of one submission; more of them are linked. None for no limit
    asked: bool = False  # whether its sender is asked which case it is
    not_submission: NotSubmission | None = None  # it is set aside, and nobody is answered
    wording: str | None = None  # a digest of what it says (gateway/replies/repeats.py)
    repeats: bool = False  # it says the same as the ones before it: nobody is written to
    is_unread: bool = False  # it could not be read: its one part is the raw message
    is_sealed: bool = False  # a virus was found in it: nothing of it is filed or handed out

    def but(self, **changes: Any) -> Package:
        """Return a package that differs in these fields."""
        return dataclasses.replace(self, **changes)

    @property
    def short_narrative(self) -> str:
        """The narrative as a submission holds it: at most 500 code points, cut at a word."""
        return shortened(self.narrative)

    @property
    def filed_under(self) -> tuple[Filing, ...]:
        """The cases that the package is filed to: those that a person chose, or the road's one."""
        found = self.resolution
        if self.is_sealed:
            return ()
        if self.filings or found.hold is not None:
            return self.filings
        if found.case_id is None or found.case_number is None:
            return ()
        return (
            Filing(
                found.case_id,
                found.case_number,
                found.consultant_id,
                found.consultant_name,
                found.consultant_email,
                found.cover_email,
            ),
        )

    @property
    def says_password(self) -> bool:
        """Whether its own words hold a password."""
        return any(one.code == "password_in_mail" for one in self.troubles)

    @property
    def stands_alone(self) -> bool:
        """Whether it is a letter of its own, whatever it answers: it brings more than plain words.

        So does one that points elsewhere, that a machine wrote, or of which not all is read.
        """
        return (
            self.automatic
            or self.typed is not None
            or self.is_sealed
            or self.is_unread
            or bool(self.elsewhere)
            or not all(part.is_beside for part in self.parts)
        )

    @property
    def own_words(self) -> Words:
        """The letter's own words."""
        return self.words[0]
