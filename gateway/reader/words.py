"""The words of one message, made readable: its text, what of it is new, and its HTML."""

from __future__ import annotations

import contextlib
import html as html_escapes
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from gateway.reader import enriched
from gateway.reader.body import Piece
from gateway.reader.charset import decode
from gateway.reader.flowed import plain, unflowed
from gateway.reader.history import new_words
from gateway.reader.html_text import (
    FIRST_MARK,
    HtmlText,
    NoReadableHtml,
    html_to_text,
    unmarked,
)
from gateway.reader.leaf import Leaf
from gateway.reader.likeness import differ

# A body above these is filed as a document of its own, as it came; its beginning is the words.
_MOST_PLAIN_BYTES = 1 << 20
_MOST_HTML_BYTES = 8 << 20
_META_BYTES = 2048
_LONGEST_LABEL = 100  # of a charset; what is longer is none
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_STUB = re.compile(
    r"\b(?:html|browser|(?:mail|email|e-mail) (?:client|program|reader|software|programm))\b",
    re.IGNORECASE,
)
_STUB_CHARACTERS = 400
_MOST_LINKS = 200
_CID = re.compile(r"""cid:([^"'\s<>)]{1,512})""", re.IGNORECASE)


@dataclass
class Said:
    """The words of one message."""

    path: str = ""  # of the first part that holds them
    text: str = ""
    new: str = ""
    other: str = ""  # the new words of the forms that `text` was not taken from
    html: Path | None = None
    html_charset: str | None = None
    lossy: bool = False
    differs: bool = False  # plain text and HTML do not say the same
    shown: frozenset[str] = field(default_factory=frozenset)  # the Content-IDs its HTML speaks of
    seen: frozenset[str] = field(default_factory=frozenset)  # those of images that it displays
    # The web addresses behind the new words of its HTML; of all of it where nothing in it is new.
    links: tuple[str, ...] = ()


class Budget:
    """How many characters of words the answer about one letter may still hold."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, text: str) -> str:
        """Return as much of a text as fits."""
        taken = text[: self._left]
        self._left -= len(taken)
        return taken


def read_words(pieces: Sequence[Piece], html_file: Path, budget: Budget, others: Budget) -> Said:
    """Return what a message says, and flag its parts. `others` is for the forms not taken.

    "words" is a part whose words these are, "alternative" another form of the same words. Plain
    text counts where it is real; else text is made of the HTML. The HTML of all pieces goes into
    `html_file` as UTF-8, for the PDF. A part that is too long, or is no readable HTML, gets no
    flag: it is a document of its own.
    """
    said = Said()
    texts: list[str] = []
    fresh: list[str] = []
    unused: list[list[str]] = []
    pages: list[str] = []
    shown: set[str] = set()
    links = _Links()
    has_html, html_is_whole = False, True
    for piece in pieces:
        read = _Read(piece)
        said.lossy |= read.lossy
        said.differs |= read.differs
        text = budget.take(read.text)
        used, other = piece.plain, piece.html
        used_is_whole, other_is_whole = read.plain_is_whole, read.html_is_whole
        if not read.plain_is_real:
            used, other = other, used
            used_is_whole, other_is_whole = other_is_whole, used_is_whole
        said.path = said.path or used[0].path
        _flag(used, "words" if used_is_whole and len(text) == len(read.text) else None)
        _flag(other, "alternative" if other_is_whole else None)
        html_is_whole &= read.html_is_whole
        texts.append(text)
        fresh.append(read.new)
        unused.append(read.others)
        pages.append(read.page)
        if piece.html:
            has_html = True
            said.html_charset = said.html_charset or read.html_charset
            links.add(read.found)
            said.seen |= read.found.images
            shown.update(unquote(cid).strip() for cid in _CID.findall(read.page))
    said.text = _joined(texts)
    said.new = new_words(_joined(fresh))[: len(said.text)]
    forms = (new_words(_joined(form)) for form in itertools.zip_longest(*unused, fillvalue=""))
    different = dict.fromkeys(form for form in forms if form.split() != said.new.split())
    said.other = others.take(_joined(tuple(different)))
    said.links = links.new()
    if has_html and html_is_whole:
        html_file.write_text("\n".join(pages), encoding="utf-8")
        said.html = html_file
        said.shown = frozenset(shown)
    return said


def _flag(leaves: Sequence[Leaf], flag: str | None) -> None:
    for leaf in leaves:
        if flag is not None:
            leaf.flags.add(flag)


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(text for text in (one.strip("\n") for one in texts) if text.strip())


class _Links:
    """The links of all pieces: which of them stand in the new words."""

    def __init__(self) -> None:
        self._marked: list[str] = []
        self._links: list[str] = []
        self._all: list[str] = []

    def add(self, found: HtmlText) -> None:
        """Take the links of one piece's HTML."""
        marks = range(FIRST_MARK, FIRST_MARK + len(found.links))
        moved = {mark: mark + len(self._links) for mark in marks}
        self._marked.append(found.marked.translate(moved))
        self._links += found.links
        self._all += found.all_links

    def new(self) -> tuple[str, ...]:
        """Return the addresses in the new words; where there are none, those of the history."""
        if not self._all:
            return ()
        fresh = new_words(_joined(self._marked))
        if not unmarked(fresh).strip():
            return tuple(dict.fromkeys(self._all))[:_MOST_LINKS]
        places = {ord(char) - FIRST_MARK for char in set(fresh)}
        shown = (link for place, link in enumerate(self._links) if place in places)
        return tuple(dict.fromkeys(shown))[:_MOST_LINKS]


class _Read:
    """One piece, decoded in every form that it has."""

    def __init__(self, piece: Piece) -> None:
        self.lossy = False
        self.plain_is_whole = self.html_is_whole = True
        self.html_charset: str | None = None
        plain_text = "\n".join(self._plain(leaf) for leaf in piece.plain)
        html = "\n".join(self._html(leaf) for leaf in piece.html)
        self.found = found = HtmlText("", "")
        try:
            self.found = found = html_to_text(html)
        except NoReadableHtml:
            self.html_is_whole = False
        self.plain_is_real = bool(piece.plain) and not _is_stub(plain_text, found.text)
        both = self.plain_is_real and bool(piece.html) and self.html_is_whole
        self.differs = both and differ(plain_text, found.text)
        if self.plain_is_real:
            self.text = self.new = plain_text
            self.others = [found.new]
        else:
            self.text, self.new = found.text, found.new
            self.others = [plain_text]
        self.others += [self._further(leaf) for leaf in piece.further]
        self.page = html or f"<pre>{html_escapes.escape(plain_text)}</pre>"

    def _plain(self, leaf: Leaf) -> str:
        raw = leaf.head(_MOST_PLAIN_BYTES)
        self.plain_is_whole &= leaf.size <= len(raw)
        content_type = leaf.entity.content_type
        text, lossy = decode(raw, content_type.text("charset"))
        self.lossy |= lossy
        text = plain(text)
        if leaf.entity.media_type in enriched.TYPES:
            return enriched.unmarked(text, leaf.entity.media_type)
        if (content_type.text("format") or "").lower() == "flowed":
            delete_space = (content_type.text("delsp") or "").lower() == "yes"
            text = unflowed(text, delete_space=delete_space)
        return text

    def _further(self, leaf: Leaf) -> str:
        """Return the new words of a form that is neither printed nor taken."""
        text, _ = decode(leaf.head(_MOST_PLAIN_BYTES), leaf.entity.content_type.text("charset"))
        text = plain(text)
        if leaf.entity.media_type in enriched.TYPES:
            return enriched.unmarked(text, leaf.entity.media_type)
        with contextlib.suppress(NoReadableHtml):
            return html_to_text(text).new if "html" in leaf.entity.media_type else text
        return ""

    def _html(self, leaf: Leaf) -> str:
        raw = leaf.head(_MOST_HTML_BYTES)
        self.html_is_whole &= leaf.size <= len(raw)
        label = leaf.entity.content_type.text("charset")
        if not label and (meta := _META_CHARSET.search(raw[:_META_BYTES])):
            label = meta[1].decode("ascii")
        self.html_charset = self.html_charset or (label or "utf-8")[:_LONGEST_LABEL]
        text, lossy = decode(raw, label)
        self.lossy |= lossy
        return plain(text)


def _is_stub(plain_text: str, html_text: str) -> bool:
    """Say whether a plain text is none: empty, or "your mail program does not show HTML"."""
    words, seen = " ".join(plain_text.split()), " ".join(html_text.split())
    if not seen or not words:
        return bool(seen)
    return len(words) < _STUB_CHARACTERS and bool(_STUB.search(words)) and words[:40] not in seen
