"""A sheet: what a mail says, as a frozen value that its text and its HTML are both written from.

Everything in it is one line of plain words. Foreign words in it went through `harmless` of
gateway/telling/mail.py before; a renderer escapes them for its own medium and adds no words of its
own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere. The text says `words: address`."""

    words: str
    address: str


@dataclass(frozen=True)
class Entry:
    """Something, and what is said of it, a sentence or a few on each line."""

    name: str  # empty where it has none
    said: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under column headings; the first cell of a row names it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    long: frozenset[str] = frozenset()  # the columns of words that may be broken anywhere


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it: paragraphs, entries or a table."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    # Counted and in two columns where the sender's files stand beside ours; else a plain list.
    entries: tuple[Entry, ...] = ()
    columns: tuple[str, str] | None = None
    table: Table | None = None


@dataclass(frozen=True)
class Sheet:
    """A whole mail, from its subject to its last line."""

    subject: str
    heading: str  # the first sentence: what a reader who reads nothing else has read
    lead: tuple[str, ...] = ()  # what belongs to it, in the same paragraph
    banner: str = ""  # stands above everything, where it changes what everything means
    asks: tuple[str | Link, ...] = ()  # what the reader is asked to do, a line each
    suggests: str | None = None  # the case that `asks` names, for a YES
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    ways: tuple[str | Link, ...] = ()  # where to look and whom to ask, a line each
    signature: tuple[str, ...] = ()
