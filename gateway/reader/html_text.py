"""HTML to the text that a person reads in it: paragraphs, lists, tables as lines, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote

import nh3

from converters.html_bounds import MOST_AMPERSANDS, ampersands
from gateway.reader.hidden import Look, Styles, styles_of
from gateway.reader.struck import STRUCK_TAGS, Struck

# nh3 parses as browsers do and writes well-formed HTML: what follows it never
# meets the broken kind that Python's own parser takes quadratic time over (CVE-2025-6069).
_BLOCKS = {
    "address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset",
    "figure", "figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr",
    "ul",
}  # fmt: skip
_SPACED = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"}
_CELLS = {"td", "th"}
_OTHERS = {"a", "br", "font", "img", "span"} | STRUCK_TAGS
_UNREAD = {"script", "style", "title", "template", "textarea", "select", "svg", "math"}
_VOID = {"br", "hr", "img"}
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_WEB = re.compile(r"https?://\S", re.IGNORECASE)
# Elements that hold quoted history, as the mail programs of the world mark it.
_QUOTE_CLASS = re.compile(
    r"\b(?:gmail_quote|gmail_quote_container|gmail_extra|yahoo_quoted|protonmail_quote"
    r"|moz-cite-prefix|moz-forward-container|OutlookMessageHeader|tutanota_quote|zmail_extra"
    r"|iwc-?quoted|freebirdFormQuote)\b"
)
_QUOTE_ID = re.compile(
    r"(?:\A|_)(?:divRplyFwdMsg|appendonsend|yahoo_quoted_\d+|OLK_SRC_BODY_SECTION|mail-editor-reference"
    r"-message-container|reply-intro|replySplit)\Z"
)
# From here on everything is history, whatever element it stands in.
_QUOTE_STARTS = re.compile(r"(?:\A|_)(?:divRplyFwdMsg|appendonsend|zwchr)\Z")
_MAY_BE_QUOTE = re.compile(r"<blockquote| (?:class|id)=")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]*)")
# Elements without an end, and those that another one of their kind ends.
_NEVER_NEST = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "option", "p",
    "source", "td", "th", "tr", "li", "dd", "dt", "wbr", "o:p",
}  # fmt: skip
_MAX_NESTING = 2000
_MAX_CLEAN_CHARACTERS = 2_000_000
_LIST_MARK = re.compile(r" *(?:-|\d+\.) ")
_DRAWN = re.compile(r"cid:([^\"'\s<>)]{1,512})", re.IGNORECASE)  # a background
_SIDES = ("width", "height")
_MOST_LINKS = 1000
_LONGEST_LINK = 4000
# A character of its own for each link, where its words begin: of the last plane but one, which is
# for private use and in no font.
FIRST_MARK = 0xF0000
_EMPTY_LINES = re.compile(r"\n{3,}")
_LIST_START = re.compile(r"\d{1,6}")
_MARKS = re.compile(f"[{chr(FIRST_MARK)}-{chr(FIRST_MARK + 0xFFFD)}]")


class NoReadableHtml(Exception):
    """The HTML nests its elements as no page does, or holds more than a page: no time for it."""


@dataclass(frozen=True)
class HtmlText:
    """What a person reads in a piece of HTML; lines end with \\n."""

    text: str
    new: str  # without what a mail program marks as quoted, and links by their words alone
    marked: str = ""  # `new` with a mark where each link of `links` begins
    links: tuple[str, ...] = ()  # the web addresses behind the words of `new`
    all_links: tuple[str, ...] = ()  # those behind the words of `text`
    images: frozenset[str] = frozenset()  # the Content-IDs of the images that are displayed


def unmarked(text: str) -> str:
    """Return text without the marks of links."""
    return _MARKS.sub("", text)


def html_to_text(html: str) -> HtmlText:
    """Return the text of a piece of HTML.

    Styles, scripts, titles and what is not displayed are never in it; what is struck out is said to
    be: "[struck out: 24-001240]". Raises NoReadableHtml.
    """
    if _nesting(html) > _MAX_NESTING or ampersands(html) > MOST_AMPERSANDS:
        raise NoReadableHtml
    clean = nh3.clean(
        html,
        tags=_BLOCKS | _CELLS | _OTHERS,
        clean_content_tags=_UNREAD,
        attributes={
            "*": {"class", "id", "style", "hidden", "type", "bgcolor", "background"},
            "a": {"href"},
            "font": {"color"},
            "img": {"src", "width", "height"},
            "ol": {"start"},
        },
        url_schemes={"http", "https", "mailto", "ftp", "cid"},
        link_rel=None,
    )
    if len(clean) > _MAX_CLEAN_CHARACTERS:
        raise NoReadableHtml
    styles = styles_of(html)
    whole = _read(clean, styles, is_new=False)
    text, images = whole.text(), frozenset(whole.images)
    if "<a " not in clean and not _MAY_BE_QUOTE.search(clean):
        return HtmlText(text, text, text, images=images)
    fresh = _read(clean, styles, is_new=True)
    marked = fresh.text()
    return HtmlText(text, unmarked(marked), marked, tuple(fresh.links), tuple(whole.links), images)


def _nesting(html: str) -> int:
    """Return how deep elements may nest. Parsers take quadratic time over very deep ones."""
    depth = most = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() in _NEVER_NEST:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        most = max(most, depth)
    return most


def _read(clean: str, styles: Styles, *, is_new: bool) -> _Reader:
    reader = _Reader(styles, history=not is_new, addresses=not is_new)
    reader.feed(unmarked(clean))
    reader.close()
    return reader


class _Reader(HTMLParser):
    def __init__(self, styles: Styles, *, history: bool, addresses: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._history = history
        self._addresses = addresses
        self._out: list[str] = []
        self._line: list[str] = []  # the line being written
        self._space = False  # white space was seen, and nothing after it yet
        self._skipped = 0  # open elements, the outermost of which is not shown
        self._preformatted = 0
        self._lists: list[int | None] = []  # the next number of each open list; None for bullets
        self._links: list[tuple[str, int]] = []
        self.links: list[str] = []
        self.images = {unquote(cid).strip() for cid in _DRAWN.findall(styles.drawn)}
        self._styles = styles
        self._looks: list[Look] = [styles.base]
        self._struck = Struck()
        self._written = 0
        self._over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._over:
            return
        attributes = {name: value or "" for name, value in attrs}
        if self._skipped or self._hides(tag, attributes):
            self._skipped += tag not in _VOID
            return
        if tag not in _VOID:
            self._looks.append(self._styles.inside(self._looks[-1], attributes))
            self._struck.begin(tag, attributes)
        drawn = f"{attributes.get('background', '')} {attributes.get('style', '')}"
        self.images.update(unquote(cid).strip() for cid in _DRAWN.findall(drawn))
        if tag == "br":
            self._end_line()
        elif tag == "img":
            self._take_image(attributes)
        elif tag in _BLOCKS:
            self._end_block(spaced=tag in _SPACED and not self._lists)
            self._begin_block(tag, attributes)
        elif tag == "a":
            self._begin_link(attributes.get("href", ""))
        elif tag in _CELLS and self._line:
            self._line.append("\t")
            self._space = False

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= tag not in _VOID
            return
        if tag not in _VOID and len(self._looks) > 1:
            self._looks.pop()
            self._struck.end()
        if tag in _BLOCKS and tag not in _VOID:
            inner = self._lists[1:] if tag in {"ol", "ul"} else self._lists
            self._end_block(spaced=tag in _SPACED and not inner)
            if tag == "pre":
                self._preformatted = max(0, self._preformatted - 1)
            elif tag in {"ol", "ul"} and self._lists:
                self._lists.pop()
        elif tag == "a" and self._links:
            address, since = self._links.pop()
            self._add_address(address, since)

    def handle_data(self, data: str) -> None:
        if self._over or self._skipped or not self._looks[-1].is_seen:
            return
        if self._preformatted:
            first, *others = data.split("\n")
            self._line.append(self._struck.mark(self._line, first))
            for line in others:
                self._end_line()
                self._line.append(self._struck.mark(self._line, line))
            self._written += len(data.strip())
            return
        words = _SPACE.sub(" ", data)
        text = words.strip(" ")
        if not text:
            self._space = self._space or bool(words)
            return
        shown = self._struck.mark(self._line, text)
        if self._line and (self._space or words.startswith(" ")):
            self._line.append(" ")
        self._line.append(shown)
        self._space = words.endswith(" ")
        self._written += len(text)

    def text(self) -> str:
        """Return everything read so far."""
        self._end_line()
        lines = "\n".join(line.rstrip() for line in "".join(self._out).split("\n"))
        return _EMPTY_LINES.sub("\n\n", lines).strip("\n")

    def _hides(self, tag: str, attributes: dict[str, str]) -> bool:
        if self._styles.hides(attributes):
            return True
        if self._history:
            return False
        name = attributes.get("id", "")
        if _QUOTE_STARTS.search(name):
            self._over = self._written > 0
            return True
        return bool(
            (tag == "blockquote" and attributes.get("type", "").lower() == "cite")
            or _QUOTE_ID.search(name)
            or _QUOTE_CLASS.search(attributes.get("class", ""))
        )

    def _begin_block(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "pre":
            self._preformatted += 1
        elif tag == "ul":
            self._lists.append(None)
        elif tag == "ol":
            start = attributes.get("start", "")
            self._lists.append(int(start) if _LIST_START.fullmatch(start) else 1)
        elif tag == "li":
            number = self._lists[-1] if self._lists else None
            indent = "  " * max(0, min(len(self._lists), 8) - 1)
            self._line.append(indent + ("- " if number is None else f"{number}. "))
            if number is not None:
                self._lists[-1] = number + 1

    def _take_image(self, attributes: dict[str, str]) -> None:
        sizes = (attributes.get(side, "").strip().removesuffix("px") for side in _SIDES)
        source = attributes.get("src", "")
        if source[:4].lower() == "cid:" and not any(size in {"0", "1"} for size in sizes):
            self.images.add(unquote(source[4:]).strip())

    def _begin_link(self, address: str) -> None:
        self._links.append((address, self._written))
        if len(self.links) >= _MOST_LINKS or not _WEB.match(address[:_LONGEST_LINK]):
            return
        if not self._addresses:
            if self._line and self._space:
                self._line.append(" ")
                self._space = False
            self._line.append(chr(FIRST_MARK + len(self.links)))
        self.links.append(address[:_LONGEST_LINK])

    def _add_address(self, address: str, since: int) -> None:
        shown = self._written > since
        if not (self._addresses and shown and _WEB.match(address)):
            return
        written = "".join(self._line[-4:])
        if written.endswith((address, address.rstrip("/"), address.partition("://")[2])):
            return  # the words are the address
        self._line.append(f" <{address}>")
        self._space = False

    def _end_line(self) -> None:
        self._struck.close(self._line)
        self._out.append("".join(self._line) + "\n")
        self._line.clear()
        self._space = False

    def _end_block(self, *, spaced: bool) -> None:
        # A list mark waits for its words: the paragraph inside begins on its own line.
        if self._line and not (len(self._line) == 1 and _LIST_MARK.fullmatch(self._line[0])):
            self._end_line()
        if spaced and self._out and self._out[-1] != "\n":
            self._out.append("\n")
