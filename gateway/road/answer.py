"""The reader process's answer, checked field by field: a hostile message may have written it."""

from __future__ import annotations

import stat
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from converters.grounds import By, Grounds
from gateway.address import AddressFault, canonical
from gateway.letter import Letter
from gateway.road.package import Attached, Mailbox, Package, Part, Signs, Trouble, Words

_PATH = r"^\d+([./]\d+)*$"
_TOKEN = r"[A-Za-z0-9!#$&^_.+-]{1,127}"  # noqa: S105 -- a media type's, RFC 6838, 4.2


class Unbelievable(Exception):
    """What the reader answered cannot be true. Its text never quotes the answer."""


def _storable(text: str) -> str:
    if "\0" in text:  # PostgreSQL takes none
        raise ValueError("NUL")
    text.encode("utf-8")  # JSON can hold half a surrogate pair, UTF-8 cannot
    return text


def _on_one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise ValueError("more than one line")
    return text


def _in_one_form(address: str) -> str:
    try:
        is_canonical = canonical(address) == address
    except AddressFault as fault:
        raise ValueError("an address that is none") from fault
    if not is_canonical:
        raise ValueError("an address in another form")
    return address


def _told(moment: str) -> str:
    datetime.fromisoformat(moment)  # raises ValueError
    return moment


_Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[_Text, Field(max_length=2000), AfterValidator(_on_one_line)]
Address = Annotated[Line, AfterValidator(_in_one_form)]
_Long = Annotated[_Text, Field(max_length=1_000_000)]
_Path = Annotated[str, Field(pattern=_PATH, max_length=500)]
_File = Annotated[str, Field(pattern=r"^p\d{5}$")]
_Type = Annotated[str, Field(pattern=rf"^{_TOKEN}/{_TOKEN}$")]
_Count = Annotated[int, Field(ge=0, le=1 << 48)]
_Status = Annotated[str, Field(pattern=r"^[45]\.[0-9]{1,3}\.[0-9]{1,3}$")]
_Pixels = Annotated[list[_Count], Field(min_length=2, max_length=2)]
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"), AfterValidator(_told)
]
_MessageId = Annotated[str, Field(pattern=r"^[!-;=?-~]+@[!-;=?-~]+$", max_length=656)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Words(_Said):
    path: _Path | Annotated[str, Field(max_length=0)]
    container: _Path | None
    subject: Line
    header_from: Line
    header_to: Line
    date: Line
    text: _Long
    new: _Long
    html: _File | None
    html_charset: Annotated[Line, Field(max_length=100)] | None
    lossy: bool
    differs: bool
    images: dict[Line, _File]
    seen: list[Line]
    links: Annotated[list[Annotated[_Text, Field(max_length=4000)]], Field(max_length=200)]
    other_subjects: _Long
    other: _Long


class _Grounds(_Said):
    by: Literal["bytes", "structure", "declared", "name"]
    against: list[Literal["declared", "name"]]
    also: _Type | None


class _Part(_Said):
    path: _Path
    container: _Path | None
    name: Line | None
    declared_type: _Type
    detected_type: _Type
    bytes: _Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    file: _File | None
    inline: bool
    content_id: Line | None
    pixels: _Pixels | None
    pages: _Count | None
    grounds: _Grounds
    flags: list[Annotated[str, Field(pattern=r"^[a-z_]{1,30}$")]]
    contents: _File | None = None
    programs: Annotated[list[Line], Field(max_length=20)] = []
    glimpse: Annotated[_Text, Field(max_length=4000)] = ""


class _Signs(_Said):
    submitted: Literal["auto-replied", "auto-generated", "auto-notified", "other"] | None = None
    answers_by_itself: bool = False
    wants_no_answer: bool = False
    has_no_return: bool = False
    names_failed: bool = False
    report: Literal["delivery-status", "disposition-notification", "other"] | None = None
    journal: bool = False
    method: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")] | None = None
    programs: Annotated[list[Annotated[Line, Field(max_length=200)]], Field(max_length=2)] = []


class _Mailbox(_Said):
    name: Annotated[Line, Field(max_length=200)]
    address: Line | None


class _Attached(_Said):
    container: _Path
    message_id: Line | None
    sent_at: Moment | None
    sender: Line | None
    answered: Annotated[list[_MessageId], Field(max_length=20)]
    addressed: Annotated[list[_Mailbox], Field(max_length=20)]


class _Answer(_Said):
    message_id: Line | None
    sent_at: Moment | None = None
    sender: Line | None
    housemates: bool = False
    automatic: bool
    failures: Annotated[list[_Status], Field(max_length=20)]
    signs: _Signs
    ambiguous: bool
    answered: Annotated[list[_MessageId], Field(max_length=100)]
    addressed: Annotated[list[_Mailbox], Field(max_length=100)]
    importance: Literal["importance", "x-priority", "x-msmail-priority", "priority"] | None
    attached: Annotated[list[_Attached], Field(max_length=20)] = []
    words: Annotated[list[_Words], Field(min_length=1)]
    parts: list[_Part]


def package_of(letter: Letter, answer: dict[str, Any], folder: Path) -> Package:
    """Turn an answer into a package. Raises Unbelievable.

    A file is one of `folder`'s own, plain, and as long as the answer says. Its SHA-256 is not
    computed here: the vault does that when it takes the file over.
    """
    try:
        said = _Answer.model_validate(answer)
    except ValidationError as error:
        raise Unbelievable(f"{error.error_count()} fields are not as they must be") from None
    _check_paths(said)
    own = said.words[0]
    return Package(
        letter=letter,
        message_id=said.message_id,
        sent_at=_moment(said.sent_at),
        header_from=own.header_from,
        sender=_canonical(said.sender),
        is_housemates=said.housemates,
        subject=own.subject,
        automatic=said.automatic,
        failures=tuple(said.failures),
        signs=_signs(said.signs),
        words=tuple(_words(one, folder) for one in said.words),
        parts=tuple(_part(one, folder) for one in said.parts),
        troubles=(Trouble("message_ambiguous"),) if said.ambiguous else (),
        answered=tuple(said.answered),
        addressed=_mailboxes(said.addressed),
        importance=said.importance,
        attached=tuple(_attached(one) for one in said.attached),
    )


def _attached(said: _Attached) -> Attached:
    return Attached(
        container=said.container,
        message_id=said.message_id,
        sent_at=_moment(said.sent_at),
        sender=_canonical(said.sender),
        answered=tuple(said.answered),
        addressed=_mailboxes(said.addressed),
    )


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def _mailboxes(said: list[_Mailbox]) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(one.name, _canonical(one.address)) for one in said)


def _signs(said: _Signs) -> Signs:
    return Signs(
        submitted=said.submitted,
        answers_by_itself=said.answers_by_itself,
        wants_no_answer=said.wants_no_answer,
        has_no_return=said.has_no_return,
        names_failed=said.names_failed,
        report=said.report,
        journal=said.journal,
        method=said.method,
        programs=tuple(said.programs),
    )


def _check_paths(said: _Answer) -> None:
    paths = {part.path for part in said.parts}
    files = [name for part in said.parts for name in (part.file, part.contents) if name is not None]
    if len(paths) < len(said.parts) or len(set(files)) < len(files):
        raise Unbelievable("two parts are one")
    if said.words[0].container is not None:
        raise Unbelievable("the first words are not the letter's own")
    holders = {part.container for part in said.parts} | {words.container for words in said.words}
    held = {words.path for words in said.words}
    holders |= {attached.container for attached in said.attached}
    if not holders <= {*paths, None} or not held <= {*paths, ""}:
        raise Unbelievable("something is in a part that is not there")
    containers = [words.container for words in said.words]
    described = [attached.container for attached in said.attached]
    if len(set(containers)) < len(containers) or len(set(described)) < len(described):
        raise Unbelievable("one message says two things")


def _canonical(address: str | None) -> str | None:
    try:
        if address is None or canonical(address) == address:
            return address
    except AddressFault:
        pass
    raise Unbelievable("an address is not in canonical form")


def _words(said: _Words, folder: Path) -> Words:
    return Words(
        path=said.path,
        container=said.container,
        subject=said.subject,
        header_from=said.header_from,
        header_to=said.header_to,
        date=said.date,
        text=said.text,
        new=said.new,
        html=None if said.html is None else _plain_file(folder, said.html)[0],
        html_charset=said.html_charset,
        lossy=said.lossy,
        differs=said.differs,
        images={cid: _plain_file(folder, name)[0] for cid, name in said.images.items()},
        seen=frozenset(said.seen),
        links=tuple(said.links),
        other_subjects=said.other_subjects,
        other=said.other,
    )


def _part(said: _Part, folder: Path) -> Part:
    file = None
    if said.file is not None:
        file, size = _plain_file(folder, said.file)
        if size != said.bytes:
            raise Unbelievable("a file is not as long as it is said to be")
    return Part(
        path=said.path,
        container=said.container,
        original_name=said.name,
        declared_type=said.declared_type,
        detected_type=said.detected_type,
        bytes=said.bytes,
        sha256=said.sha256,
        file=file,
        inline=said.inline,
        content_id=said.content_id,
        pixels=None if said.pixels is None else (said.pixels[0], said.pixels[1]),
        pages=said.pages,
        grounds=Grounds(By(said.grounds.by), tuple(said.grounds.against), said.grounds.also),
        flags=frozenset(said.flags),
        contents=None if said.contents is None else _plain_file(folder, said.contents)[0],
        programs=tuple(said.programs),
        glimpse=said.glimpse,
    )


def _plain_file(folder: Path, name: str) -> tuple[Path, int]:
    """Return a file's path and size. Raises Unbelievable for what is no plain file of `folder`."""
    path = folder / name
    try:
        facts = path.lstat()
    except OSError as error:
        raise Unbelievable("a file is not there") from error
    if not stat.S_ISREG(facts.st_mode):
        raise Unbelievable("a file is not a plain one")
    return path, facts.st_size
