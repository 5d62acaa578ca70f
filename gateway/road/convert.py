"""Convert: a PDF for every part that needs one, and for the words that do not fit the narrative.

A conversion's checkpoint is its rendition: once it is kept, a crash never repeats the work.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from converters.fault import ConversionFault, PasswordNeeded
from converters.workshop import Rendition as Made
from converters.workshop import Source, Workshop
from gateway.road.package import Fate, Package, Part, Pdf, Trouble, Words
from portal.renditions import Key

# A message is read by a person; what takes longer to lay out is made to take long.
_WORDS_SECONDS = 20


class Checkpoints(Protocol):
    """Where renditions are kept: the record and the vault, or nowhere for a rehearsal."""

    def find(self, key: Key) -> Pdf | None:
        """Look for a PDF that was made before."""

    def keep(self, key: Key, made: Made) -> Pdf:
        """Keep a PDF that was made just now, durably."""


@dataclasses.dataclass(frozen=True)
class Bench:
    """The engines, with the checkpoints beside them, for one attempt of one letter.

    `folder` is the attempt's own; the PDFs in it are gone with it. `engines` is entered for each
    piece of an engine's work. `owner` says whose files they are (portal.renditions): no engine sees
    those of two, and no PDF of one is another's. Without `last_chance` an engine that was killed
    from outside or took too long raises converters.fault.JobUncertain.
    """

    workshop: Workshop
    checkpoints: Checkpoints
    folder: Path
    engines: AbstractContextManager[object]
    owner: str
    last_chance: bool = True

    def pdf(self, source: Source) -> Pdf:
        """Return a source's PDF: the one made before, or one made now. Raises ConversionFault."""
        engine, settings = self.workshop.key(source.media_type, last_chance=self.last_chance)
        key = Key(self.owner, _digest(source), engine, settings)
        there = self.checkpoints.find(key)
        if there is not None:
            return there
        into = self.folder / f"pdf-{key.source_sha256}"
        into.mkdir(exist_ok=True)
        with self.engines:
            made = self.workshop.convert(
                source, into, last_chance=self.last_chance, owner=self.owner
            )
        return self.checkpoints.keep(key, made)


def convert(package: Package, bench: Bench) -> Package:
    """Give every part with the fate `converted`, and every narrative to be printed, its PDF.

    A part that cannot be converted is filed as it came, and said to be.
    """
    words = {one.path: one for one in package.words if one.path}
    parts: list[Part] = []
    troubles: list[Trouble] = []
    for part in package.parts:
        done, fault = part, None
        if part.fate is Fate.CONVERTED and part.file is not None:
            done, fault = _converted(part, part.file, bench)
        elif part.reason == "narrative" and part.filed_name and part.path in words:
            done, fault = _printed(part, words[part.path], bench)
        elif part.fate is Fate.FILED and part.contents is not None:
            done, fault = _listed(part, part.contents, bench)
        elif part.fate is Fate.FILED and "mended" in part.flags and part.file is not None:
            done = _mended(part, part.file, bench)
        parts.append(done)
        if fault is not None:
            troubles.append(_trouble(fault, part, package))
    return package.but(parts=tuple(parts), troubles=package.troubles + tuple(troubles))


def _converted(part: Part, file: Path, bench: Bench) -> tuple[Part, ConversionFault | None]:
    """Return a part with its PDF; or filed as it came, or held for its password, with the fault."""
    source = Source(file=file, media_type=part.detected_type, title=part.filed_name or "")
    try:
        return dataclasses.replace(part, pdf=bench.pdf(source)), None
    except ConversionFault as fault:
        fate = Fate.HELD if isinstance(fault, PasswordNeeded) else Fate.FILED
        return dataclasses.replace(part, fate=fate, reason=fault.code), fault


def _mended(part: Part, file: Path, bench: Bench) -> Part:
    """Return a PDF with a broken table of objects beside a copy that is whole, or alone.

    Viewers find the objects again as well: without a copy it is filed like any other.
    """
    source = Source(file=file, media_type=part.detected_type, title=part.filed_name or "")
    try:
        return dataclasses.replace(part, reason="repaired", pdf=bench.pdf(source))
    except ConversionFault:
        return part


def _listed(part: Part, contents: Path, bench: Bench) -> tuple[Part, ConversionFault | None]:
    """Return an archive that stays whole with the list of its contents as its PDF."""
    title = f"Contents of {part.filed_name or part.original_name or ''}"
    try:
        source = Source(file=contents, media_type="text/plain", title=title)
        return dataclasses.replace(part, pdf=bench.pdf(source)), None
    except ConversionFault as fault:
        return part, fault


def _printed(part: Part, words: Words, bench: Bench) -> tuple[Part, ConversionFault | None]:
    """Return a message's words with their PDF: from the HTML, or from the text where that fails.

    Where both fail there is no document of them, and the fault is returned: the narrative holds
    their beginning, and the raw letter all of them.
    """
    failed: ConversionFault | None = None
    for source in _words_sources(words, bench.folder):
        try:
            return dataclasses.replace(part, pdf=bench.pdf(source)), None
        except ConversionFault as fault:
            failed = fault
    return dataclasses.replace(part, filed_name=None), failed


def _words_sources(words: Words, folder: Path) -> Iterator[Source]:
    """Name what a message's words can be printed from, with who wrote it, to whom, when above.

    Words that are masked are printed from the text: their HTML says what is not to be said.
    """
    heading = (
        ("From", words.header_from),
        ("To", words.header_to),
        ("Date", words.date),
        ("Subject", words.subject),
    )
    # Not the part's own bytes: they have a charset, may be format=flowed, or be one of several.
    text = folder / f"words-{words.path.replace('/', '-')}.txt"
    text.write_text(words.text, encoding="utf-8", errors="replace")
    html = [(words.html, "text/html")] if words.html and not words.is_masked else []
    for file, media_type in (*html, (text, "text/plain")):
        yield Source(
            file=file,
            media_type=media_type,
            images=words.images,
            title=words.subject,
            seconds=_WORDS_SECONDS,
            heading=tuple((label, said) for label, said in heading if said),
        )


def _trouble(fault: ConversionFault, part: Part, package: Package) -> Trouble:
    name = part.original_name or part.filed_name or "Message.pdf"
    consultant = package.resolution.consultant_name or "our team"
    return Trouble(fault.code, {"name": name, "consultant": consultant}, part.path)


def _digest(source: Source) -> str:
    """Return the SHA-256 over everything that a rendition is made of."""
    digest = hashlib.sha256()
    for file in (source.file, *(source.images[name] for name in sorted(source.images))):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    said = (source.title, source.heading, sorted(source.images))
    digest.update(repr(said).encode() + source.language.encode())
    return digest.hexdigest()
