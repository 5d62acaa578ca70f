"""The vocabulary: states, fates and kinds of file as staff read them. One word for one thing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config import media, problems, remarks


@dataclass(frozen=True)
class State:
    """A state in words: what it is, who has the letter, and what happens next."""

    words: str
    holder: str
    next: str
    tone: str  # "good", "wait", "bad" or "calm": the look, never the only sign


STATES: Mapping[str, State] = {
    "checking": State(
        "Checking the files",
        "the gateway",
        "It is filed by itself as soon as every file has been read.",
        "calm",
    ),
    "filed": State("Filed", "{consultant}", "Nothing more is needed.", "good"),
    "filed_in_part": State(
        "Filed, except {n}",
        "{consultant}",
        "What was filed can be used now. The sender has been told what is missing, and can send it "
        "again.",
        "wait",
    ),
    "with_us": State("With our team", "operations", "A person decides what it belongs to.", "wait"),
    "needs_you": State(
        "Waiting for the sender", "the sender", "It goes on when the sender answers.", "wait"
    ),
    "not_filed": State(
        "Not filed", "operations", "The letter itself is kept. Nothing of it was filed.", "bad"
    ),
    "copy": State(
        "Set aside as a copy", "nobody", "The same message was filed under another receipt.", "calm"
    ),
    "rehearsed": State(
        "Rehearsed",
        "nobody",
        "The sender was told what would have become of it. Nothing was filed.",
        "calm",
    ),
    "set_aside": State(
        "Not a submission", "nobody", "It was set aside. The letter itself is kept.", "calm"
    ),
}

STATES_FOR_SENDER: Mapping[str, str] = {"needs_you": "Waiting for you"}
"""The states that the sender reads in words of their own."""

NEXT_FOR_SENDER: Mapping[str, str] = {
    "checking": "It is filed in a few minutes, when every file has been read.",
    "filed": "Nothing more is needed.",
    "filed_in_part": "What was filed can be used now. Reply to our mail with what is missing.",
    "with_us": "Our team finds out what it belongs to. We write to you when that is done.",
    "needs_you": "It goes on when you answer the mail that we sent you.",
    "not_filed": "Nothing of it was filed. The mail that we sent you says what to do.",
    "copy": "The same message had come before. You do not need to do anything.",
    "rehearsed": "It was a rehearsal. Nothing was filed.",
    "set_aside": "It was taken for no submission. Call us if that is wrong.",
}
"""What happens next as the sender reads it."""

SHOWS: Mapping[str, str] = {
    "all": "Everything",
    "new": "Not read yet",
    "urgent": "Urgent",
    "failed": "Conversion failed",
    "unowned": "Filed, without a consultant",
    "filed_in_part": "Filed, except some",
    **{name: state.words for name, state in STATES.items() if name != "filed_in_part"},
}

FATES: Mapping[str, str] = {
    "filed": "Filed",
    "converted": "Converted to PDF",
    "left_out": "Left out",
    "held": "Waits",
    "refused": "Not filed",
}

FATES_TO_COME: Mapping[str, str] = {
    "filed": "Ready to file",
    "converted": "Ready, as PDF",
}

FATE_TONES: Mapping[str, str] = {
    "filed": "good",
    "converted": "good",
    "left_out": "calm",
    "held": "wait",
    "refused": "bad",
}

HEALED = ("Replaced", "good")
"""What is said of a part in whose place a better one came, and its look."""

HIDDEN = ("Hidden", "wait")
"""The same of a document that its sender asks to delete."""

IN_OTHER = "In another package"
"""The state of a letter that says something about an earlier one, and is shown with that."""

PLACES: Mapping[str, str] = {
    "form": "the form",
    "forwarder": "the forwarder's own words",
    "tag": "the address",
    "thread": "an earlier receipt",
    "subject": "the subject",
    "words": "the message",
    "to": "To or Cc",
    "greeting": "the greeting",
    "file_name": "a file name",
    "history": "the quoted history",
}

PROOFS: Mapping[str, str] = {
    "none": "Sender not proven",
    "loopback": "Proven: sent from this machine",
    "mailbox": "Proven: by the mail server of its mailbox",
    "operator": "Proven: imported by an operator",
    "code": "Proven: by a code that was sent to the address",
    "reply": "Proven: by an answer to a mail that was sent to the address",
    "account": "Proven: signed in",
    "aligned": "Proven: by SPF or DKIM, for the domain in From",
    "relay": "Proven: by the check of our mail relay",
    "failed": "Sender failed the check that its domain asks for",
}

# By which rule a sender was proven, or was not (gateway/gate).
RULES: Mapping[str, str] = {
    "loopback": "The settings take mail from it as proven.",
    "spf": "The domain lets the computer that sent it send for it (SPF).",
    "dkim": "The domain has signed it (DKIM).",
    "relay_pass": "Our mail relay says that it passed DMARC.",
    "relay_fail": "Our mail relay says that it failed DMARC.",
    "relay_silent": "Our mail relay says nothing about the domain in From.",
    "policy_reject": "Neither SPF nor DKIM speak for it, and the domain asks to refuse it (DMARC).",
    "policy_quarantine": (
        "Neither SPF nor DKIM speak for it, and the domain asks to set it aside (DMARC)."
    ),
    "policy_none": "Neither SPF nor DKIM speak for it; the domain asks for nothing then (DMARC).",
    "no_policy": "Neither SPF nor DKIM speak for it, and the domain has not published DMARC.",
    "from_undecided": "There is not one address in From that can be read in one way only.",
    "no_answer": "The name servers gave no answer in time.",
    "late": "The check took too long.",
    "too_large": "It is too large for its signatures to be checked.",
    "header_too_large": "Its header is too large to be read.",
    "unreadable": "Its header or its signatures could not be read.",
    "off": "Nothing was checked, by the settings.",
    "confirmed": "It came unproven; whoever reads the mail of its address has confirmed it since.",
}

NOT_SUBMISSIONS: Mapping[str, str] = {
    "out_of_office": "Out-of-office reply",
    "calendar_answer": "Calendar answer",
    "read_receipt": "Read receipt",
    "recall": "Recall",
    "thanks": "Thank-you",
    "bounce": "Bounce",
    "machine_answered": "Answer to a mail of ours",
    "own_mail": "Mail of ours, passed on",
    "person": "Set aside by a person",
}
"""What a letter is that is no submission; `person` is what somebody of operations has said."""

BELONGS: Mapping[str, str] = {"password_alone": "It says a password, and hardly anything else"}
"""Why a letter was set aside with another one, where the problem's own words are for its sender."""

# By which rule it is none (gateway/road/not_submission.py).
NOT_SUBMISSION_RULES: Mapping[str, str] = {
    "delivery_report": "It is a report about the delivery of a mail.",
    "bounce_subject": "It came from no address, with the subject of a mail that came back.",
    "disposition_report": "It is a report that a mail was read, or was not.",
    "receipt_words": "Its subject and its words are those of a read receipt.",
    "calendar_method": "Its calendar part answers an invitation.",
    "recall_words": "Its subject and its words are those of a recall by Outlook.",
    "answers_by_itself": "Its header says that a program answers by itself.",
    "machine_subject": "A program wrote it, with the subject of an out-of-office reply.",
    "absence_words": "Its subject and its words are those of an out-of-office reply.",
    "thanks_words": "It thanks, and says and brings nothing else.",
    "return_path": "A program sent it to the return path of a mail of ours.",
    "passed_back": "One of the staff passes on a mail of ours, and says and brings nothing else.",
    "decided": "A person decided so.",
}

FORWARDS: Mapping[str, str] = {
    "attached": "as an attachment",
    "inline": "in the text of a mail",
    "journal": "by a journal rule",
}
"""How somebody of the staff passed a message on."""

DOORS: Mapping[str, str] = {
    "smtp": "Email",
    "lmtp": "Email",
    "imap": "Mailbox",
    "import": "Import",
    "bulk": "Import",
    "web": "Web form",
}

MAILS: Mapping[str, str] = {
    "receipt": "Receipt",
    "receipt_copy": "Copy of a receipt",
    "listed": "Line of a daily list",
    "second_question": "Question to a second contact",
    "progress": "Still checking",
    "notice": "Notice",
    "link_used": "Upload link used",
    "unlocked": "Can be read now",
    "digest": "Digest",
    "daily": "Daily list",
    "alarm": "Alarm",
}

HOWS: Mapping[str, str] = {
    "case": "This is the case's claims consultant.",
    "form": "The case has no claims consultant. The sender chose this one on the form.",
    "to": "The case has no claims consultant. The message is addressed to this one.",
    "greeting": "The case has no claims consultant. The message greets this one.",
    "person": "Operations chose the case; this is its claims consultant.",
    "answer": "The sender chose the case; this is its claims consultant.",
    "unknown": "No consultant could be found, so the letter is with operations.",
}

_ACTING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class _Fields(dict[str, object]):
    """The fields of a problem's row, where the record does not hold every one of them."""

    def __missing__(self, name: str) -> str:
        return "\N{HORIZONTAL ELLIPSIS}"


def state(name: str, missing: int) -> str:
    """Say a state; `missing` counts the parts of a letter that were not filed.

    A state that a later release knows is said as it is.
    """
    row = STATES.get(name)
    words = row.words if row else name.replace("_", " ").capitalize()
    return words.format(n=missing or "some")


def is_missing(fate: str, reason: str | None) -> bool:
    """Say whether a part is one of the "except 2" of a letter filed in part."""
    return fate in {"held", "refused"} or reason == "file_empty"


REPEATS = "repeats_itself"
"""The problem of a letter that says the same as those before it: nobody was told of it."""


def problem(code: str, fields: Mapping[str, Any]) -> tuple[str, str]:
    """Return what happened and what to do, from the catalogue; a field not known becomes `…`.

    A code that has no row any more is said as it is: the record outlives the catalogue.
    """
    row = problems.catalogue().get(code)
    if row is None:
        return code.replace("_", " ").capitalize(), ""
    known = _Fields(fields)
    return row.title.format_map(known), row.fix.format_map(known)


def is_for_sender(code: str) -> bool:
    """Say whether a problem's words speak to the sender, who can mend it."""
    row = problems.catalogue().get(code)
    return row is not None and row.mend == "sender"


def fate_reason(reason: str, fields: Mapping[str, Any]) -> str:
    """Say why a part has its fate."""
    return remarks.on_fate(reason) or problem(reason, fields)[0]


def healed(why: str, name: str) -> str:
    """Say why a part had its fate, and what came in its place."""
    return f"{why}. In its place came '{name}'"


def name_remark(remark: str) -> str:
    """Say what was changed in a name; a code that has no row any more is said as it is."""
    try:
        return remarks.on_name(remark)
    except KeyError:
        return remark.partition(":")[0].replace("_", " ").capitalize()


_UNSEEN: Mapping[str, str] = {
    "too_large": "it is larger than what the scanner looks at",
    "encrypted": "it is encrypted",
    "failed": "the scanner failed on it",
    "away": "the scanner did not answer",
}


def scanned(scan: str | None) -> str | None:
    """Say what of a virus scan its reader must know; None where nothing was found or asked."""
    outcome, _, detail = (scan or "").partition(":")
    if outcome == "infected":
        return f"The virus scanner says: {detail}"
    if outcome == "not_scanned":
        return f"Not scanned for viruses: {_UNSEEN.get(detail, detail)}"
    return None


def pdf_warning(warning: str) -> str:
    """Say what a PDF does not show; a code that has no row any more is said as it is."""
    try:
        return remarks.on_warning(warning)
    except KeyError:
        return warning.replace("_", " ").capitalize()


def plain(text: str) -> str:
    """Return foreign text with a replacement sign for what would act on the text around it.

    Controls, and the characters that turn the direction of writing: `exe.<U+202E>fdp` must not be
    read as `exe.pdf`, nor in that order.
    """
    return _ACTING.sub("\N{REPLACEMENT CHARACTER}", text)


def kind(media_type: str) -> str:
    """Say what a file is: `Word document`, or its media type where there is no better word."""
    treatment = media.catalogue().treatment(media_type)
    return media_type if treatment.label == media.catalogue().rest.label else treatment.label


def size(octets: int) -> str:
    """Say `2.4 MB`: decimal units, as the limits are."""
    if octets < 1000:
        return "1 byte" if octets == 1 else f"{octets} bytes"
    amount, units = octets / 1000, ["GB", "MB", "KB"]
    while amount >= 999.5 and len(units) > 1:
        amount /= 1000
        units.pop()
    return f"{amount:.0f} {units[-1]}" if amount >= 9.95 else f"{amount:.1f} {units[-1]}"


def limit(octets: int) -> str:
    """Say a limit as it was set: `2 GB` for 2^31 bytes, `6 GB` for three times that."""
    for unit, name in ((1 << 30, "GB"), (10**9, "GB"), (1 << 20, "MB"), (10**6, "MB")):
        if octets >= unit and octets % unit == 0:
            return f"{octets // unit} {name}"
    return size(octets)


def plain_lines(text: str) -> str:
    """Return foreign text as `plain` does, with its lines kept."""
    return "\n".join(plain(line) for line in text.split("\n"))


def number(count: int, one: str, many: str) -> str:
    """Say `1 document` or `3 documents`."""
    return f"{count:,} {one if count == 1 else many}"


def part_of(place: int, of: int) -> str:
    """Say which of several linked submissions one is: `part 1 of 2`; nothing of a single one."""
    return f"part {place} of {of}" if of > 1 else ""


def part_lead(place: int, of: int) -> str:
    """Say it as a linked submission's narrative begins: `Part 1 of 2. `."""
    return f"Part {place} of {of}. " if of > 1 else ""


def forwarded(by: str, how: str) -> str:
    """Say who passed a message on, and that who wrote it is not proven, without a full stop."""
    way = " by a journal rule" if how == "journal" else ""
    return f"forwarded by {by}{way}, not proven"


def handed(giver: str | None, taker: str | None, why: str) -> str:
    """Say that a package went from one consultant to another, and why, without a full stop."""
    said = f"went from {giver or 'no consultant'} to {taker or 'no consultant'}"
    because = {
        "directory": " because the case's consultant changed",
        "staff": " because a person at the insurer handed it on",
    }
    return said + because.get(why, "")
