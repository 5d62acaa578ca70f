"""Books and web archives: their pages in order, their own pictures, and nothing from elsewhere."""

from __future__ import annotations

import base64
from pathlib import Path

import pikepdf
import pypdf
import pytest

from converters import bundle
from converters.fault import ConversionFault, Damaged, NotTheType, PasswordNeeded, TooLarge
from tests.test_converters_detect import a_zip, an_image

EPUB, MHTML = "application/epub+zip", "multipart/related"
CONTAINER = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
BOOK = """<package><manifest>
<item id="b" href="text/b%20two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/a.xhtml" media-type="application/xhtml+xml"/>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml"/>
<item id="p" href="pictures/p.png" media-type="image/png"/>
<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>
</manifest><spine><itemref idref="a"/><itemref idref="b"/><itemref idref="gone"/></spine>
</package>"""


def a_book(**changed: str | bytes) -> bytes:
    members: dict[str, str | bytes] = {
        "mimetype": EPUB,
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": BOOK,
        "OPS/text/a.xhtml": "<html><body><h1>First</h1><script>no</script></body></html>",
        "OPS/text/b two.xhtml": '<p>Second <img src="../pictures/p.png"/></p>',
        "OPS/nav.xhtml": "<p>Contents</p>",
        "OPS/pictures/p.png": an_image("PNG"),
        **changed,
    }
    return a_zip({name: x if isinstance(x, bytes) else x.encode() for name, x in members.items()})


def rendered(tmp_path: Path, source: bytes, media_type: str) -> tuple[list[str], int, list[str]]:
    warnings = bundle.render(source, media_type, "A title", tmp_path / "out.pdf")
    texts = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "out.pdf").pages]
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        kinds = [str(one.get("/Subtype")) for one in pdf.objects if isinstance(one, pikepdf.Stream)]
    return texts, kinds.count("/Image"), warnings


def test_a_book_is_its_chapters_in_the_order_of_its_spine(tmp_path: Path) -> None:
    texts, pictures, warnings = rendered(tmp_path, a_book(), EPUB)
    assert ["First" in texts[0], "Second" in texts[1]] == [True, True]
    assert len(texts) == 2
    assert pictures == 1
    assert warnings == []


def test_a_book_shows_nothing_from_elsewhere(tmp_path: Path) -> None:
    chapter = '<p>x <img src="https://a.example/x.png"/><img src="../../../etc/passwd"/></p>'
    _, pictures, warnings = rendered(tmp_path, a_book(**{"OPS/text/a.xhtml": chapter}), EPUB)
    assert pictures == 1
    assert warnings == ["remote_content"]


ENTITY = '<!DOCTYPE package [<!ENTITY a "b">]>'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"junk", Damaged),
        (a_zip({"mimetype": EPUB.encode()}), Damaged),
        (a_book(**{"META-INF/container.xml": "<container/>"}), NotTheType),
        (a_book(**{"OPS/book.opf": "<package/>"}), NotTheType),
        (a_book(**{"OPS/book.opf": ENTITY + BOOK}), NotTheType),
        (a_book(**{"OPS/text/a.xhtml": b" " * 9_000_000}), TooLarge),
        (a_book(**{"OPS/pictures/p.png": b" " * 70_000_000}), TooLarge),
        (
            a_book(
                **{
                    "META-INF/encryption.xml": "<encryption><CipherReference"
                    ' URI="OPS/text/a.xhtml"/></encryption>'
                }
            ),
            PasswordNeeded,
        ),
        (a_book()[:900], Damaged),
    ],
    ids=range(9),
)
def test_what_is_no_book_or_too_much_of_one(
    tmp_path: Path, source: bytes, expected: type[ConversionFault]
) -> None:
    with pytest.raises(expected):
        rendered(tmp_path, source, EPUB)


def test_a_book_whose_fonts_alone_are_scrambled_is_open(tmp_path: Path) -> None:
    fonts = '<encryption><CipherReference URI="OPS/f.otf"/></encryption>'
    assert len(rendered(tmp_path, a_book(**{"META-INF/encryption.xml": fonts}), EPUB)[0]) == 2


def an_archive(page: str) -> bytes:
    picture = base64.encodebytes(an_image("PNG")).decode()
    head = (
        "From: =?utf-8?q?Pat_M=C3=BCller?= <pat@firm.example>\nSubject: Saved\nMIME-Version: 1.0\n"
    )
    parts = "".join(
        f"--x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n{name}\n\n{picture}\n"
        for name in (
            "Content-Location: https://a.example/pictures/p.png",
            "Content-ID: <one@two>",
        )
    )
    return (
        f"{head}Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html;"
        f' charset="iso-8859-1"\nContent-Location: https://a.example/page/index.html\n\n{page}\n'
        f"{parts}--x\nContent-Type: application/pdf; name=report.pdf\n\n%PDF\n--x--\n"
    ).encode("latin-1")


def test_a_web_archive_is_its_page_with_its_pictures(tmp_path: Path) -> None:
    page = (
        '<p>Café <img src="../pictures/p.png"><img src="https://a.example/pictures/p.png">'
        '<img src="cid:one@two"><img src="http://[bad"></p><script>no</script>'
    )
    texts, pictures, _ = rendered(tmp_path, an_archive(page), MHTML)
    for words in ("Café", "From Pat Müller <pat@firm.example>", "Subject Saved", "report.pdf"):
        assert words in texts[0], texts
    assert "no" not in texts[0].split()
    assert pictures >= 2


@pytest.mark.slow
def test_an_archive_without_a_page_or_with_parts_without_end_is_none(tmp_path: Path) -> None:
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(2000)
    )
    for source in (b"words", b"From: a\n\nwords", nested.encode()):
        with pytest.raises(NotTheType):
            rendered(tmp_path, source, MHTML)


def test_a_charset_that_no_name_could_have_is_none(tmp_path: Path) -> None:
    page = b"--b\r\nContent-Type: text/html; charset=x\0y\r\n\r\n<p>words\r\n--b--\r\n"
    archive = b'Content-Type: multipart/related; boundary="b"\r\n\r\n' + page
    bundle.render(archive, "multipart/related", "A title", tmp_path / "out.pdf")
    assert "words" in pypdf.PdfReader(tmp_path / "out.pdf").pages[0].extract_text()


def test_an_archive_of_too_many_parts_is_too_large(tmp_path: Path) -> None:
    parts = "--x\nContent-Type: text/html\n\n<p>a\n" * 2001
    source = f"Content-Type: multipart/related; boundary=x\n\n{parts}--x--\n".encode()
    with pytest.raises(TooLarge):
        rendered(tmp_path, source, MHTML)
