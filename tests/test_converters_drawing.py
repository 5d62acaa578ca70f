"""SVG drawings: shown as they are, without anything from elsewhere, and never drawn without end."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pikepdf
import pypdf
import pytest

from converters import check, drawing
from converters.fault import EngineFailed, NotTheType, TooLarge

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"{}>{}</svg>'
)
SIZED = ' width="200" height="100"'


def rendered(tmp_path: Path, body: str, size: str = SIZED) -> tuple[str, list[str]]:
    warnings = drawing.render(SVG.format(size, body).encode(), "A title", tmp_path / "out.pdf")
    (page,) = pypdf.PdfReader(tmp_path / "out.pdf").pages
    return page.extract_text(), warnings


@pytest.mark.parametrize("size", [SIZED, ' viewBox="0 0 200 100"', ' width="9000" height="90"'])
def test_a_drawing_is_one_page_with_its_words(tmp_path: Path, size: str) -> None:
    text, warnings = rendered(
        tmp_path, '<rect width="9" height="9"/><text y="20">Lot 7</text>', size
    )
    assert "Lot 7" in text
    assert warnings == []


def test_what_draws_nothing_is_no_conversion(tmp_path: Path) -> None:
    rendered(tmp_path, "<script>alert(1)</script>")
    pdf, source = (os.open(tmp_path / "out.pdf", os.O_RDONLY) for _ in range(2))
    with pytest.raises(EngineFailed, match="blank"):
        check.check(pdf, source, "image/svg+xml")
    os.close(source)


def test_nothing_is_fetched_and_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.svg").write_text(SVG.format(SIZED, "<text y='20'>canary</text>"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for url in (
            f"http://127.0.0.1:{listener.getsockname()[1]}/x",
            (tmp_path / "own.svg").as_uri(),
        ):
            for body in (
                '<image xlink:href="{}" width="9" height="9"/>',
                '<use xlink:href="{}#a"/>',
                '<style>@import url("{}");</style>',
            ):
                text, warnings = rendered(tmp_path, body.format(url) + "<text y='9'>words</text>")
                assert "canary" not in text
                # What a style sheet imports is not even asked for.
                assert warnings == ([] if "style" in body else ["remote_content"]), body
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert "/Names" not in pdf.Root or "/EmbeddedFiles" not in pdf.Root.Names


def test_entities_and_other_xml_are_refused(tmp_path: Path) -> None:
    declared = '<!DOCTYPE svg [<!ENTITY a "words">]>' + SVG.format(SIZED, "<text>&a;</text>")
    for source in (declared, "<html/>", "<svg", "words"):
        with pytest.raises(NotTheType):
            drawing.render(source.encode(), "A title", tmp_path / "out.pdf")


def levels(fill: str) -> str:
    """Return ten levels that use each other ten times."""
    return (
        "".join(f'<g id="g{level}">{fill.format(level + 1) * 10}</g>' for level in range(10))
        + '<g id="g10"><rect width="1" height="1"/></g>'
    )


@pytest.mark.parametrize(
    "body",
    [
        levels('<use xlink:href="#g{}"/>'),
        levels('<rect fill="url(#g{})"/>'),
        '<g id="a"><use xlink:href="#b"/></g><g id="b"><use xlink:href="#a"/></g>',
        '<g id="a"><use xlink:href="#a"/></g>',
        "<g>" * 300 + "</g>" * 300,
        "<rect/>" * 50_001,
    ],
    ids=["uses", "fills", "ring", "itself", "deep", "many"],
)
def test_a_drawing_without_end_is_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(TooLarge):
        rendered(tmp_path, body)


def test_a_shape_that_is_used_often_is_drawn(tmp_path: Path) -> None:
    shape = '<defs><g id="a"><rect id="b" width="2" height="2"/></g></defs>'
    text, _ = rendered(
        tmp_path, shape + '<use xlink:href="#a" x="5"/>' * 50 + "<text y='20'>x</text>"
    )
    assert "x" in text
