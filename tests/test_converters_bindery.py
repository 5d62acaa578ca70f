"""The bindery: every document is in the whole, in order, numbered, led to, and does nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from pikepdf import Array, Dictionary, Name, OutlineItem, String
from PIL import Image

from converters import active
from converters.binder_files import SECTION
from converters.bindery import TooManyPages
from converters.fault import EngineFailed
from converters.rendition import RESULT
from tests.binding import InProcess, Odd, TakenOver, bound, link, script, simple, taken_over

pytestmark = pytest.mark.slow


def texts(file: Path) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(file).pages]


def is_sound(file: Path) -> bool:
    """Say whether qpdf finds nothing to say about a file."""
    with pikepdf.open(file) as pdf:
        return not pdf.check_pdf_syntax() and not pdf.get_warnings()


def test_every_page_is_there_in_order_behind_the_sheet_of_its_document(tmp_path: Path) -> None:
    made, _ = bound(tmp_path, [simple("first", 3), simple("second"), simple("third", 2)])
    read = texts(made.file)
    first = [re.split(r"\n", one)[0] for one in read]
    assert first == [
        *("Cover of 11", "Contents"),
        *("Sheet 1", "first 1", "first 2", "first 3"),
        *("Sheet 2", "second 1", "Sheet 3", "third 1", "third 2"),
    ]
    assert made.pages == len(read) == 11
    for number, words in enumerate(read, 1):
        assert f"page {number} of 11" in words
    assert is_sound(made.file)


def test_the_number_on_a_page_is_its_label_and_the_contents_say_it(tmp_path: Path) -> None:
    made, words = bound(tmp_path, [simple("first", 3), simple("second")])
    assert pypdf.PdfReader(made.file).page_labels == [str(one) for one in range(1, 9)]
    assert [one.page for one in words.standings[-1]] == [3, 7]


def test_the_contents_lead_to_each_document_and_its_sheet_back(tmp_path: Path) -> None:
    made, _ = bound(tmp_path, [simple("first", 3), simple("second")])
    read = pypdf.PdfReader(made.file)
    there = {
        name: read.get_destination_page_number(where)
        for name, where in read.named_destinations.items()
    }
    assert there == {"cover": 0, "contents": 1, "document-1": 2, "document-2": 6}
    links = [
        [str(note.get_object()["/Dest"]) for note in read.pages[at].get("/Annots", [])]
        for at in (1, 2, 6)
    ]
    assert links == [["document-1", "document-2"], ["contents"], ["contents"]]


def test_bookmarks_are_the_documents_with_their_own_beneath(tmp_path: Path) -> None:
    odd = Odd()
    pages = [odd.page(f"page {one}") for one in range(4)]
    with odd.pdf.open_outline() as outline:
        chapter = OutlineItem("Chapter", 1)
        chapter.children.append(OutlineItem("Paragraph", 3))
        outline.root.append(chapter)
    assert len(pages) == 4
    made, _ = bound(tmp_path, [simple("first"), odd.made()])
    read = pypdf.PdfReader(made.file)

    def said(items: list[object]) -> list[object]:
        return [
            said(one)
            if isinstance(one, list)
            else (one["/Title"], read.get_destination_page_number(one))  # type: ignore[index, arg-type]  # a destination, as pypdf has it
            for one in items
        ]

    assert said(list(read.outline)) == [
        ("Cover", 0),
        ("Contents", 1),
        ("1. document 1.pdf", 2),
        ("2. document 2.pdf", 4),
        [("Chapter", 6), [("Paragraph", 8)]],
    ]


def test_an_outline_that_leads_into_itself_ends(tmp_path: Path) -> None:
    odd = Odd()
    page = odd.page("words")
    item = odd.pdf.make_indirect(Dictionary(Title=String("round"), Dest=Array([page, Name.Fit])))
    item.Next, item.First = item, item
    odd.pdf.Root.Outlines = odd.pdf.make_indirect(Dictionary(First=item, Last=item))
    made, _ = bound(tmp_path, [odd.made()])
    assert len(pypdf.PdfReader(made.file).outline) == 4
    assert is_sound(made.file)


@pytest.mark.parametrize("how", ["explicit", "action", "name", "string"])
def test_a_link_of_a_document_leads_where_it_led(tmp_path: Path, how: str) -> None:
    odd = Odd()
    first, _, third = (odd.page(f"page {one}") for one in range(3))
    where = Array([third, Name.XYZ, 0, 500, 0])
    odd.pdf.Root.Dests = Dictionary(old=where)
    named = pikepdf.NameTree.new(odd.pdf)
    named["new"] = where
    odd.pdf.Root.Names = Dictionary(Dests=named.obj)
    first.Annots = Array(
        [
            {
                "explicit": link(Dest=where),
                "action": link(A=Dictionary(S=Name.GoTo, D=where)),
                "name": link(Dest=Name.old),
                "string": link(A=Dictionary(S=Name.GoTo, D=String("new"))),
            }[how]
        ]
    )
    made, _ = bound(tmp_path, [simple("other", 2), odd.made()])
    with pikepdf.open(made.file) as pdf:
        (note,) = pdf.pages[6].Annots
        assert note.Dest[0].objgen == pdf.pages[8].obj.objgen
        assert "/A" not in note


def test_what_acts_is_left_behind_and_links_to_pages_of_the_web_stay(tmp_path: Path) -> None:
    odd = Odd()
    page = odd.page("words", AA=Dictionary(O=script()))
    page.Annots = Array(
        [
            link(A=Dictionary(S=Name.URI, URI=String("https://court.example/"))),
            link(A=Dictionary(S=Name.URI, URI=String("javascript:alert(1)"))),
            link(A=Dictionary(S=Name.Launch, F=String("calc.exe"))),
            link(A=script()),
            Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=Array([0, 0, 9, 9])),
            Dictionary(
                Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), Contents="Note",
                AA=Dictionary(E=script()),
            ),
        ]
    )  # fmt: skip
    odd.pdf.Root.OpenAction = script()
    odd.pdf.Root.AA = Dictionary(WC=script())
    odd.pdf.attachments["evil.exe"] = b"MZ"
    made, _ = bound(tmp_path, [odd.made()])
    with pikepdf.open(made.file) as pdf:
        assert active.kinds(pdf) == frozenset()
        assert not pdf.attachments
        assert [str(one.get("/Contents", "")) for one in pdf.pages[3].Annots] == ["", "Note"]
        assert str(pdf.pages[3].Annots[0].A.URI) == "https://court.example/"
    assert b"evil" not in made.file.read_bytes()


def test_what_stands_in_a_form_is_printed_and_the_form_is_gone(tmp_path: Path) -> None:
    odd = Odd()
    page = odd.page("words")
    look = odd.pdf.make_stream(b"BT /F1 12 Tf 2 4 Td (Jane Roe) Tj ET")
    look.Type, look.Subtype, look.BBox = Name.XObject, Name.Form, Array([0, 0, 100, 20])
    look.Resources = page.Resources
    field = odd.pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="name", V="Jane Roe", F=4,
            Rect=Array([40, 100, 140, 120]), AP=Dictionary(N=look), AA=Dictionary(K=script()),
        )
    )  # fmt: skip
    page.Annots = Array([field, link(A=Dictionary(S=Name.URI, URI=String("https://a.example")))])
    odd.pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    made, _ = bound(tmp_path, [odd.made()])
    assert "Jane Roe" in texts(made.file)[3]
    with pikepdf.open(made.file) as pdf:
        assert [str(one.Subtype) for one in pdf.pages[3].Annots] == ["/Link"]
        assert "/AcroForm" not in pdf.Root
        assert active.kinds(pdf) == frozenset()


def test_a_signed_document_is_said_to_be(tmp_path: Path) -> None:
    odd = Odd()
    odd.page("words")
    odd.pdf.Root.AcroForm = Dictionary(Fields=Array([]), SigFlags=3)
    made, _ = bound(tmp_path, [simple("plain"), odd.made()])
    read = texts(made.file)
    assert "signed: False" in read[2]
    assert "signed: True" in read[4]


def test_one_that_opens_without_a_password_is_in_and_not_encrypted(tmp_path: Path) -> None:
    odd = Odd()
    odd.page("owner")
    made, _ = bound(tmp_path, [odd.made(encryption=pikepdf.Encryption(owner="secret", user=""))])
    assert not made.left_out
    assert "owner" in texts(made.file)[3]


@pytest.mark.parametrize("what", ["locked", "cut", "empty", "noise"])
def test_what_cannot_be_opened_has_its_sheet_alone(tmp_path: Path, what: str) -> None:
    odd = Odd()
    odd.page("words")
    content = {
        "locked": odd.made(encryption=pikepdf.Encryption(owner="o", user="u")),
        "cut": simple("cut")[:300],
        "empty": b"",
        "noise": b"%PDF-1.7\n" + b"\x00\xff" * 500,
    }[what]
    made, _ = bound(tmp_path, [simple("first"), content, simple("third")])
    assert made.left_out == {1}
    first = [one.split("\n")[0] for one in texts(made.file)]
    assert first[2:] == ["Sheet 1", "first 1", "Sheet 2", "Sheet 3", "third 1"]
    assert "absent" in texts(made.file)[4]


def test_one_that_breaks_when_it_is_bound_is_left_out_and_the_numbers_are_right(
    tmp_path: Path,
) -> None:
    odd = Odd()
    odd.page("flat", MediaBox=Array([0, 0, 0, 0]))
    made, words = bound(tmp_path, [odd.made(), simple("second")])
    assert made.left_out == {0}
    assert [one.page for one in words.standings[-1]] == [3, 4]
    for number, read in enumerate(texts(made.file), 1):
        assert f"page {number} of 5" in read


def test_a_script_that_hides_in_a_drawing_keeps_its_document_out(tmp_path: Path) -> None:
    odd = Odd()
    odd.page("words").Resources.Properties = Dictionary(P=Dictionary(Next=script()))
    made, _ = bound(tmp_path, [odd.made()])
    assert made.left_out == {0}


def test_a_script_whose_key_is_spelt_in_broken_letters_keeps_its_document_out(
    tmp_path: Path,
) -> None:
    odd = Odd()
    odd.page("words").Resources.Properties = Dictionary(P=Dictionary(QQQQQQ=String("app.alert(1)")))
    # A broken escape, behind which a good one becomes its second half: /#4A is /J when read again.
    made, _ = bound(tmp_path, [odd.made().replace(b"/QQQQQQ ", b"/#4#41S ")])
    assert made.left_out == {0}


def test_words_that_name_a_script_are_no_script(tmp_path: Path) -> None:
    odd = Odd()
    words = String("see /JS and /S /Launch in chapter 2")
    page = odd.page("words")
    page.Annots = Array(
        [Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 9, 9]), Contents=words)]
    )
    made, _ = bound(tmp_path, [odd.made()])
    assert not made.left_out


def _more_files(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":
        for name in ("sections", "sheet-1.pdf", "front.html"):
            (into / name).write_bytes(b"hostile")


def _file_at_a_look(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "look":
        (into / "figures.pdf").write_bytes(b"hostile")


def _no_file(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":
        (into / SECTION).unlink()


def _with(into: Path, key: str, value: Any, *more: tuple[bytes, bytes]) -> None:
    """Write something into the first page of the section, and other bytes, as many, over it."""
    with pikepdf.open(into / SECTION, allow_overwriting_input=True) as pdf:
        pdf.pages[0].obj["/A"] = String("12345678")
        pdf.pages[0].obj[key] = value(pdf) if callable(value) else value
        pdf.save(into / SECTION, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    written = (into / SECTION).read_bytes()
    for old, new in more:
        assert written.count(old) == 1
        written = written.replace(old, new)
    (into / SECTION).write_bytes(written)


def _script(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":
        _with(into, "/AA", Dictionary(O=script()))


def _action_elsewhere(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    """Have an action say what it does in an object of its own."""
    if job["do"] == "section":
        _with(into, "/AA", lambda pdf: Dictionary(O=Dictionary(S=pdf.make_indirect(Name.Launch))))


def _other_letters(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":
        spelt = (b"/JS (1234567890)", b"/#4aS(1234567)"), (b"/JavaScript", b"/JavaScrip#74")
        _with(into, "/AA", Dictionary(O=script("1234567890")), *spelt)


def _behind_a_line(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    """Have a string hold the line at which a stream begins: what follows it would pass unseen."""
    if job["do"] == "section":
        _with(into, "/AA", Dictionary(O=script()), (b"12345678", b"\nstream\n"))


def _twice(pdf: pikepdf.Pdf) -> int:
    pdf.pages.append(pdf.pages[0])
    return len(pdf.pages)


def _more_pages(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":
        _with(into, "/B", _twice)


def _no_list_of_pages(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":
        _with(into, "/B", 1, (b"<< /Pages ", b"<< /Pagez "))


def _far_tags(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
    if job["do"] == "section":

        def tree(pdf: pikepdf.Pdf) -> int:
            leaf = pdf.make_indirect(Dictionary(Nums=Array([2**62, Array([])])))
            pdf.Root.StructTreeRoot = pdf.make_indirect(Dictionary(K=Array([]), ParentTree=leaf))
            return 1

        _with(into, "/B", tree)


def _deep(_: dict[str, Any], answer: dict[str, Any], __: Path) -> None:
    answer["bookmarks"] = [[10**18, "deep", 0]]


def _beyond(_: dict[str, Any], answer: dict[str, Any], __: Path) -> None:
    answer["bookmarks"] = [[0, "beyond", 1]]


def _before(_: dict[str, Any], answer: dict[str, Any], __: Path) -> None:
    answer["bookmarks"] = [[0, "before", -1]]


def _many(_: dict[str, Any], answer: dict[str, Any], __: Path) -> None:
    answer["bookmarks"] = [[0, "one of many", 0]] * 1001


def _no_number(_: dict[str, Any], answer: dict[str, Any], __: Path) -> None:
    answer["pages"] = -5


@pytest.mark.parametrize(
    "hostile",
    [
        *(_more_files, _file_at_a_look, _no_file, _script, _action_elsewhere, _other_letters),
        *(
            _behind_a_line,
            _more_pages,
            _no_list_of_pages,
            _far_tags,
            _deep,
            _beyond,
            _before,
            _many,
            _no_number,
        ),
    ],
)
def test_a_document_that_takes_its_process_over_costs_itself_and_no_other(
    tmp_path: Path, hostile: Callable[[dict[str, Any], dict[str, Any], Path], None]
) -> None:
    documents = [simple("first"), taken_over(), simple("third")]
    made, _ = bound(tmp_path, documents, workshop=TakenOver(hostile))
    assert made.left_out == {1}
    first = [one.split("\n")[0] for one in texts(made.file)]
    assert first[2:] == ["Sheet 1", "first 1", "Sheet 2", "Sheet 3", "third 1"]
    with pikepdf.open(made.file) as pdf:
        assert active.kinds(pdf) == frozenset()


class _JoinsOddly(InProcess):
    """Has the last job end as `oddly` makes it."""

    def __init__(self, oddly: Callable[[dict[str, Any], Path], None]) -> None:
        super().__init__()
        self._oddly = oddly

    def job(self, job: dict[str, Any], files: Sequence[Path], into: Path) -> dict[str, Any]:
        answer = super().job(job, files, into)
        if job["do"] == "bind":
            self._oddly(answer, into)
        return answer


def _no_pages(answer: dict[str, Any], _: Path) -> None:
    del answer["pages"]


def _other_pages(answer: dict[str, Any], _: Path) -> None:
    answer["pages"] = "many"


def _no_whole(_: dict[str, Any], into: Path) -> None:
    (into / RESULT).unlink()


@pytest.mark.parametrize("oddly", [_no_pages, _other_pages, _no_whole])
def test_what_joins_them_is_believed_no_more_than_what_opens_them(
    tmp_path: Path, oddly: Callable[[dict[str, Any], Path], None]
) -> None:
    with pytest.raises(EngineFailed):
        bound(tmp_path, [simple("words")], workshop=_JoinsOddly(oddly))


def test_of_many_that_break_each_is_tried_once(tmp_path: Path) -> None:
    odd = Odd()
    odd.page("flat", MediaBox=Array([0, 0, 0, 0]))
    flat, workshop = odd.made(), InProcess()
    made, _ = bound(tmp_path, [flat, simple("second"), flat, flat], workshop=workshop)
    assert made.left_out == {0, 2, 3}
    assert len(texts(made.file)) == made.pages == 7
    # The front, the sheets and the documents of two rounds.
    assert workshop.jobs.count("section") == (1 + 4 + 4) + (1 + 4 + 1)


def test_documents_that_break_anew_each_time_end_it(tmp_path: Path) -> None:
    broke: set[int] = set()

    def one_a_round(job: dict[str, Any], _: dict[str, Any], into: Path) -> None:
        if job["do"] == "section" and job["of"] not in broke:
            broke.add(job["of"])
            (into / SECTION).unlink()

    with pytest.raises(EngineFailed):
        bound(tmp_path, [taken_over()] * 8, workshop=TakenOver(one_a_round))
    assert len(broke) < 8


def test_a_section_beyond_the_bytes_of_the_whole_is_not_kept(tmp_path: Path) -> None:
    large = Odd()
    large.page("words").Contents = large.pdf.make_stream(b"%" + os.urandom(1 << 20))
    documents = [large.made(), large.made(), simple("third")]
    made, _ = bound(tmp_path, documents, most_bytes=3 << 19)
    assert made.left_out == {1}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb"/Size \d+", b""),
        (rb"/ID \[.*?\]", b"/ID [<0123456789abcdef0123456789abcdef01><01>]"),
        (rb"/ID \[.*?\]", b"/DocChecksum /0123 /Notes [(of a program)]"),
    ],
)
def test_an_odd_trailer_keeps_no_document_out(tmp_path: Path, old: bytes, new: bytes) -> None:
    content, count = re.subn(old, new, simple("words"))
    assert count == 1
    made, _ = bound(tmp_path, [content])
    assert not made.left_out


def test_a_broken_list_of_pages_is_read_as_viewers_do(tmp_path: Path) -> None:
    odd = Odd()
    first, second = odd.page("one"), odd.page("two")
    tree = odd.pdf.Root.Pages
    inner = odd.pdf.make_indirect(
        Dictionary(Type=Name.Pages, Kids=Array([second]), Count=7, Rotate=90, Parent=tree)
    )
    tree.Kids, tree.Count = Array([first, inner, first]), 99
    del second["/MediaBox"]
    inner.MediaBox = Array([0, 0, 300, 500])
    content = odd.made()
    made, _ = bound(tmp_path, [content])
    assert [one.split("\n")[0] for one in texts(made.file)][3:] == ["one", "two", "one"]
    page = pypdf.PdfReader(made.file).pages[4]
    assert (page.rotation, [float(one) for one in page.mediabox]) == (90, [0, 0, 300, 500])
    assert is_sound(made.file)


@pytest.mark.parametrize(
    "drawn", [b"q 3 0 0 3 0 0 cm q ", b"Q Q ", b"q Q q 2 0 0 2 9 9 cm (q) pop "]
)
def test_a_page_that_leaves_its_state_open_moves_no_number(tmp_path: Path, drawn: bytes) -> None:
    odd = Odd()
    odd.page("odd", drawn)
    made, _ = bound(tmp_path, [odd.made()])
    with pikepdf.open(made.file) as pdf:
        depth = 0
        for step in pikepdf.parse_content_stream(pdf.pages[3]):
            depth += {"q": 1, "Q": -1}.get(str(step.operator), 0)
            assert depth >= 0
            if str(step.operator) == "BDC":
                assert depth == 0, "the number is drawn as on a page that is new"
        assert depth == 0


def test_a_layer_that_is_hidden_stays_hidden(tmp_path: Path) -> None:
    def layered(*, base_off: bool) -> bytes:
        odd = Odd()
        page = odd.page("seen", b"/OC /L BDC BT /F1 9 Tf (hidden) Tj ET EMC ")
        layer = odd.pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Draft"))
        page.Resources.Properties = Dictionary(L=layer)
        how = Dictionary(BaseState=Name.OFF) if base_off else Dictionary(OFF=Array([layer]))
        odd.pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=how)
        return odd.made()

    made, _ = bound(tmp_path, [layered(base_off=False), simple("x"), layered(base_off=True)])
    with pikepdf.open(made.file) as pdf:
        layers = pdf.Root.OCProperties
        hidden = [one.objgen for one in layers.D.OFF]
        assert hidden == [one.objgen for one in layers.OCGs]
        assert hidden == [pdf.pages[at].Resources.Properties.L.objgen for at in (3, 7)]


def test_tags_lead_from_each_page_to_what_is_on_it(tmp_path: Path) -> None:
    made, _ = bound(tmp_path, [simple("untagged"), simple("other")])
    with pikepdf.open(made.file) as pdf:
        root = pdf.Root
        assert (str(root.Lang), str(root.ViewerPreferences.DisplayDocTitle)) == ("en", "True")
        assert str(pdf.docinfo.Title) == "Package 7KQ4-M2XD"
        assert str(root.MarkInfo.Suspects) == "True", "two documents came without tags"
        tree = pikepdf.NumberTree(root.StructTreeRoot.ParentTree)
        met = []
        for at in (0, 1, 2, 4):
            page = pdf.pages[at]
            number = int(page.StructParents)
            met.append(number)
            elements = tree[number]
            assert {one.Pg.objgen for one in elements if "/Pg" in one} == {page.obj.objgen}
        assert len(set(met)) == len(met)
        assert [str(one.T) for one in root.StructTreeRoot.K] == [
            *("Package 7KQ4-M2XD", "document 1.pdf", "document 2.pdf")
        ]
        for part in root.StructTreeRoot.K:
            assert part.K[0].P.objgen == part.objgen


def test_nothing_is_claimed_of_pages_that_nobody_checked(tmp_path: Path) -> None:
    made, _ = bound(tmp_path, [simple("any")])
    with pikepdf.open(made.file) as pdf, pdf.open_metadata() as told:
        assert told["dc:title"] == "Package 7KQ4-M2XD"
        assert told.pdfa_status == ""
        assert "pdfuaid" not in str(told)


def test_too_many_pages_are_said_before_any_is_made(tmp_path: Path) -> None:
    with pytest.raises(TooManyPages) as caught:
        bound(tmp_path, [simple("many", 50)], most_pages=40)
    assert caught.value.pages == 53


def test_a_name_in_any_script_is_on_its_pages(tmp_path: Path) -> None:
    made, _ = bound(tmp_path, [simple("words")])
    assert "1. document 1.pdf" in texts(made.file)[3]


@pytest.mark.slow
@pytest.mark.parametrize("turned", [0, 90, 180, 270, -90])
@pytest.mark.parametrize("unit", [1, 2])
def test_the_number_is_at_the_foot_of_what_is_seen(tmp_path: Path, turned: int, unit: int) -> None:
    odd = Odd()
    odd.page("", Rotate=turned, CropBox=Array([50, 80, 350, 480]), UserUnit=unit)
    made, _ = bound(tmp_path, [odd.made()])
    seen = tmp_path / "seen"
    how = ("-cropbox", "-gray", "-r", f"{72 * unit}", "-f", "4", "-l", "4")
    subprocess.run(["pdftoppm", *how, str(made.file), str(seen)], check=True)
    (file,) = tmp_path.glob("seen*.pgm")
    with Image.open(file) as picture:
        dark = picture.point(lambda level: 255 if level < 190 else 0).getbbox()
        wide, tall = picture.size
    # poppler knows no UserUnit: at this resolution a point is one pixel.
    assert wide == (300 if turned % 180 == 0 else 400) * unit
    assert dark is not None
    assert dark[1] > tall - 22, "at the foot"
    assert dark[3] < tall - 4
    assert wide - 26 < dark[2] < wide - 6, "at the right"


@pytest.mark.slow
def test_ten_times_the_pages_take_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for documents in (4, 40):
        folder = tmp_path / f"{documents}"
        folder.mkdir()
        content = simple("a long record", 50)
        made, _ = bound(folder, [content] * documents)
        assert made.pages > documents * 51
        again = tmp_path / f"again-{documents}"
        again.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", _BIND_AND_SAY, str(folder / "room"), str(again)],
            check=True,
            capture_output=True,
            text=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 8 << 10, peaks


# The most KiB that joining took, without the pages of files, which the kernel drops at need.
_BIND_AND_SAY = """
import os, sys, threading
from pathlib import Path
from converters import binding
from converters.handed import Handed

def taken():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

most, ended = [0], threading.Event()

def watch():
    while not ended.wait(0.005):
        most[0] = max(most[0], taken())

thread = threading.Thread(target=watch)
thread.start()
room, again = map(Path, sys.argv[1:])
handed = [Handed(os.open(room / one, os.O_RDONLY), again) for one in ("sections", "facts.json")]
binding.bind(*handed)
ended.set()
thread.join()
print(max(most[0], taken()))
"""
