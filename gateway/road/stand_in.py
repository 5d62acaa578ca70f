"""Stand-in: whether the one document of a reply can be the one that failed, whatever its name is.

A guess closes a question of ours, and a wrong one leaves a package that says it is whole. So what
comes has to be what a person saves or scans again, and its words must not speak against it: where
anything does, the reply is a package of its own and the question stays open.
"""

from __future__ import annotations

import re

from config.media import catalogue
from gateway.road.package import Part
from portal.piece import PDF, Piece

# Of a page that was scanned or photographed. Signs, logos and stamps are below it.
_LEAST_PIXELS = 400
# What a screen is saved as, and a sign: no scanner and no camera of a telephone writes these.
_OF_SCREENS = frozenset(
    {"image/png", "image/gif", "image/bmp", "image/svg+xml", "image/x-ms-bmp", "image/webp"}
)
_LOCKED_OFFICE = "application/encrypted"

# What is said of the better copy itself: that the fault is gone.
_MENDED = re.compile(
    r"\bwith no (?:password|protection|lock)\b"
    r"|\bno (?:longer\b|(?:password|key) (?:is )?(?:needed|required|necessary)\b|need\b)"
    r"|\b(?:not|isn't|aren't) (?:password[- ])?(?:protected|locked|encrypted|damaged|empty)\b"
    r"|\b(?:(?:do|does) not|don't|doesn't) (?:need|have|require) (?:a |any )?(?:password|key)\b"
    r"|\bnicht (?:mehr|geschützt|gesperrt|verschlüsselt)\b"
)
# What is said for the case that it does not help either.
_IN_CASE = re.compile(r"\b(?:let (?:me|us) know|if|should you|falls|wenn)\b[^.!?\n]*")
_AGAINST = re.compile(
    r"\?|n't\b|\b(?:no|not|never|none|cannot|unable|unfortunately|unlike|will|shall|later|tomorrow"
    r"|soon|still|separately|another|other|different|additional|also|besides|too|wait|waiting|why"
    r"|which|nicht|kein|keine|keinen|nie|leider|später|morgen|folgt|folgen|noch|auch|andere|anderes"
    r"|anderen|weitere|weiteres|warum|welche|welches)\b"
)


def may_stand_in(failed: Piece, brought: Part) -> bool:
    """Say whether a document is of a kind that people send for one that failed.

    A PDF or what it was made from, or a page scanned or photographed, for anything that has pages;
    and what is of the very type that failed. A text is a note, and stands for nothing.
    """
    kind = brought.detected_type
    if kind.startswith("image/"):
        return _is_page(brought) and (kind not in _OF_SCREENS or kind == failed.detected_type)
    if failed.detected_type.startswith(("audio/", "video/")):
        return kind.partition("/")[0] == failed.detected_type.partition("/")[0]
    if kind.startswith("text/"):
        return False
    return kind == failed.detected_type or _has_pages(kind)


def speaks_against(words: str) -> bool:
    """Say whether the words of a reply may mean that it does not bring what was asked for."""
    said = words.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return _AGAINST.search(_IN_CASE.sub(" ", _MENDED.sub(" ", said))) is not None


def _has_pages(media_type: str) -> bool:
    if media_type in {PDF, _LOCKED_OFFICE}:
        return True
    return catalogue().treatment(media_type).engine == "office"


def _is_page(image: Part) -> bool:
    """Say whether an image is as large as a page, and none that stands in the words."""
    is_large = image.pixels is not None and min(image.pixels) >= _LEAST_PIXELS
    return is_large and not image.inline
