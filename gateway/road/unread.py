"""Unread: the package of a letter that the road could not carry. It is held for staff, whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from gateway.letter import Form, Letter
from gateway.manifest import ListedFile
from gateway.road.listed import whole
from gateway.road.package import Fate, Package, Part, Resolution, Trouble, Words

_MAIL = ("message/rfc822", "Message.eml")
_MANIFEST = ("application/json", "Submission.json")
_OUTLOOK = ("application/vnd.ms-outlook", "Message.msg")


def unread(
    letter: Letter,
    why: str = "message_unreadable",
    *,
    is_outlook: bool = False,
    listed: Iterable[ListedFile] = (),
) -> Package:
    """Return a package that waits for staff, with the raw message as its one part.

    Of a manifest the files that are `listed` in it stand beside it.
    `why` is the code of the catalogue that says why. It `is_outlook` where it came as a .msg.
    """
    media_type, name = _OUTLOOK if is_outlook else _MAIL
    if letter.form is Form.MANIFEST:
        media_type, name = _MANIFEST
    files = (
        dataclasses.replace(
            whole(one, f"{number}", None),
            fate=Fate.HELD,
            reason=why,
            filed_name=f"File {number - 1}",
        )
        for number, one in enumerate(listed, 2)
    )
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
            *files,
        ),
        troubles=(Trouble(why),),
        resolution=Resolution(hold=why),
        is_unread=True,
    )
