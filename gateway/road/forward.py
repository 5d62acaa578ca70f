"""Forward: a message that somebody of the staff passes on is read as if it had come by itself.

The habit is to write to the consultant, who sends it on: as an attachment, in the text of a mail of
their own, or by a journal rule. What was passed on is the package then: its sender, subject, words
and documents. The forwarder's own words stay beside it as a note.
"""

from __future__ import annotations

import dataclasses
from datetime import date

from config.forwards import Forwards
from gateway.address import OurAddresses
from gateway.reader.header import Header
from gateway.reader.history import new_words
from gateway.reader.mailboxes import mailboxes
from gateway.reader.outlook import TNEF_TYPE
from gateway.road.forwarder import Member, Staff, forwarder, keeper
from gateway.road.inline import Inner, inner_of
from gateway.road.package import Attached, Forwarded, Mailbox, Package, Part, Words

ATTACHED, INLINE, JOURNAL = "attached", "inline", "journal"
_MOST_CHARACTERS = 400_000
_MOST_PREFIXES = 10
# Parts of a message that are nobody's documents.
_BESIDE = frozenset({"words", "alternative", "system_file"})


def forward(
    package: Package,
    staff: Staff,
    rules: Forwards,
    ours: OurAddresses,
    today: date,
    *,
    journal_is_checked: bool = False,
) -> Package:
    """Return what a proven member of the staff passes on, as the package; any other as it is.

    One letter is one package. Of several messages that are attached, all of one sender, each is
    searched for its case, and the first one's words are shown; of several senders nothing is filed
    before a person has looked, nor of what a journal reports, unless `journal_is_checked`: nobody
    has chosen to pass it on, and its From may be anybody's. A mail of ours that comes back so is no
    document of anybody's.
    """
    by = keeper(package, staff, today)
    if by is not None:
        reported = _of_attached(package, by, JOURNAL, rules, ours)
        if reported.forwarded is None:
            return reported
        chosen = dataclasses.replace(reported.forwarded, is_chosen=journal_is_checked)
        return reported.but(forwarded=chosen)
    by = forwarder(package, staff, today)
    if by is None or by.address == ours.address:
        return package
    passed_on = _of_attached(package, by, ATTACHED, rules, ours)
    return _of_inline(package, by, rules, ours) if passed_on is package else passed_on


# -- messages that are attached --------------------------------------------------------------------


def _of_attached(
    package: Package, by: Member, how: str, rules: Forwards, ours: OurAddresses
) -> Package:
    paths = _attached_alone(package)
    about = {one.container: one for one in package.attached}
    spoken = {one.container: one for one in package.words if one.container is not None}
    if not paths or not all(path in about and path in spoken for path in paths):
        return package
    inner = tuple(about[path] for path in paths)
    note = dataclasses.replace(package.own_words, is_note=True)
    if how == JOURNAL:  # what the report says is nobody's
        note = dataclasses.replace(note, new="", other="")
    if any(one.sender == ours.address for one in inner):
        is_bare = len(inner) == 1 and not _says_something(note) and not _brings(package, paths)
        return package.but(returns_ours=is_bare)
    first, words = inner[0], spoken[paths[0]]
    forwarded = Forwarded(
        by=by.name,
        address=by.address,
        how=how,
        sender=first.sender,
        written=words.header_from,
        message_id=first.message_id,
        dated=words.date,
        paths=paths,
        subject=_own_subject(package.subject, words.subject, rules) if how != JOURNAL else "",
        is_several=_is_of_several(inner),
    )
    if forwarded.is_several:
        return package.but(forwarded=forwarded)
    others = tuple(one for one in package.words[1:] if one is not words)
    return package.but(
        forwarded=forwarded,
        words=(words, *others, note),
        subject=words.subject,
        header_from=words.header_from,
        sent_at=first.sent_at,
        addressed=first.addressed,
        answered=tuple(dict.fromkeys((*package.answered, *first.answered))),
    )


def _is_of_several(inner: tuple[Attached, ...]) -> bool:
    senders = {one.sender for one in inner}
    return len(inner) > 1 and (len(senders) > 1 or None in senders)


def _attached_alone(package: Package) -> tuple[str, ...]:
    """Return the parts of the messages that are attached, where a letter brings nothing else."""
    packed = {
        one.path
        for one in package.parts
        if one.detected_type == TNEF_TYPE and "opened" in one.flags and one.container is None
    }
    if any(one.container in packed for one in package.words):
        return ()  # Outlook packed other words than the letter's
    messages = {one.container for one in package.words[1:]}
    top = [one for one in package.parts if one.container is None or one.container in packed]
    rest = [one for one in top if one.path not in messages | packed]
    if not all(_is_nobodys(one, package.own_words) for one in rest):
        return ()
    return tuple(one.path for one in top if one.path in messages)


def _brings(package: Package, paths: tuple[str, ...]) -> bool:
    """Say whether messages that are attached have a document: ours have none."""
    within = tuple(f"{path}/" for path in paths)
    inside = [one for one in package.parts if one.path.startswith(within)]
    return any(one.flags.isdisjoint(_BESIDE) for one in inside)


def _is_nobodys(part: Part, own: Words) -> bool:
    is_picture = part.content_id in own.images and part.detected_type.startswith("image/")
    return not part.flags.isdisjoint(_BESIDE) or part.is_signature or is_picture


# -- a message in the text -------------------------------------------------------------------------


def _of_inline(package: Package, by: Member, rules: Forwards, ours: OurAddresses) -> Package:
    own = package.own_words
    inner = inner_of(own.text[:_MOST_CHARACTERS], rules)
    # By its lines alone it may be what a reply quotes; and two forms that differ are two messages.
    is_passed_on = inner is not None and (inner.is_marked or rules.subject.match(package.subject))
    if inner is None or not is_passed_on or own.differs:
        return package
    if inner.sender == ours.address:
        brings = any(not _is_nobodys(one, own) for one in package.parts)
        return package.but(returns_ours=not brings and not inner.note.strip())
    subject = inner.fields.get("subject", "")
    return package.but(
        forwarded=Forwarded(
            by=by.name,
            address=by.address,
            how=INLINE,
            sender=inner.sender,
            written=inner.header_from,
            dated=inner.fields.get("date", ""),
            subject=_own_subject(package.subject, subject, rules),
        ),
        words=(
            dataclasses.replace(own, new=new_words(inner.text) or inner.text, other=""),
            *package.words[1:],
            _note(own, inner),
        ),
        subject=subject,
        header_from=inner.header_from,
        sent_at=None,
        addressed=_addressed(inner),
    )


def _note(own: Words, inner: Inner) -> Words:
    """Return what the forwarder says, as words without a part: they are in that of the letter."""
    return Words(
        path="",
        container=None,
        subject="",
        header_from=own.header_from,
        header_to=own.header_to,
        date=own.date,
        text=inner.note,
        new=inner.note,
        html=None,
        other=own.other,
        is_note=True,
    )


def _addressed(inner: Inner) -> tuple[Mailbox, ...]:
    written = ", ".join(filter(None, (inner.fields.get("to"), inner.fields.get("cc"))))
    field = written.replace(";", ",").encode("utf-8", "replace")
    found = mailboxes(Header((("to", field),)))
    return tuple(Mailbox(one.name, one.address) for one in found)


# -- both ------------------------------------------------------------------------------------------


def _says_something(note: Words) -> bool:
    return bool(note.new.strip() or note.other.strip())


def _own_subject(subject: str, passed_on: str, rules: Forwards) -> str:
    """Return the subject of the forwarder's own, empty where it is that of what is passed on."""
    bare, its = (_without_prefixes(one, rules) for one in (subject, passed_on))
    return "" if bare.casefold() == its.casefold() else bare


def _without_prefixes(subject: str, rules: Forwards) -> str:
    for _ in range(_MOST_PREFIXES):
        found = rules.prefix.match(subject)
        if found is None:
            break
        subject = subject[found.end() :]
    return " ".join(subject.split())
