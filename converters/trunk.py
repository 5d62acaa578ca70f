"""The trunk of a binder: its catalog, its list of pages, its outline, what its pages are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import pikepdf

from converters.fault import EngineFailed
from converters.layers import Layers
from converters.pdf_writer import PdfWriter, text
from converters.renumber import Shift
from converters.tags import Tags

# Neither PDF/A nor PDF/UA is claimed: nobody has checked what strangers' pages are like.
_METADATA = """<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<pdf:Producer>Casebridge</pdf:Producer></rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True)
class Line:
    """A line of the outline, with the lines beneath it."""

    title: str
    page: int  # the object's number
    below: list[Line] = field(default_factory=list)


@dataclass
class Trunk:
    """What all sections have in common, gathered as they pass."""

    title: str
    language: str
    pages: int  # the number of the list of pages
    tags: Tags
    layers: Layers = field(default_factory=Layers)
    count: int = 0  # of pages
    _kids: list[int] = field(default_factory=list)
    _names: dict[str, int] = field(default_factory=dict)
    _outline: list[Line] = field(default_factory=list)

    def take(self, pdf: pikepdf.Pdf, shift: Shift, said: Mapping[str, Any]) -> dict[int, bytes]:
        """Take a section in; return what its objects of this kind become, by their old numbers."""
        tree = pdf.Root.Pages
        kids = [one.objgen[0] + shift.objects for one in tree.Kids.as_list()]
        self._kids.append(tree.objgen[0] + shift.objects)
        self.count += len(kids)
        self._names |= {name: kids[page] for name, page in said["names"].items()}
        self._mark(said["bookmarks"], kids)
        self.layers.take(pdf, shift)
        own = self.tags.take(pdf, shift, said["title"])
        listed = b" ".join(b"%d 0 R" % one for one in kids)
        own[tree.objgen[0]] = b"<< /Type /Pages /Parent %d 0 R /Count %d /Kids [ %s ] >>" % (
            self.pages,
            len(kids),
            listed,
        )
        own[pdf.Root.objgen[0]] = b"null"
        return own

    def close(self, writer: PdfWriter) -> int:
        """Write what is common, and the end. Return how many pages there are."""
        kids = b" ".join(b"%d 0 R" % one for one in self._kids)
        fields = self.count, kids
        writer.add(self.pages, b"<< /Type /Pages /Count %d /Kids [ %s ] >>" % fields)
        catalog = [
            b"/Type /Catalog /Pages %d 0 R" % self.pages,
            b"/Lang " + text(self.language),
            b"/ViewerPreferences << /DisplayDocTitle true >> /PageMode /UseOutlines",
            # What stands at the foot of each page; a document's own numbers would come apart.
            b"/PageLabels << /Nums [ 0 << /S /D >> ] >>",
            b"/Names << /Dests %d 0 R >>" % self._named(writer),
            b"/Outlines %d 0 R" % self._outlined(writer),
            b"/Metadata %d 0 R" % self._described(writer),
            *self.tags.close(writer),
            *self.layers.close(),
        ]
        root, info = writer.new(), writer.new()
        writer.add(root, b"<< " + b" ".join(catalog) + b" >>")
        writer.add(info, b"<< /Title %s /Producer (Casebridge) >>" % text(self.title))
        writer.close(root, info)
        return self.count

    def _mark(self, bookmarks: Sequence[Sequence[Any]], kids: Sequence[int]) -> None:
        for depth, title, page in bookmarks:
            lines = self._outline
            for _ in range(depth):
                if lines:
                    lines = lines[-1].below
            lines.append(Line(title, kids[page]))

    def _named(self, writer: PdfWriter) -> int:
        number = writer.new()
        listed = sorted((name.encode("ascii"), page) for name, page in self._names.items())
        each = b" ".join(b"(%s) [ %d 0 R /Fit ]" % one for one in listed)
        writer.add(number, b"<< /Names [ " + each + b" ] >>")
        return number

    def _outlined(self, writer: PdfWriter) -> int:
        number = writer.new()
        first, last = _lines(self._outline, number, writer)
        fields = first, last, len(self._outline)
        writer.add(number, b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>" % fields)
        return number

    def _described(self, writer: PdfWriter) -> int:
        number = writer.new()
        said = _METADATA.format(title=escape(self.title), language=escape(self.language))
        data = said.encode()
        fields = b"<< /Type /Metadata /Subtype /XML /Length %d >>" % len(data)
        writer.add_stream(number, fields, data)
        return number


def _lines(lines: Sequence[Line], parent: int, writer: PdfWriter) -> tuple[int, int]:
    """Write lines of the outline, closed, with all beneath them. Return the first and the last."""
    if not lines:
        raise EngineFailed("an outline without a line")
    numbers = [writer.new() for _ in lines]
    for at, (line, number) in enumerate(zip(lines, numbers, strict=True)):
        said = [
            b"/Title %s /Parent %d 0 R /Dest [ %d 0 R /Fit ]"
            % (text(line.title), parent, line.page)
        ]
        if at:
            said.append(b"/Prev %d 0 R" % numbers[at - 1])
        if at + 1 < len(numbers):
            said.append(b"/Next %d 0 R" % numbers[at + 1])
        if line.below:
            fields = *_lines(line.below, number, writer), -len(line.below)
            said.append(b"/First %d 0 R /Last %d 0 R /Count %d" % fields)
        writer.add(number, b"<< " + b" ".join(said) + b" >>")
    return numbers[0], numbers[-1]
