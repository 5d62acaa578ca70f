"""The sender's receipt: what became of the message and of every part, in plain words.

Names, case and consultant are told only to a sender who is known and proven, on a way back that is
encrypted as far as we can see (safety rule 4). Everybody else reads counts, in words that are the
same whatever the reason: a stranger learns nothing about a case, a firm or another sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from config.problems import catalogue
from config.settings import Service
from gateway.road.file import final_state
from gateway.road.package import Package, Part
from gateway.telling.frame import as_copy, page_of, ways, with_banner
from gateway.telling.hold_words import (
    did_you_mean,
    held_first,
    held_next,
    number_by_reply,
    unconfirmed_asks,
    unconfirmed_first,
)
from gateway.telling.linked_words import filed_in_parts
from gateway.telling.mail import Mail, counted, harmless
from gateway.telling.part_words import archives, entry, problem_words, senders_name, what, why
from gateway.telling.sheet import Entry, Link, Section, Sheet
from gateway.telling.tally import Tally
from gateway.trial import Trial
from portal import moments, receipt_number
from portal.absent import PROBLEMS as ABSENT
from portal.rights import is_private
from portal.unlocking import opens

_NO_REHEARSAL = "This was no rehearsal: your message went to a real address as well."
_YOURS = "Your file"
_COLUMNS = (_YOURS, "What we filed")


def receipt(
    package: Package,
    number: str,
    service: Service,
    *,
    encrypted: bool | None = None,
    answer_link: str | None = None,
    upload_link: str | None = None,
    code: str | None = None,
    promised: datetime | None = None,
    second: bool = False,
    trial: Trial = Trial.NONE,
    copied: str | None = None,
    example: str = "",
) -> Mail:
    """Write the receipt. `number` is the receipt number as stored.

    `encrypted` says whether the way back is; None means that it is ours alone, as a loopback
    sender's and an operator's are. With `answer_link` a package that waits for its case asks for
    it there; with `upload_link` one that lacks documents asks for them there; with `code` it asks
    whether it came from that address. `promised` is when a person will have looked at a package
    that waits, `second` whether another of the firm is asked before. `copied` is whom it went to,
    where this is a copy; empty where that is not to be named. `example` is a case number of ours.
    """
    envelope = package.letter.envelope
    resolution = package.resolution
    known = resolution.firm_id is not None or resolution.is_staffs
    private = is_private(envelope.proof, encrypted)
    writing = _Writing(
        package,
        receipt_number.shown(number),
        service,
        told=known and envelope.proof.holds and private,
        answer_link=answer_link,
        upload_link=upload_link,
        code=code,
        promised=promised,
        second=second,
        trial=trial,
        example=example,
    )
    sheet = with_banner(writing.sheet(), trial)
    return Mail.of(sheet if copied is None else as_copy(sheet, copied if writing.told else ""))


def _filed_of(tally: Tally) -> str:
    if tally.wholes or tally.missing:
        return f"We filed {tally.wholes} of your {tally.whole}."
    if tally.is_encrypted:
        return "We filed your message as it came, but we cannot read it."
    if tally.came == 1:
        return "We filed your message, but its document did not reach us."
    return f"We filed your message, but none of its {tally.came} documents reached us."


@dataclass(frozen=True)
class _Writing:
    """One receipt being written."""

    package: Package
    number: str
    service: Service
    told: bool  # whether it carries details
    answer_link: str | None
    upload_link: str | None
    code: str | None
    promised: datetime | None
    second: bool
    trial: Trial
    example: str

    def sheet(self) -> Sheet:
        """Put the receipt together, section by section."""
        heading, *lead = self._first()
        sections = (
            *self._filed(),
            self._list("Waiting", self._tally.held, said_above=self._says_what_is_missing),
            self._list("Not filed", self._tally.not_filed, said_above=self._says_what_is_missing),
            self._list("Left out", self._tally.left_out),
            self._opened(),
            self._notes(),
            Section("What happens next", (self._next(),)),
        )
        return Sheet(
            subject=self._subject(),
            heading=heading,
            lead=tuple(lead),
            asks=self._asks(),
            suggests=self._suggests,
            facts=self._facts(),
            sections=tuple(one for one in sections if one is not None),
            ways=(*self._by_reply(), *ways(self.service, self.number)),
            signature=("This is an automatic receipt.", self.service.organisation),
        )

    @property
    def _state(self) -> str:
        return final_state(self.package)[0]

    @property
    def _tally(self) -> Tally:
        return Tally(self.package)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.service.time_zone)

    @property
    def _is_filed(self) -> bool:
        return self._state in {"filed", "filed_in_part"}

    @property
    def _is_question(self) -> bool:
        """Whether it asks which case the package belongs to."""
        reason = final_state(self.package)[1] or ""
        waits = not self._is_filed and self._state != "not_filed"
        about_the_case = reason.startswith("case_") or reason == "consultant_unknown"
        return waits and about_the_case and (self.answer_link is not None or self._would_ask)

    @property
    def _would_ask(self) -> bool:
        """Whether it rehearses a question: there is nothing yet that an answer could file."""
        return self.package.asked and self.told and self.trial is Trial.ALONE

    @property
    def _hears_replies(self) -> bool:
        """Whether a reply to the receipt goes on with the package: the proven firm's alone does."""
        is_firms = self.package.resolution.firm_id is not None
        return self.told and is_firms and self.package.forwarded is None

    def _by_reply(self) -> tuple[str, ...]:
        """Say what a reply does, where something was filed."""
        if not (self._is_filed and self._hears_replies):
            return ()
        to_it = ("A reply to this email goes to the same case.",)
        delete = ("Sent a file by mistake? Reply with the word DELETE and its name.",)
        return (*to_it * self._case_is_one, *delete * bool(self._tally.brought))

    @property
    def _case_is_one(self) -> bool:
        return len({one.case_number for one in self.package.filings}) < 2

    @property
    def _suggests(self) -> str | None:
        """The case that it asks about by name; nobody is who may not send to it."""
        return self.package.resolution.meant if self.told and self._is_question else None

    @property
    def _case(self) -> str:
        filed = ", ".join(one.case_number for one in self.package.filings)
        return harmless(filed or self.package.resolution.case_number or "") if self.told else ""

    @property
    def _consultant(self) -> str:
        found = self.package.resolution.consultant_name
        names = dict.fromkeys(one.consultant_name for one in self.package.filings) or {found: None}
        told = " and ".join(name for name in names if name) if self.told else ""
        return harmless(told or "The claims desk")

    def _subject(self) -> str:
        tally = self._tally
        needed = ": action needed" if tally.needs_the_sender else ""
        case = f", case {self._case}" if self._case else ""
        arrived_on = moments.day(self.package.letter.envelope.arrived_at, self._zone)
        waits = (
            "Waiting for you: which case is this?"
            if self._is_question
            else f"With our team: {tally.whole}"
        )
        if self.code is not None:
            waits = f"Please confirm your address: {tally.whole}"
        said = {
            "filed": f"Filed: {tally.whole}{case}",
            "filed_in_part": f"Filed, except {tally.lacking} of {tally.came}{case}{needed}",
            "not_filed": f"Not filed: your message of {arrived_on}",
        }.get(self._state, waits)
        return f"{said} (receipt {self.number})"

    def _first(self) -> tuple[str, ...]:
        state, reason = final_state(self.package)
        tally = self._tally
        reasons = tuple(self._why(part) for part in tally.missing) if self.told else ()
        if state == "filed":
            what = "your message" if self.package.forwarded is None else "what you forwarded"
            return (f"We received {what} and filed it.",)
        if state == "filed_in_part":
            return (_filed_of(tally), *reasons, *self._absences())
        if state == "not_filed":
            if self.told and not reasons and reason is not None:
                reasons = (problem_words(reason, self.package),)
            return (
                "We could not file this message.",
                "Nothing from it is in a case file.",
                *reasons,
            )
        if self.code is not None:
            return unconfirmed_first()
        return held_first(
            self.package,
            reason if self.told else None,
            tally.whole,
            asks=self._is_question,
            suggests=self._suggests is not None,
        )

    def _why(self, part: Part) -> str:
        """Say why a part has its fate; of a locked one that opens on the page, that it does."""
        opens_here = part.reason == "file_password" and opens(part.detected_type)
        if not opens_here or self._state != "filed_in_part":
            return why(part, self.package)
        row = catalogue()["file_password_here"]
        name = harmless(senders_name(part, self.package))
        return f"{row.said(name=name, link=page_of(self.service, self.number))}."

    def _absences(self) -> tuple[str, ...]:
        """Say which documents did not reach us, and what to do about each."""
        if not self.told:
            return ()
        parts = {part.path: part for part in self.package.parts}
        return tuple(
            problem_words(one.code, self.package, parts.get(one.part or ""))
            for one in self.package.troubles
            if one.code in ABSENT
        )

    def _asks(self) -> tuple[str | Link, ...]:
        if self.code is not None:
            return unconfirmed_asks(self.code, self.service.base_url)
        if not self._is_question:
            offered = self.upload_link if self._is_filed else None
            return () if offered is None else (Link("Upload what is missing here", offered),)
        by = f" by {moments.by(self.promised, self._zone)}" if self.promised else ""
        how = (number_by_reply(self.example),) if self._hears_replies else ()
        if self._suggests is not None:
            how = (did_you_mean(self._suggests),)
        return (
            *how,
            Link("Or choose the case here" if how else "Choose the case here", self.answer_link)
            if self.answer_link is not None
            else "Here the receipt has a link to the page on which you choose the case.",
            f"If we hear nothing{by}, we ask the second contact of your firm, and then our team"
            " will match it for you; that takes longer."
            if self.second
            else f"If we hear nothing{by}, our team will match it for you; that takes longer.",
        )

    def _facts(self) -> tuple[tuple[str, str], ...]:
        arrived_at = self.package.letter.envelope.arrived_at
        facts = [("Receipt", self.number), ("Received", moments.in_full(arrived_at, self._zone))]
        if self._case:
            facts.insert(1, ("Case", self._case))
        if self.told and self.package.forwarded is not None:
            facts.append(("Written by", self._writer))
        if self.told and self._is_filed:
            facts.append(("Filed for", f"{self._consultant}, claims consultant"))
        return tuple(facts)

    @property
    def _writer(self) -> str:
        """Who wrote what was forwarded: that is not proven, and nobody there is told."""
        return f"{harmless(self.package.header_from)}, not proven. Nothing was sent there."

    def _filed(self) -> tuple[Section, ...]:
        if self._state == "not_filed" and not self._tally.documents:
            return ()
        if self._is_filed and (parts := filed_in_parts(self.package, _COLUMNS, told=self.told)):
            return parts
        verb = "Filed" if self._is_filed else "Kept"
        entries = (entry(part, self.package, verb=verb) for part in self._tally.documents)
        return (
            Section(
                f"Documents {verb.lower()}: {len(self._tally.documents)}",
                entries=tuple(entries) if self.told else (),
                columns=(_YOURS, f"What we {verb.lower()}"),
            ),
        )

    def _opened(self) -> Section | None:
        tally = self._tally
        if not tally.opened:
            return None
        boxes = archives(self.package)
        entries = (
            Entry(
                senders_name(part, self.package),
                (
                    why(part, self.package),
                    *((f"It held {counted(tally.inside(part), 'document')}.",) * (part in boxes)),
                ),
            )
            for part in tally.opened
        )
        heading = f"Opened: {len(tally.opened)}"
        return Section(heading, entries=tuple(entries) if self.told else ())

    @property
    def _says_what_is_missing(self) -> bool:
        """Whether the first paragraph says of everything that is missing what to do about it."""
        return self._is_filed or self._state == "not_filed"

    def _list(
        self, heading: str, parts: tuple[Part, ...], *, said_above: bool = False
    ) -> Section | None:
        """List parts with why. What to do is read once: not here where it is `said_above`."""
        if not parts:
            return None
        say = what if said_above else why
        entries = (self._listed(part, say(part, self.package)) for part in parts)
        return Section(f"{heading}: {len(parts)}", entries=tuple(entries) if self.told else ())

    def _listed(self, part: Part, words: str) -> Entry:
        """Write a line of a list, with the name of the part once."""
        name = senders_name(part, self.package)
        return Entry("" if words.startswith(f"'{harmless(name)}' ") else name, (words,))

    def _notes(self) -> Section | None:
        """Tell the problems of the message as a whole that do not stand above."""
        above = {self.package.resolution.hold}
        if self._state == "filed_in_part":
            above |= ABSENT
        if self._state == "not_filed" and not self._tally.missing:
            above.add(final_state(self.package)[1])
        notes = [
            problem_words(one.code, self.package)
            for one in self.package.troubles
            if self.told and one.part is None and one.code not in above
        ]
        if self.trial is Trial.BESIDE:
            notes.append(_NO_REHEARSAL)
        entries = tuple(Entry("", (one,)) for one in notes)
        return Section("Good to know", entries=entries) if entries else None

    def _next(self) -> str:
        again = "You do not need to send it again."
        nothing = "You do not need to do anything, and you do not need to send it again."
        wanting = self._tally.wanting
        if wanting and self.told:
            again = nothing = (
                f"Do what it says above for {wanting}{self._attached(wanting)}; you do not need to"
                " send the rest again."
            )
        elif wanting:
            nothing = f"Call {self.service.phone}: {wanting} can't be used as sent."
        said = {
            "filed": f"{self._consultant} can see this now. {nothing}",
            "filed_in_part": f"{self._consultant} can see what was filed. {self._send_it}",
            "not_filed": f"Your message is kept as it came. Call {self.service.phone} if you"
            " expected it to be filed.",
        }.get(self._state) or held_next(
            self._by_when,
            has_documents=bool(self._tally.came),
            asks=self._is_question,
            again=again,
        )
        if not self.told:
            said += " This mail holds no names, since we cannot be sure who reads it."
        return said

    def _attached(self, wanting: str) -> str:
        """Say that a better copy comes by reply, where it joins what is filed."""
        if not (self._is_filed and self._hears_replies):
            return ""
        return f", and reply to this email with {'it' if wanting.startswith('1 ') else 'them'}"

    @property
    def _send_it(self) -> str:
        """Say how what is missing is to come: a reply takes its place, a new message does not."""
        if self._hears_replies:
            link = ", or use the link above" if self.upload_link else ""
            return (
                f"Reply to this email with what is missing{link}."
                " You do not need to send the rest again."
            )
        link = "by the link above, or " if self.upload_link else ""
        return f"Send what is missing {link}in a new message."

    @property
    def _by_when(self) -> str:
        """By when a person will have looked, where the reason has not said it already."""
        row = catalogue().get(final_state(self.package)[1] or "")
        is_said = self.told and row is not None and "time" in row.fields
        return "" if self.promised is None or is_said else moments.by(self.promised, self._zone)
