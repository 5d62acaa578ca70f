"""Sort: what becomes of every part, by what it is and what the message shows of it."""

from __future__ import annotations

import dataclasses
import math
import unicodedata
from collections.abc import Set

from config.apart import ApartRules
from config.media import MediaCatalogue
from converters import active
from gateway.road.narrative import Split, narrative_of
from gateway.road.package import Fate, Package, Part, Trouble, Words

# An image that the HTML shows and that is below both bounds is decoration: a logo, an icon, a line
# between two signatures. A photograph or a page that somebody pasted is above one of them.
DECORATION_BYTES = 32 * 1024
_SPECK = 9  # pixels
DECORATION_PIXELS = 50_000  # width times height: 400 by 125, 220 by 220

# Images by the message that holds them, and their Content-ID.
_Images = Set[tuple[str | None, str | None]]

# Fates of parts that hold no document: what a message without any other part has not said.
_NO_FILE = frozenset({"narrative", "alternative", "opened", "decoration", "system_file", "control"})


# The first part of an encrypted message says "Version: 1", and nothing else (RFC 3156, 4).
_CONTROL = "application/pgp-encrypted"
_MOST_CONTROL_BYTES = 1024
# Content that is elsewhere: nothing is fetched, and no pieces are joined (RFC 2046, 5.2.2, 5.2.3).
_ELSEWHERE = {
    "message/external-body": "content_elsewhere",
    "message/partial": "message_in_pieces",
}
# Of an archive that stays whole: what is wrong with it, and what speaks for itself.
_WHOLE = ("archive_too_deep", "unreadable_member", "kept_whole")
_UNSAFE = tuple(
    f"unsafe_{what}" for what in ("path", "link", "overlap", "truths", "hidden", "ratio")
)
_TOLD = {
    "file_empty",
    "file_type_blocked",
    "file_password",
    "file_damaged",
    "archive_unsafe",
    "archive_too_deep",
    *_ELSEWHERE.values(),
}


def sort(
    package: Package,
    media: MediaCatalogue,
    apart: ApartRules,
    *,
    narrative_characters: int = 500,
) -> Package:
    """Give every part its fate and reason, and the package its narrative and troubles.

    A part that we convert is `converted` from here on; the convert step makes the PDF, or says
    that it could not. `narrative_characters` are Unicode code points after NFC. The same bytes
    twice are two documents: a sender who attaches a file twice meant two.
    """
    spoken_of, shown = _images(package)
    parts = _all_sorted(package, media, shown, spoken_of)
    if _says_nothing(package, parts):
        # A small picture is all that somebody pasted and sent: it decorates nothing.
        parts = _all_sorted(package, media, frozenset(), spoken_of)
    own = package.own_words
    split = narrative_of(dataclasses.replace(own, header_from=package.header_from), apart)
    return package.but(
        parts=parts,
        narrative=split.kept,
        narrative_overflow=len(split.kept) > narrative_characters,
        set_apart=split.apart,
        message_pdf=_needs_pdf(own, split, parts, narrative_characters),
        troubles=package.troubles + _troubles(package, parts),
    )


def _all_sorted(
    package: Package, media: MediaCatalogue, shown: _Images, spoken_of: _Images
) -> tuple[Part, ...]:
    said = {words.path: words for words in package.words if words.path}
    return tuple(
        _remarked(_sorted(part, media, shown, spoken_of), said.get(part.path))
        for part in package.parts
    )


def _says_nothing(package: Package, parts: tuple[Part, ...]) -> bool:
    return not any(words.text.strip() for words in package.words) and all(
        part.reason in _NO_FILE for part in parts
    )


def _images(package: Package) -> tuple[_Images, _Images]:
    """Return container and Content-ID of each picture that a message's HTML speaks of, and of
    those that it displays.

    What Outlook packed has its pictures in a container, and its words may be the letter's own.
    """
    held = {part.file: part.container for part in package.parts if part.file is not None}
    spoken_of = {
        (held.get(file, words.container), cid): cid in words.seen
        for words in package.words
        for cid, file in words.images.items()
    }
    return frozenset(spoken_of), frozenset(one for one, is_seen in spoken_of.items() if is_seen)


def _remarked(part: Part, words: Words | None) -> Part:
    """Say of a message's words what a reader must know of them."""
    if words is None or part.reason != "narrative":
        return part
    known = {
        "forms_differ": words.differs,
        "lossy": words.lossy,
        "password_masked": words.is_masked,
    }
    remarks = [code for code, is_so in known.items() if is_so]
    return dataclasses.replace(part, remarks=(*part.remarks, *remarks))


def _sorted(part: Part, media: MediaCatalogue, shown: _Images, spoken_of: _Images) -> Part:
    fate, reason = _fate(part, media, shown, spoken_of)
    remarks = [one for one in (*_UNSAFE, *active.KINDS) if one in part.flags]
    if part.programs:
        remarks.append(f"programs:{', '.join(part.programs)}")
    return dataclasses.replace(part, fate=fate, reason=reason, remarks=tuple(remarks))


def fate_alone(part: Part, media: MediaCatalogue) -> tuple[Fate, str | None]:
    """Return the fate of a part that no message shows, and its reason."""
    return _fate(part, media, frozenset(), frozenset())


def _fate(
    part: Part, media: MediaCatalogue, shown: _Images, spoken_of: _Images
) -> tuple[Fate, str | None]:
    """Return the fate and its reason, as the table of fates has them: the first that holds."""
    flags = part.flags
    is_program = media.is_program(part.detected_type)
    image = (part.container, part.content_id)
    rules: tuple[tuple[bool, Fate, str | None], ...] = (
        ("words" in flags, Fate.FILED, "narrative"),
        ("alternative" in flags, Fate.LEFT_OUT, "alternative"),
        ("opened" in flags, Fate.LEFT_OUT, "opened"),
        ("system_file" in flags, Fate.LEFT_OUT, "system_file"),
        (_is_control(part) and not is_program, Fate.LEFT_OUT, "control"),
        (not part.bytes, Fate.LEFT_OUT, "file_empty"),
        (is_program, Fate.REFUSED, "file_type_blocked"),
        ("archive_unsafe" in flags, Fate.HELD, "archive_unsafe"),
        ("password" in flags, Fate.HELD, "file_password"),
        (image in shown and _is_decoration(part), Fate.LEFT_OUT, "decoration"),
        # What the HTML speaks of and hides is a document, unless nothing could be seen in it.
        (image in spoken_of and _is_speck(part), Fate.LEFT_OUT, "decoration"),
        (part.declared_type in _ELSEWHERE, Fate.FILED, _ELSEWHERE.get(part.declared_type)),
        *((why in flags, Fate.FILED, why) for why in _WHOLE),
        ("encrypted" in flags, Fate.FILED, "file_encrypted"),
        ("damaged" in flags, Fate.FILED, "file_damaged"),
        (media.treatment(part.detected_type).treat == "convert", Fate.CONVERTED, None),
    )
    return next(((fate, reason) for holds, fate, reason in rules if holds), (Fate.FILED, None))


def _is_control(part: Part) -> bool:
    small = 0 < part.bytes <= _MOST_CONTROL_BYTES
    return part.declared_type == _CONTROL and small and "encrypted" not in part.flags


def _is_decoration(part: Part) -> bool:
    if not part.detected_type.startswith("image/") or part.pixels is None:
        return False
    width, height = part.pixels
    return part.bytes <= DECORATION_BYTES and width * height <= DECORATION_PIXELS


def _is_speck(part: Part) -> bool:
    """Say whether an image is a spacer, or a pixel that tells who has opened the mail."""
    return _is_decoration(part) and part.pixels is not None and math.prod(part.pixels) <= _SPECK


def _needs_pdf(
    own: Words, split: Split, parts: tuple[Part, ...], narrative_characters: int
) -> bool:
    """Say whether Message.pdf stands beside the words.

    It does unless the whole message is plain text that fits the narrative, with nothing set apart.
    A body too long to be read as words is a document of its own already.
    """
    is_narrative = any(part.path == own.path and part.reason == "narrative" for part in parts)
    if not is_narrative or not (own.text.strip() or own.images):
        return False
    if own.container is not None:  # it was passed on, and is named by its subject
        return True
    whole = unicodedata.normalize("NFC", own.text).strip()
    set_apart = own.html is not None or bool(split.apart) or split.kept.strip() != whole
    return set_apart or len(whole) > narrative_characters


def _troubles(package: Package, parts: tuple[Part, ...]) -> tuple[Trouble, ...]:
    found = [
        Trouble(part.reason, {"name": part.original_name or f"Part {part.path}"}, part.path)
        for part in parts
        if part.reason in _TOLD
    ]
    found += [
        Trouble("file_encrypted", {"name": part.original_name or f"Part {part.path}"}, part.path)
        for part in parts
        if "encrypted" in part.flags  # words that are encrypted are the narrative all the same
    ]
    told = any(trouble.code == "message_ambiguous" for trouble in package.troubles)
    doubtful = next((part for part in parts if "ambiguous" in part.flags), None)
    if doubtful is not None and not told:
        found.append(Trouble("message_ambiguous", part=doubtful.path))
    if _says_nothing(package, parts):
        found.append(Trouble("no_content"))
    return tuple(found)
