"""Inert: a PDF's pages without anything that acts, and with all that is seen of them.

What is kept is named; whatever else stands in a catalog, a page or a note is left behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

import pikepdf

from converters import tags
from converters.bookmarks import Destinations

_CATALOG: Final = {"/Type", "/Pages", "/StructTreeRoot", "/MarkInfo", "/Lang", "/OCProperties"}
_TREE: Final = {"/Type", "/K", "/ParentTree", "/RoleMap", "/ClassMap", "/Namespaces"}
_INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_PAGE: Final = {
    *("/Type", "/Parent", "/Contents", "/Annots", "/Group", "/UserUnit", "/StructParents"),
    *("/Tabs", "/BleedBox", "/TrimBox", "/ArtBox", *_INHERITED),
}
_NOTES: Final = {
    *("/Link", "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine"),
    *("/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink"),
    *("/Popup", "/Redact"),
}
_ACTS: Final = ("/A", "/AA", "/PA", "/FS", "/Sound", "/Movie", "/RichMediaContent", "/3DD", "/Dest")
_SAFE: Final = ("http:", "https:", "mailto:")
_DEEPEST: Final = 100
_MOST_NOTES: Final = 20_000  # of one page
_POINTERS: Final = ("/StructParents", "/StructParent")


def make(pdf: pikepdf.Pdf, destinations: Destinations) -> None:
    """Leave of a PDF what is seen: one list of pages, each with all that it needs."""
    _print_forms(pdf)
    pages = pikepdf.Array()
    tree = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Pages))
    for page in pdf.pages:
        _own(pdf, page.obj)
        for key in set(page.obj.keys()) - _PAGE:
            del page.obj[key]
        _disarm(page.obj, destinations)
        pages.append(page.obj)
    for one in pages.as_list():
        one["/Parent"] = tree
    tree["/Kids"], tree["/Count"] = pages, len(pages)
    pdf.Root["/Pages"] = tree
    for key in set(pdf.Root.keys()) - _CATALOG:
        del pdf.Root[key]
    _keep_tags(pdf)


def _print_forms(pdf: pikepdf.Pdf) -> None:
    """Make what stands in the fields of a form part of the pages: a field may run a script."""
    form = pdf.Root.get("/AcroForm")
    others = []
    for page in pdf.pages:
        notes = page.obj.get("/Annots")
        fields, kept = told_apart(_notes(notes))
        if fields:
            others.append((page, kept))
            page.obj["/Annots"] = pikepdf.Array(fields)
    if not others:
        return
    if isinstance(form, pikepdf.Dictionary) and str(form.get("/NeedAppearances")) == "True":
        pdf.generate_appearance_streams()
    pdf.flatten_annotations("screen")
    for page, kept in others:
        page.obj["/Annots"] = pikepdf.Array(kept)


def told_apart(
    notes: Iterable[pikepdf.Object],
) -> tuple[list[pikepdf.Object], list[pikepdf.Object]]:
    """Return the fields of a form, and the other notes.

    Each by what it says: to compare two of them takes microseconds, and a page may have thousands.
    """
    fields: list[pikepdf.Object] = []
    others: list[pikepdf.Object] = []
    for one in notes:
        (fields if one.get("/Subtype") == pikepdf.Name.Widget else others).append(one)
    return fields, others


def _own(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
    """Give a page what it has from the nodes above it."""
    for key in _INHERITED:
        node: object = page
        for _ in range(_DEEPEST):
            if not isinstance(node, pikepdf.Dictionary) or key in node:
                break
            node = node.get("/Parent")
        if isinstance(node, pikepdf.Dictionary) and key in node:
            value = node[key]
            if key == "/Resources" and not value.is_indirect:
                value = node[key] = pdf.make_indirect(value)
            page[key] = value


def _disarm(page: pikepdf.Object, destinations: Destinations) -> None:
    notes = _notes(page.get("/Annots"))
    kept = [one for one in notes if _is_kept(one, destinations)]
    if kept:
        page["/Annots"] = pikepdf.Array(kept)
    elif "/Annots" in page:
        del page["/Annots"]


def _is_kept(note: pikepdf.Object, destinations: Destinations) -> bool:
    """Take from a note what acts, and say whether anything of it is left."""
    kind = str(note.get("/Subtype", ""))
    there = destinations.of(note) if kind == "/Link" else None
    place = _place(note) if kind == "/Link" else None
    for key in _ACTS:
        if key in note:
            del note[key]
    if there is not None:
        note["/Dest"] = there
    elif place is not None:
        note["/A"] = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=place)
    return kind in _NOTES and (kind != "/Link" or there is not None or place is not None)


def _place(note: pikepdf.Object) -> pikepdf.String | None:
    """Return the address of a page or a mailbox that a link leads to."""
    action = note.get("/A")
    if not isinstance(action, pikepdf.Dictionary) or action.get("/S") != pikepdf.Name.URI:
        return None
    place = action.get("/URI")
    if not isinstance(place, pikepdf.String) or not str(place).lower().startswith(_SAFE):
        return None
    return place


def _notes(said: object) -> list[pikepdf.Object]:
    if not isinstance(said, pikepdf.Array):
        return []
    notes = [said[at] for at in range(min(len(said), _MOST_NOTES))]
    return [one for one in notes if isinstance(one, pikepdf.Dictionary)]


def _keep_tags(pdf: pikepdf.Pdf) -> None:
    """Keep the tags of a tagged PDF, with one list of what belongs to which page."""
    root = pdf.Root.get("/StructTreeRoot")
    if not isinstance(root, pikepdf.Dictionary) or "/K" not in root:
        _untag(pdf)
        return
    listed = _listed(root.get("/ParentTree"))
    if listed is None:
        _untag(pdf)
        return
    _point(pdf, set(listed[::2]))
    for key in set(root.keys()) - _TREE:
        del root[key]
    root["/ParentTree"] = pdf.make_indirect(pikepdf.Dictionary(Nums=pikepdf.Array(listed)))
    pdf.Root["/StructTreeRoot"] = root if root.is_indirect else pdf.make_indirect(root)


def _listed(tree: object) -> list[Any] | None:
    """Return which page has which tags, number and elements in turn; None where that is unknown."""
    if not isinstance(tree, pikepdf.Dictionary) or not tree.is_indirect:
        return None
    try:
        pairs = list(pikepdf.NumberTree(tree).items())
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError):
        return None
    if not all(0 <= number < tags.MOST for number, _ in pairs):
        return None
    return [each for pair in pairs for each in pair]


def _untag(pdf: pikepdf.Pdf) -> None:
    """Take away what is left of tags."""
    for key in ("/StructTreeRoot", "/MarkInfo"):
        if key in pdf.Root:
            del pdf.Root[key]
    _point(pdf, ())


def _point(pdf: pikepdf.Pdf, known: Collection[int]) -> None:
    """Let pages, notes and drawings point to tags by known numbers only, which stand in them.

    Any other number would be one of the tags of the next document in the whole.
    """
    for holder in _pointing(pdf):
        for key in _POINTERS:
            if key not in holder:
                continue
            number: object = holder[key]
            if isinstance(number, int) and number in known:
                holder[key] = int(number)
            else:
                del holder[key]


def _pointing(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Yield what may point to tags: a page and a drawing are objects, a note need not be one."""
    for one in pdf.objects:
        if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
            yield one
    for page in pdf.pages:
        yield from (one for one in _notes(page.obj.get("/Annots")) if not one.is_indirect)
