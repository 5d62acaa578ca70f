"""Which parts of a message hold its words: the text a person would see when opening it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.reader import enriched
from gateway.reader.entity import Entity, Kind
from gateway.reader.leaf import Leaf

# Other forms of the same words that mail programs put into an alternative. A calendar entry among
# them is no such form: it is a document.
_FORMS = {
    "text/plain", "text/html", "text/enriched", "text/richtext", "text/x-amp-html",
    "text/watch-html", "text/markdown", "text/x-markdown",
}  # fmt: skip
_WORDS = {"text/plain", "text/html"} | enriched.TYPES
_BINARY_HEADS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\xff\xd8\xff", b"\x89PNG", b"GIF8")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Piece:
    """A stretch of the words, in the forms that it came in: plain, HTML, or both."""

    plain: tuple[Leaf, ...] = ()
    html: tuple[Leaf, ...] = ()
    further: tuple[Leaf, ...] = ()  # forms that a program may show instead of these

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every part of it."""
        return self.plain + self.html + self.further


def pieces(root: Entity, leaves: Mapping[int, Leaf]) -> tuple[Piece, ...]:
    """Return the stretches of a message's words in their order.

    `leaves` are the message's own parts by the identity of their entity. What an alternative
    offers in further forms gets the flag "alternative".
    """
    return tuple(_pieces(root, leaves, is_root=True))


def _pieces(entity: Entity, leaves: Mapping[int, Leaf], *, is_root: bool = False) -> list[Piece]:
    if entity.kind is not Kind.MULTIPART:
        leaf = leaves.get(id(entity))
        if leaf is None or not _holds_words(leaf, is_root=is_root):
            return []
        if entity.media_type == "text/html":
            return [Piece(html=(leaf,))]
        return [Piece(plain=(leaf,))]
    below = [_pieces(child, leaves) for child in entity.children]
    if entity.media_type == "multipart/alternative":
        return _chosen(entity, below, leaves)
    if entity.media_type == "multipart/related":
        # The first is the root (RFC 2387, 3.2); the others are what it shows.
        return next((found for found in below if found), [])
    return [piece for found in below for piece in found]


def _chosen(entity: Entity, below: list[list[Piece]], leaves: Mapping[int, Leaf]) -> list[Piece]:
    """Join the forms of an alternative: the first plain one, and the last, richest HTML one.

    One with marks of an older time is plain where nothing plainer is there.
    """
    plains = [tuple(leaf for piece in found for leaf in piece.plain) for found in below]
    htmls = [tuple(leaf for piece in found for leaf in piece.html) for found in below]
    marked = [bool(found) and found[0].entity.media_type in enriched.TYPES for found in plains]
    order = sorted(range(len(plains)), key=marked.__getitem__)
    plain = next((plains[place] for place in order if plains[place]), ())
    html = next((found for found in reversed(htmls) if found), ())
    chosen = {id(leaf) for leaf in plain + html}
    offered = (leaf for found in below for piece in found for leaf in piece.leaves)
    further = [leaf for leaf in offered if id(leaf) not in chosen]
    for child in entity.children:
        form = leaves.get(id(child))
        if (
            form is not None
            and form.entity.media_type in _FORMS - _WORDS
            and not _is_attached(form)
            and (plain or html)
        ):
            further.append(form)
    for leaf in further:
        leaf.flags.add("alternative")
    return [Piece(plain, html, tuple(further))] if plain or html else []


def _holds_words(leaf: Leaf, *, is_root: bool) -> bool:
    if leaf.entity.media_type not in _WORDS or leaf.file is None:
        return False
    if leaf.entity.disposition.value == "attachment":
        return False
    # A name makes it a file, unless the whole message is this part and nothing says "attachment".
    return (is_root or leaf.name is None) and not _is_binary(leaf)


def _is_attached(leaf: Leaf) -> bool:
    return leaf.entity.disposition.value == "attachment" or leaf.name is not None


def _is_binary(leaf: Leaf) -> bool:
    """Say whether a part is a file that only calls itself text, as some scanners send theirs."""
    head = leaf.head(1024)
    # A stray NUL is a fault of the text; every second byte is one in UTF-16, which is text as well.
    nuls = 0 if head.startswith(_WIDE) else head.count(b"\0")
    return head.startswith(_BINARY_HEADS) or nuls * 20 > len(head)
