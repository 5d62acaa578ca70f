"""Unread: the package of a letter that the road could not carry. It is held for staff, whole."""

from __future__ import annotations

from gateway.letter import Letter
from gateway.road.package import Fate, Package, Part, Resolution, Trouble, Words


def unread(letter: Letter, why: str = "message_unreadable") -> Package:
    """Return a package that waits for staff, with the raw message as its one part.

    `why` is the code of the catalogue that says why.
    """
    return Package(
        letter=letter,
        message_id=None,
        header_from="",
        sender=None,
        subject="",
        automatic=False,
        words=(Words("", None, "", "", "", "", "", "", None),),
        parts=(
            Part(
                path="1",
                container=None,
                original_name=None,
                declared_type="message/rfc822",
                detected_type="message/rfc822",
                bytes=letter.raw.bytes,
                sha256=letter.raw.sha256,
                file=None,
                fate=Fate.HELD,
                reason=why,
                filed_name="Message.eml",
            ),
        ),
        troubles=(Trouble(why),),
        resolution=Resolution(hold=why),
        is_unread=True,
    )
