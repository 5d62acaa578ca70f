"""Markdown becomes the document that it describes; HTML in it stays words."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pypdf
import pytest

from converters import markdown, text


def rendered(tmp_path: Path, source: bytes) -> tuple[str, list[str]]:
    warnings = markdown.render(source, "A title", tmp_path / "out.pdf")
    return "\n".join(
        page.extract_text() for page in pypdf.PdfReader(tmp_path / "out.pdf").pages
    ), warnings


def test_headings_lists_and_tables_are_set_as_such(tmp_path: Path) -> None:
    source = "# Café\n\n1. one\n2. *two*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`code` ~~gone~~\n"
    words, warnings = rendered(tmp_path, source.encode())
    assert "#" not in words
    assert "|" not in words
    assert "Café" in words
    assert warnings == []
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        kinds = {str(one.get("/S")) for one in pdf.objects if isinstance(one, pikepdf.Dictionary)}
    assert {"/H1", "/L", "/Table"} <= kinds


def test_html_in_it_is_words_and_nothing_is_fetched(tmp_path: Path) -> None:
    source = (
        b"<script>alert(1)</script>\n\n<b>x</b> ![alt](https://a.example/x.png) [a](javascript:b)"
    )
    words, warnings = rendered(tmp_path, source)
    assert "<script>alert(1)</script>" in words
    assert "<b>x</b>" in words
    assert warnings == ["remote_content"]


def test_what_is_too_large_for_a_page_is_laid_out_as_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "MOST_BYTES", 600)
    words, _ = rendered(tmp_path, b"**a** " * 100 + b"the-end")
    assert "**a**" in words
    assert "the-end" in words


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 10, 11, 12, 13, 20, 22, 23, 24, 25, 100, 400])
@pytest.mark.parametrize("kind", ["quotes", "lists", "quotes and lists"])
def test_what_is_deep_in_itself_is_never_left_out(kind: str, depth: int, tmp_path: Path) -> None:
    """The library stops at a depth and says nothing; such a text is laid out as it is."""
    line = {
        "quotes": "> " * depth,
        "lists": "".join(f"{'  ' * level}- item{level}\n" for level in range(depth)),
        "quotes and lists": "> - " * depth,
    }[kind]
    words, _ = rendered(tmp_path, f"begin\n\n{line} innermost\n\nthe-end\n".encode())
    assert "begin" in words
    assert "innermost" in words
    assert "the-end" in words
    if kind == "lists":
        assert f"item{depth - 1}" in words


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("utf-16", "Größe, naïve, Жанна"),
        ("utf-16-le", "A statement of facts, with an ö in it"),
        ("utf-16-be", "A statement of facts, with an ö in it"),
        ("utf-32", "Größe"),
        ("utf-8-sig", "Größe"),
        ("cp1252", "„Größe“ schöne Straße, 5 € für Übersetzer und Händler"),
        ("iso-8859-1", "Größe der Straße, für die Übersetzer und Händler im Süden"),
        ("cp1251", "Это заявление свидетеля о том, что он видел на дороге вечером"),  # noqa: RUF001
        ("koi8-r", "Это заявление свидетеля о том, что он видел на дороге вечером"),  # noqa: RUF001
        ("cp1253", "Αυτή είναι η κατάθεση του μάρτυρα για όσα είδε στον δρόμο"),  # noqa: RUF001
        ("shift_jis", "これは証人の供述書です。昨日の夜、道路で事故を見ました。"),
    ],
)
def test_a_text_in_any_usual_encoding_is_read(codec: str, words: str) -> None:
    raw = (words + "\n").encode(codec)
    assert text.decoded(raw)[0] == words + "\n"
    assert words.split(maxsplit=1)[0] in markdown.as_html(raw)[0]
