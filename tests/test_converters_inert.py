"""Inert: of tags nothing is left that would lead to another document's; odd notes stay notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from converters import inert
from tests.binding import Odd, bound, link


def tagged(change: Callable[[Odd], None] = lambda _: None) -> bytes:
    """Return a PDF of one page, whose text is the tag 0 of its page."""
    odd = Odd()
    page = odd.page("words", StructParents=0)
    root = odd.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    element = odd.pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.P, P=root, Pg=page, K=0)
    )
    root.K = element
    root.ParentTree = odd.pdf.make_indirect(Dictionary(Nums=Array([0, Array([element])])))
    odd.pdf.Root.StructTreeRoot = root
    change(odd)
    return odd.made()


def misled(file: Path) -> list[int]:
    """Return the pages, from 0, that point to what is no tag of theirs; each has others checked."""
    with pikepdf.open(file) as pdf:
        tree = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
        found = []
        for at, page in enumerate(pdf.pages):
            number = page.obj.get("/StructParents")
            if number is None:
                continue
            owners = {one.Pg.objgen for one in tree.get(int(number), []) if "/Pg" in one}
            if owners != {page.obj.objgen}:
                found.append(at)
        return found


def without_tags(odd: Odd) -> None:
    del odd.pdf.Root.StructTreeRoot.K


def with_a_number_that_no_tag_has(odd: Odd) -> None:
    odd.pdf.pages[0].obj.StructParents = 2


def with_a_number_of_the_document_before(odd: Odd) -> None:
    odd.pdf.pages[0].obj.StructParents = -2


@pytest.mark.parametrize(
    "change",
    [without_tags, with_a_number_that_no_tag_has, with_a_number_of_the_document_before],
)
def test_no_page_points_to_the_tags_of_another_document(
    tmp_path: Path, change: Callable[[Odd], None]
) -> None:
    made, _ = bound(tmp_path, [tagged(), tagged(change), tagged()])
    assert not made.left_out
    assert misled(made.file) == []
    with pikepdf.open(made.file) as pdf:
        assert [at for at in (3, 5, 7) if "/StructParents" in pdf.pages[at].obj] == [3, 7]


def test_a_number_that_is_an_object_of_its_own_leads_where_it_led(tmp_path: Path) -> None:
    number = b"99 0 obj\n0\nendobj\n"
    content = tagged().replace(b"/StructParents 0", b"/StructParents 99 0 R")
    assert b"99 0 R" in content
    content = content.replace(b"xref\n0 ", number + b"xref\n0 ")  # readers look for what has moved
    made, _ = bound(tmp_path, [tagged(), content])
    assert misled(made.file) == []
    with pikepdf.open(made.file) as pdf:
        assert "/StructParents" in pdf.pages[5].obj


@pytest.mark.parametrize("number", [-1, 2**31 - 1, 2**62])
def test_numbers_that_would_leave_none_to_others_cost_a_document_its_own_tags(
    tmp_path: Path, number: int
) -> None:
    def far(odd: Odd) -> None:
        odd.pdf.pages[0].obj.StructParents = number
        odd.pdf.Root.StructTreeRoot.ParentTree.Nums[0] = number

    made, _ = bound(tmp_path, [tagged(far), tagged()])
    assert misled(made.file) == []
    with pikepdf.open(made.file) as pdf:
        assert ["/StructParents" in pdf.pages[at].obj for at in (3, 5)] == [False, True]
        assert int(pdf.Root.StructTreeRoot.ParentTreeNextKey) < 100


def test_notes_and_drawings_of_what_has_no_tags_point_to_none(tmp_path: Path) -> None:
    odd = Odd()
    page = odd.page("words", b"/D Do ", StructParents=0)
    drawing = odd.pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, StructParents=1)
    drawing.BBox = Array([0, 0, 9, 9])
    page.Resources.XObject = Dictionary(D=drawing)
    url = Dictionary(S=Name.URI, URI=String("https://court.example/"))
    page.Annots = Array([link(A=url, StructParent=2), odd.pdf.make_indirect(link(A=url))])
    page.Annots[1].StructParent = 3
    made, _ = bound(tmp_path, [odd.made(), tagged()])
    with pikepdf.open(made.file) as pdf:
        page = pdf.pages[3].obj
        holders = [page, page.Resources.XObject.D, *page.Annots.as_list()]
        assert len(holders) == 4
        for holder in holders:
            assert "/StructParents" not in holder
            assert "/StructParent" not in holder


class Incomparable(dict[str, Any]):
    """A note that says what it is, and is not compared with another."""

    __hash__ = None  # as a dictionary has it

    def __eq__(self, other: object) -> bool:
        raise AssertionError("of 20,000 notes that would be 100 million comparisons")


def test_fields_are_told_from_other_notes_one_by_one() -> None:
    kinds = [Name.Widget, Name.Link, Name.Widget, Name.Square]
    notes = [Incomparable({"/Subtype": kind}) for kind in kinds]
    fields, others = inert.told_apart(cast("list[pikepdf.Object]", notes))
    assert [one["/Subtype"] for one in fields] == [Name.Widget, Name.Widget]
    assert [one["/Subtype"] for one in others] == [Name.Link, Name.Square]
