from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdf
import pytest

from converters import text
from converters.fault import TooLarge


def rendered(tmp_path: Path, source: bytes) -> tuple[str, list[str]]:
    remarks = text.render(source, "A title", tmp_path / "out.pdf")
    pages = pypdf.PdfReader(tmp_path / "out.pdf").pages
    return "\n".join(page.extract_text() for page in pages), remarks


@pytest.mark.parametrize(
    ("source", "sure"),
    [
        ("Grüße, Dana".encode(), True),
        ("Grüße, Dana".encode("utf-8-sig"), True),
        ("Grüße, Dana, and more words".encode("utf-16-le"), True),
        ("Grüße, Dana".encode("utf-16"), True),
        ("Viele Grüße, schöne Tage und große Mühe wünscht Ihnen Dana".encode("cp1252"), False),
    ],
)
def test_texts_in_many_encodings(tmp_path: Path, source: bytes, sure: bool) -> None:
    read, remarks = rendered(tmp_path, source)
    assert "Grüße" in read
    assert (remarks == []) is sure


def test_markup_in_a_text_is_text(tmp_path: Path) -> None:
    read, _ = rendered(tmp_path, b"<b>a</b> &amp; <script>b</script>\n<img src=x>")
    assert "<b>a</b> &amp; <script>b</script>" in read


@pytest.mark.slow
def test_one_endless_line_wraps_and_keeps_its_end(tmp_path: Path) -> None:
    read, _ = rendered(tmp_path, b"x" * 30_000 + b"THE-END")
    assert "THE-END" in read.replace("\n", "")
    page = pypdf.PdfReader(tmp_path / "out.pdf").pages[0]
    edge: list[float] = []
    page.extract_text(visitor_text=lambda _t, cm, tm, _f, _s: edge.append(cm[0] * tm[4] + cm[4]))
    assert max(edge) < float(page.mediabox.width)


@pytest.mark.slow
def test_a_long_text_is_whole_and_numbered_through(tmp_path: Path) -> None:
    lines = "\n".join(f"line {number} of the text" for number in range(8000))
    read, remarks = rendered(tmp_path, lines.encode())
    assert remarks == ["untagged"]
    assert all(f"line {number} of" in read for number in (0, 1, 3999, 4000, 7999))
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        last = len(pdf.pages)
        assert str(pdf.docinfo["/Title"]) == "A title"
    assert read.rstrip().endswith(f"{last}")


def test_stretches_lose_nothing() -> None:
    whole = "\n".join("word " * (number % 40) for number in range(9000)) + "\n\n"
    assert "\n".join(text.stretches(whole)) == whole


def test_only_what_is_lined_up_gets_a_fixed_pitch() -> None:
    assert text.is_columns("Name     Dose\nAspirin  100\n" * 5)
    assert not text.is_columns("Dear Dana,\n\nwords and words.\n\n-- \nPat\n" * 5)


def test_a_flood_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        text.render(b" " * (text.MOST_BYTES + 1), "", tmp_path / "out.pdf")


def test_xml_is_decoded_as_it_says() -> None:
    source = '<?xml version="1.0" encoding="iso-8859-2"?><a>Łukasz Żółć</a>'.encode("iso8859-2")
    assert text.decoded(source) == (source.decode("iso8859-2"), True)
