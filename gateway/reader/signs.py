"""Signs: what a message's header and parts say of the program that wrote it, and of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from gateway.reader.entity import Entity
from gateway.reader.entries import shown
from gateway.reader.header import Header
from gateway.reader.leaf import Leaf
from gateway.reader.sender import field_word

_MOST_CHARACTERS = 200
_CALENDAR_BYTES = 1 << 16
_SUBMITTED = {"auto-replied", "auto-generated", "auto-notified"}  # RFC 3834, 5; RFC 5436, 2.7.1
_ANSWERERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply")
_ANSWERS = {"auto_reply", "auto-reply"}  # of Precedence
_SUPPRESSED = {b"all", b"oof", b"autoreply"}  # [MS-OXCMAIL] 2.2.3.2.14
_JOURNALS = ("x-ms-journal-report", "x-ms-exchange-organization-journal-report")
_REPORTS = ("delivery-status", "disposition-notification")
_CALENDARS = {"text/calendar", "application/ics"}
_METHOD = re.compile(
    rb"^method(?:;[^:\r\n]*)?:[ \t]*([a-z-]{1,20})[ \t]*\r*$", re.IGNORECASE | re.MULTILINE
)
# What its writer says beside the answer (RFC 5545, 3.8.1.4), or Outlook for them.
_COMMENT = re.compile(
    rb"^(?:comment|x-response-comment)(?:;[^\r\n]*)?:[ \t]*\S", re.IGNORECASE | re.MULTILINE
)
_METHODS = {
    *("publish", "request", "reply", "add", "cancel", "refresh", "counter", "declinecounter"),
}


def signs(root: Entity, leaves: Iterable[Leaf]) -> dict[str, Any]:
    """Say what the letter's own header and parts show, as the reader's answer has it.

    `leaves` are the parts of the letter itself, not of what is attached to it as a message.
    """
    header = root.header
    leaves = list(leaves)
    return {
        "submitted": _submitted(header),
        "answers_by_itself": any(header.first(name) is not None for name in _ANSWERERS)
        or any(field_word(value) in _ANSWERS for value in header.all("precedence")),
        "wants_no_answer": any(
            not _SUPPRESSED.isdisjoint(re.split(rb"[,; \t]+", value[:_MOST_CHARACTERS].lower()))
            for value in header.all("x-auto-response-suppress")
        ),
        "has_no_return": any(value.strip() == b"<>" for value in header.all("return-path")),
        "names_failed": header.first("x-failed-recipients") is not None,
        "report": _report(root, leaves),
        "journal": any(header.first(name) is not None for name in _JOURNALS),
        "method": _method(leaves),
        "programs": [
            text
            for name in ("x-mailer", "user-agent")
            if (text := shown(header, name)[:_MOST_CHARACTERS])
        ],
    }


def _submitted(header: Header) -> str | None:
    """Return the first word of Auto-Submitted that is not "no"; one that nobody knows is other."""
    words = (field_word(value) for value in header.all("auto-submitted"))
    word = next((one for one in words if one not in {"no", ""}), None)
    return word if word is None or word in _SUBMITTED else "other"


def _report(root: Entity, leaves: list[Leaf]) -> str | None:
    """Return what a report is about (RFC 6522); of one that does not say so, by what is in it."""
    if root.media_type != "multipart/report":
        return None
    said = (root.content_type.text("report-type") or "").strip().lower()
    held = {leaf.entity.media_type.removeprefix("message/") for leaf in leaves}
    return next((one for one in _REPORTS if one == said or (not said and one in held)), "other")


def _method(leaves: list[Leaf]) -> str | None:
    """Return what a calendar part is for (RFC 5546, 1.4).

    None where there is none, or two, or where its writer has commented on it: then it says more.
    """
    found = {
        _method_of(leaf.entity, leaf.head(_CALENDAR_BYTES))
        for leaf in leaves
        if leaf.entity.media_type in _CALENDARS
    }
    return found.pop() if len(found) == 1 and found <= _METHODS else None


def _method_of(entity: Entity, text: bytes) -> str:
    """The calendar itself goes before what its header says of it: it is what programs act upon.

    Nothing is said of one with a comment, or too long for one to be looked for in all of it.
    """
    inside = _METHOD.search(text)
    if _COMMENT.search(text) or len(text) == _CALENDAR_BYTES:
        return ""
    if inside is not None:
        return inside[1].decode("ascii").lower()
    return (entity.content_type.text("method") or "").strip().lower()
