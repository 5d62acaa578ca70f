"""Places: where a package may say which case it belongs to, in the order of trust.

The field of the form goes first. Tag, thread, subject and new words rank alike, and so does what
somebody of the staff says who passes the message on; then the names of the files; then what is
quoted or attached as a message, which often speaks of another matter (safety rule 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.numbers.case_number import CaseShape, Found
from gateway.numbers.number_context import Likeness
from gateway.numbers.number_doubt import doubts
from gateway.road.package import Package, Part, Words
from portal.directory import AnsweredMail, Firm

RANKS = (
    ("form",),
    ("forwarder", "tag", "thread", "subject", "words"),
    ("file_name",),
    ("history",),
)
_MOST = 100  # in one text


@dataclass(frozen=True)
class Place:
    """Something that looks like a case number, and where it stands."""

    found: Found
    found_in: str  # one of the names in RANKS
    part: Part | None = None  # whose name it stands in
    why: str = ""  # what is known of it before the directory is asked

    @property
    def counts(self) -> bool:
        """Whether it is meant for a case number, beyond doubt."""
        return self.found.likeness is Likeness.COUNTS


def places(
    package: Package, shape: CaseShape, tags: tuple[str, ...], thread: tuple[Place, ...] = ()
) -> tuple[Place, ...]:
    """Return everything that looks like a case number, the most trusted places first."""
    form = package.typed.case if package.typed else None
    typed = (Place(_typed(form, shape), "form"),) if form else ()
    return (*typed, *_places(package, shape, tags, thread))


def thread_places(earlier: Iterable[AnsweredMail], firm: Firm | None) -> tuple[Place, ...]:
    """Return what the earlier mails that a message answers say of its case.

    They count for the firm whose letter it was: a receipt that was passed on opens no case to
    anybody else, and its number is not shown. One about a letter in no case says nothing.
    """
    theirs: list[Place] = []
    others: list[Place] = []
    for one in earlier:
        if firm is None or one.firm_id != firm.id:
            found = Found("an earlier receipt", None, Likeness.OTHER)
            others.append(Place(found, "thread", why="It answers a receipt of somebody else."))
        elif one.number is not None:
            found = Found(one.number, one.number, Likeness.COUNTS)
            theirs.append(Place(found, "thread", why="It answers an earlier receipt."))
    return (*theirs, *others[:1])


def _places(
    package: Package, shape: CaseShape, tags: tuple[str, ...], thread: tuple[Place, ...]
) -> Iterator[Place]:
    note = next((words for words in package.words if words.is_note), None)
    subject_of_note = package.forwarded.subject if package.forwarded else ""
    said_of_note = [] if note is None else _trusted(subject_of_note, note, shape)
    for found, _ in said_of_note:
        yield Place(found, "forwarder")
    for tag in dict.fromkeys(tags):
        yield Place(Found(tag, shape.normal(tag), Likeness.COUNTS), "tag")
    yield from thread
    trusted, quoted = _said(package, note, shape)
    for found, found_in in trusted:
        yield Place(found, found_in)
    names = list(_named(package, quoted, shape))
    yield from (one for one in names if one.found_in == "file_name")
    # `text` holds the new words too; what they say has been said.
    said = {_what(found) for found, _ in (*said_of_note, *trusted)}
    own = (words.text for words in package.words if words not in quoted)
    for found in (one for text in own for one in _find(shape, text)):
        if _what(found) not in said:
            yield Place(found, "history")
    for words in quoted:
        for text in (words.subject, words.text, words.other_subjects, words.other):
            for found in _find(shape, text):
                yield Place(found, "history")
    yield from (one for one in names if one.found_in == "history")


def _said(
    package: Package, note: Words | None, shape: CaseShape
) -> tuple[list[tuple[Found, str]], list[Words]]:
    """Find what the message itself says, and return the words of those that it only holds.

    Of several messages that were passed on each is one that itself says something.
    """
    own, *others = (words for words in package.words if words is not note)
    # The subject of a form's letter is ours, made of the field that was looked at.
    subject = package.subject if package.typed is None else ""
    trusted = _trusted(subject, own, shape)
    passed_on = frozenset(package.forwarded.paths if package.forwarded else ())
    for words in others:
        if words.container in passed_on:
            trusted += _trusted(words.subject, words, shape)
    return trusted, [words for words in others if words.container not in passed_on]


def _named(package: Package, quoted: list[Words], shape: CaseShape) -> Iterator[Place]:
    """Find what the names of the files say; those within a quoted message are of its matter."""
    messages = frozenset(one.container for one in quoted)
    for part in package.parts:
        if not part.original_name or part.reason == "decoration":
            continue
        for found in shape.find(part.original_name):
            found_in = "history" if _is_inside(part, messages, package) else "file_name"
            yield Place(found, found_in, part)


def _typed(text: str, shape: CaseShape) -> Found:
    """Read the field for a case number: nothing else is meant there, so it counts as it stands."""
    found = [one for one in shape.find(text) if one.likeness is Likeness.COUNTS]
    number = shape.normal(text) or (found[0].number if len(found) == 1 else None)
    return Found(" ".join(text.split())[:_MOST], number, Likeness.COUNTS)


def _trusted(subject: str, own: Words, shape: CaseShape) -> list[tuple[Found, str]]:
    """Find what subject and new words say, as every program may show them.

    What another program shows counts as much, where it says something else.
    """
    trusted = [(one, "subject") for one in _find(shape, subject)]
    trusted += [(one, "words") for one in _find(shape, own.new)]
    for text, found_in in ((own.other_subjects, "subject"), (own.other, "words")):
        heard = {(_what(found), found.likeness) for found, _ in trusted}
        others = _find(shape, text)
        trusted += [(one, found_in) for one in others if (_what(one), one.likeness) not in heard]
    named = {one.number for one, _ in trusted if one.number is not None}
    doubted = dict.fromkeys(
        one for text in (subject, own.new, own.other) for one in doubts(text, shape, named)
    )
    trusted += [(one, "words") for one in doubted]
    return trusted


def _find(shape: CaseShape, text: str) -> list[Found]:
    """Find what counts before what is doubtful: a text that is a list of numbers is cut short."""
    found = sorted(shape.find(text), key=lambda one: one.likeness is not Likeness.COUNTS)
    return found[:_MOST]


def _what(found: Found) -> str:
    return found.number or found.text


def _is_inside(part: Part, messages: frozenset[str | None], package: Package) -> bool:
    """Say whether a part came within an attached message, however deep."""
    containers = {one.path: one.container for one in package.parts}
    seen: set[str] = set()
    container = part.container
    while container is not None and container not in seen:
        if container in messages:
            return True
        seen.add(container)
        container = containers.get(container)
    return False
