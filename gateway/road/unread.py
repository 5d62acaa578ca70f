"""Unread: the package of a letter that the road could not carry. It is held for staff, whole."""

from __future__ import annotations

from gateway.letter import Letter
from gateway.road.package import Fate, Package, Part, Resolution, Trouble, Words

_MAIL = ("message/rfc822", "Message.eml")
_OUTLOOK = ("application/vnd.ms-outlook", "Message.msg")


def unread(letter: Letter, why: str = "message_unreadable", *, is_outlook: bool = False) -> Package:
    """Return a package that waits for staff, with the raw message as its one part.

    `why` is the code of the catalogue that says why. It `is_outlook` where it came as a .msg.
    """
    media_type, name = _OUTLOOK if is_outlook else _MAIL
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
                declared_type=media_type,
                detected_type=media_type,
                bytes=letter.raw.bytes,
                sha256=letter.raw.sha256,
                file=None,
                fate=Fate.HELD,
                reason=why,
                filed_name=name,
            ),
        ),
        troubles=(Trouble(why),),
        resolution=Resolution(hold=why),
        is_unread=True,
    )
