"""Foresight: what the road will make of files that nobody has sent yet, said by the road itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import PurePosixPath

from config.media import MediaCatalogue
from config.settings import Names
from gateway.road.name import name_parts
from gateway.road.package import Fate, Part
from gateway.road.sort import fate_alone
from portal.foreseen import Chosen, Foreseen, Prospect
from portal.pdf_name import pdf_name

_UNKNOWN = "application/octet-stream"


def foresee(
    chosen: Sequence[Chosen], media: MediaCatalogue, rules: Names, *, open_archives: bool
) -> tuple[Foreseen, ...]:
    """Say what becomes of each file, going by its name and by what its browser says that it is."""
    types = {row.extension: kind for kind, row in media.types.items() if row.extension}

    def part(number: int, file: Chosen) -> Part:
        ending = PurePosixPath(file.name).suffix.lower()
        detected = types.get(ending) or media.named(ending) or file.declared_type
        is_opened = open_archives and media.treatment(detected).treat == "open"
        alone = Part(
            path=str(number),
            container=None,
            original_name=file.name or None,
            declared_type=file.declared_type,
            detected_type=detected,
            bytes=file.length,
            sha256="",
            file=None,
            flags=frozenset({"opened"} if is_opened and file.length else ()),
        )
        fate, reason = fate_alone(alone, media)
        return dataclasses.replace(alone, fate=fate, reason=reason)

    def extension_of(detected: str) -> str | None:
        # Where neither name nor browser says what it is, its ending is the best that we know.
        return None if detected == _UNKNOWN else media.treatment(detected).extension

    parts = [part(number, file) for number, file in enumerate(chosen, start=1)]
    return tuple(
        _foreseen(one) for one in name_parts(parts, {}, rules, extension_of, message_pdf=False)
    )


def _foreseen(part: Part) -> Foreseen:
    prospect: Prospect
    if part.filed_name is not None:
        if part.fate is Fate.CONVERTED:
            pdf = pdf_name(part.filed_name)
            return Foreseen("converted", pdf, part.filed_name, part.remarks)
        return Foreseen("filed", part.filed_name, None, part.remarks)
    if part.reason == "opened":
        prospect = "opened"
    else:
        prospect = "empty" if part.reason == "file_empty" else "refused"
    return Foreseen(prospect, None, None, ())
