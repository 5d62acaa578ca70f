"""The sender's receipt: what became of the message and of every part, in plain words.

Names, case and consultant are told only to a sender who is known and proven, on a way back that is
encrypted as far as we can see (safety rule 4). Everybody else reads counts, in words that are the
same whatever the reason: a stranger learns nothing about a case, a firm or another sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from config.problems import catalogue
from config.settings import Service
from gateway.letter import Proof
from gateway.mail import Mail, counted, harmless
from gateway.part_words import entry, problem_words, senders_name, why
from gateway.road.file import final_state
from gateway.road.package import Fate, Package, Part
from gateway.road.sender import is_aligned
from portal import moments, receipt_number

# Loopback's way back is our own folder; an operator's import is answered on the operator's screen.
_OUR_OWN_WAY_BACK = {Proof.LOOPBACK, Proof.OPERATOR}
_MACHINES = {"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply"}
# Not a part to its sender: the message's own words, and the same words in another form.
_WORDS = {"narrative", "alternative"}


def receipt_goes_to(package: Package, *, own_domain: str) -> str | None:
    """Return whom the receipt goes to: the envelope's sender, or nobody.

    Nobody is told about a quiet letter, the null sender, what a machine wrote (RFC 3834, 2), an
    address that a machine reads, or one of our own: two gateways would never stop. Nor about a
    letter whose From and envelope disagree: there proof has failed (safety rule 4), and one of the
    two has nothing to do with the letter. Without any proof nothing has failed yet, since neither
    DKIM nor SPF is asked: a sender whose From agrees reads counts, and silence would hide from an
    honest one that the letter waits. Where From is nobody's, there is nothing to disagree with.
    """
    envelope = package.letter.envelope
    local, _, domain = envelope.sender.lower().rpartition("@")
    name = local.partition("+")[0]
    if envelope.quiet or package.automatic or not envelope.sender or domain == own_domain.lower():
        return None
    if _is_disowned(package):
        return None
    return None if name in _MACHINES or name.startswith("bounce") else envelope.sender


def _is_disowned(package: Package) -> bool:
    """Say whether the From of a package and its envelope disagree about who sent it."""
    envelope = package.letter.envelope
    refused = envelope.proof.holds and package.resolution.hold == "sender_not_proven"
    return package.sender is not None and (refused or not is_aligned(package.sender, envelope))


def documents(package: Package) -> tuple[Part, ...]:
    """Return the parts that are filed, each a document with a name of its own."""
    return tuple(
        part
        for part in package.parts
        if part.fate in {Fate.FILED, Fate.CONVERTED} and part.filed_name is not None
    )


def receipt(package: Package, number: str, service: Service, *, encrypted: bool = False) -> Mail:
    """Write the receipt. `number` is the receipt number as stored.

    `encrypted` says that the way back is; that of a loopback sender and of an operator is ours.
    """
    proof = package.letter.envelope.proof
    known = package.resolution.firm_id is not None and proof.holds
    told = known and (encrypted or proof in _OUR_OWN_WAY_BACK)
    return _Writing(package, receipt_number.shown(number), service, told).mail()


def _needs_sender(part: Part) -> bool:
    """Say whether a part's reason is for its sender to mend."""
    row = catalogue().get(part.reason or "")
    return row is not None and row.mend == "sender"


@dataclass(frozen=True)
class _Writing:
    """One receipt being written."""

    package: Package
    number: str
    service: Service
    told: bool  # whether it carries details

    def mail(self) -> Mail:
        """Put the receipt together, paragraph by paragraph."""
        paragraphs = (
            self._first(),
            self._facts(),
            self._filed(),
            self._list("WAITING", self._held),
            self._list("NOT FILED", self._not_filed),
            self._list("OPENED", self._opened),
            self._notes(),
            self._next(),
            self._end(),
        )
        return Mail(self._subject(), "\n\n".join(one for one in paragraphs if one) + "\n")

    @property
    def _state(self) -> str:
        return final_state(self.package)[0]

    @property
    def _documents(self) -> tuple[Part, ...]:
        return documents(self.package)

    @property
    def _held(self) -> tuple[Part, ...]:
        return tuple(part for part in self.package.parts if part.fate is Fate.HELD)

    @property
    def _not_filed(self) -> tuple[Part, ...]:
        return tuple(
            part
            for part in self.package.parts
            if part.fate in {Fate.LEFT_OUT, Fate.REFUSED} and part.reason not in {*_WORDS, "opened"}
        )

    @property
    def _opened(self) -> tuple[Part, ...]:
        return tuple(part for part in self.package.parts if part.reason == "opened")

    @property
    def _missing(self) -> tuple[Part, ...]:
        """The documents that the sender meant to file and that are not filed."""
        return tuple(
            part
            for part in (*self._held, *self._not_filed)
            if part.fate is not Fate.LEFT_OUT or part.reason == "file_empty"
        )

    @property
    def _asked(self) -> str:
        return ": action needed" if any(map(_needs_sender, self._missing)) else ""

    @property
    def _wanting(self) -> str:
        """The documents that are filed and of no use until their sender does something."""
        many = sum(map(_needs_sender, self._documents))
        return counted(many, "document") if many else ""

    @property
    def _case(self) -> str:
        return harmless(self.package.resolution.case_number or "") if self.told else ""

    @property
    def _consultant(self) -> str:
        name = self.package.resolution.consultant_name if self.told else None
        return harmless(name or "The claims desk")

    @property
    def _whole(self) -> str:
        """What came: its documents, or the message itself where it had none."""
        many = len(self._documents) + len(self._missing)
        return counted(many, "document") if many else "your message"

    def _subject(self) -> str:
        filed, missing = len(self._documents), len(self._missing)
        case = f", case {self._case}" if self._case else ""
        said = {
            "filed": f"Filed: {self._whole}{case}",
            "filed_in_part": f"Filed, except {missing} of {filed + missing}{case}{self._asked}",
            "not_filed": "Not filed: your message",
        }.get(self._state, f"With our team: {self._whole}")
        return f"{said} (receipt {self.number})"

    def _first(self) -> str:
        state, reason = final_state(self.package)
        filed, missing = len(self._documents), len(self._missing)
        if state == "filed":
            return "We received your message and filed it."
        if state == "filed_in_part":
            first = f"We filed {filed} of your {counted(filed + missing, 'document')}."
            reasons = [why(part, self.package) for part in self._missing] if self.told else []
            return " ".join((first, *reasons))
        if state == "not_filed":
            return "We could not file this message. Nothing from it is in a case file."
        kept = "We received your message and kept it."
        if self.told and reason is not None:
            return f"{kept} {problem_words(reason, self.package)}"
        return f"{kept} Our team will look at it."

    def _facts(self) -> str:
        zone = ZoneInfo(self.service.time_zone)
        arrived_at = self.package.letter.envelope.arrived_at
        facts = [("Receipt", self.number), ("Received", moments.in_full(arrived_at, zone))]
        if self._case:
            facts.insert(1, ("Case", self._case))
        if self.told and self._is_filed:
            facts.append(("Filed for", f"{self._consultant}, claims consultant"))
        return "\n".join(f"{name + ':':<11}{value}" for name, value in facts)

    @property
    def _is_filed(self) -> bool:
        return self._state in {"filed", "filed_in_part"}

    def _filed(self) -> str:
        verb = "Filed" if self._is_filed else "Kept"
        heading = f"DOCUMENTS {verb.upper()}: {len(self._documents)}"
        if not self.told:
            return heading
        return "\n".join(
            (
                heading,
                *(
                    f"{place}. {entry(part, self.package, verb=verb)}"
                    for place, part in enumerate(self._documents, 1)
                ),
            )
        )

    def _list(self, heading: str, parts: tuple[Part, ...]) -> str:
        if not parts:
            return ""
        lines = [f"{heading}: {len(parts)}"]
        if self.told:
            lines += [
                f"- {senders_name(part, self.package)}: {why(part, self.package)}" for part in parts
            ]
        return "\n".join(lines)

    def _notes(self) -> str:
        """Tell the problems of the message as a whole that do not stand above."""
        said = [
            problem_words(one.code, self.package)
            for one in self.package.troubles
            if one.part is None and one.code != self.package.resolution.hold
        ]
        return (
            "\n".join(("GOOD TO KNOW", *(f"- {one}" for one in said))) if said and self.told else ""
        )

    def _next(self) -> str:
        again = "You do not need to send it again."
        nothing = "You do not need to do anything, and you do not need to send it again."
        if self._wanting and self.told:
            again = nothing = (
                f"Do what it says above for {self._wanting}; you do not need to send the rest"
                " again."
            )
        elif self._wanting:
            nothing = f"Call {self.service.phone}: {self._wanting} can't be used as sent."
        waits = "Your documents are safe. A person will match them to their case."
        if not (self._documents or self._missing):
            waits = "Your message is safe. A person will match it to its case."
        said = {
            "filed": f"{self._consultant} can see this now. {nothing}",
            "filed_in_part": f"{self._consultant} can see what was filed. Send what is missing in a"
            " new message.",
            "not_filed": f"Your message is kept. Call {self.service.phone} if you expected it to be"
            " filed.",
        }.get(self._state, f"{waits} {again}")
        if not self.told:
            said += " This mail holds no names, since we cannot be sure who reads it."
        return f"WHAT HAPPENS NEXT\n{said}"

    def _end(self) -> str:
        return (
            f"View this receipt: {self.service.base_url}/p/{self.number}\n"
            f"Something wrong? Call {self.service.phone} and quote {self.number}.\n"
            "\n"
            "This is an automatic receipt.\n"
            f"{self.service.organisation}"
        )
