from __future__ import annotations

import base64
import socket
from pathlib import Path

import pikepdf
import pypdf
import pytest
from cffi import CDefError  # type: ignore[import-untyped]
from weasyprint.text.ffi import ffi  # type: ignore[import-untyped]

from converters import array_types, html, page, text
from converters.fault import TooLarge, Unreadable
from tests.hostile import fonts
from tests.test_converters_detect import an_image


def rendered(tmp_path: Path, source: str | bytes, **images: bytes) -> tuple[str, list[str]]:
    content = source.encode() if isinstance(source, str) else source
    remarks = html.render(content, images, "A title", tmp_path / "out.pdf")
    pages = pypdf.PdfReader(tmp_path / "out.pdf").pages
    return "\n".join(page.extract_text() for page in pages), remarks


def pictures(tmp_path: Path) -> int:
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        return sum(len(page.get_images()) for page in pdf.pages)


def test_a_page_is_tagged_and_titled(tmp_path: Path) -> None:
    text, remarks = rendered(tmp_path, "<h1>Dear Dana</h1><p>words</p>")
    assert "Dear Dana" in text
    assert remarks == []
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.docinfo["/Title"]) == "A title"


def test_no_length_of_an_array_is_parsed_with_all_that_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array_types.warm()
    rendered(tmp_path, "<p>a first page, which parses the rest</p><table><tr><td>b")
    parsed: list[str] = []
    monkeypatch.setattr(ffi._parser, "parse_type", parsed.append)
    text, _ = rendered(tmp_path, f"<p>{''.join(map(chr, range(33, 127)))}</p>")
    assert parsed == []
    assert "ABCDEFGHIJ" in text
    assert ffi.sizeof("hb_codepoint_t[1234567]") == 4 * 1234567
    monkeypatch.undo()
    with pytest.raises(CDefError):
        ffi.new("hb_codepoint_t[x y]")


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [
        '<img src="{url}">',
        '<link rel=stylesheet href="{url}"><style>@import url({url});</style>',
        '<p style="background:url({url})">x</p>',
        """<style>p{{background:url("{url}");font-family:f}}
        @font-face{{font-family:f;src:url({url})}}</style><p>x</p>""",
        '<iframe src="{url}"></iframe><object data="{url}"></object><embed src="{url}">',
        '<base href="{url}"><img src="x.png">',
        """<img src="data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22
        xmlns:xlink=%22http://www.w3.org/1999/xlink%22><image xlink:href=%22{url}%22/></svg>">""",
        '<a rel=attachment href="{url}">x</a>',
        '<meta http-equiv=refresh content="0;url={url}">',
        "<style>@color-profile --x {{ src: url({url}) }}</style>",
    ],
)
def test_nothing_is_fetched_and_nothing_of_ours_is_read(tmp_path: Path, page: str) -> None:
    (tmp_path / "canary.png").write_bytes(an_image("PNG"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for url in (
            f"http://127.0.0.1:{listener.getsockname()[1]}/x",
            (tmp_path / "canary.png").as_uri(),
            "file:///etc/hostname",
        ):
            rendered(tmp_path, "<p>words</p>" + page.format(url=url))
            assert pictures(tmp_path) == 0
            with pikepdf.open(tmp_path / "out.pdf") as pdf:
                assert "/EmbeddedFiles" not in pdf.Root.get("/Names", {})
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_font_that_a_page_brings_is_not_read(tmp_path: Path) -> None:
    packed = base64.b64encode(fonts.honest()).decode()
    sheet = f"@font-face {{ font-family: bait; src: url(data:font/ttf;base64,{packed}) }}"
    rendered(tmp_path, f"<style>{sheet} p {{ font-family: bait }}</style><p>wwww</p>")
    with pikepdf.open(tmp_path / "out.pdf") as pdf:
        names = {str(each.BaseFont) for each in pdf.objects if _is_font(each)}
    assert names
    assert not any("bait" in name.lower() for name in names)


def _is_font(each: pikepdf.Object) -> bool:
    return isinstance(each, pikepdf.Dictionary) and "/BaseFont" in each


def test_what_is_elsewhere_is_told(tmp_path: Path) -> None:
    _, remarks = rendered(tmp_path, '<p>words <img src="https://a.example/x.png"></p>')
    assert remarks == ["remote_content"]


def test_images_given_with_the_page_are_shown(tmp_path: Path) -> None:
    images = {"logo@x": an_image("PNG"), "<Other@X>": an_image("JPEG")}
    html.render(
        b'<img src="cid:logo@x"><img src="CID:other%40x"><img src="cid:unknown">',
        images,
        "",
        tmp_path / "out.pdf",
    )
    assert pictures(tmp_path) == 2


def test_no_script_leaves_the_page(tmp_path: Path) -> None:
    cleaned = html.cleaned(
        '<script>a()</script><p onclick="a()">words</p><a href="javascript:a()">x</a>'
        '<a href="data:text/html,x">y</a><a href="https://a.example">z</a><form><input></form>'
    )
    assert "a()" not in cleaned
    assert "data:" not in cleaned
    assert "https://a.example" in cleaned


def test_a_page_wider_than_paper_is_shrunk_not_cut(tmp_path: Path) -> None:
    cells = "".join(
        f'<td style="width:200px"><div style="width:200px">w{n}</div></td>' for n in range(12)
    )
    text, _ = rendered(tmp_path, f"<table><tr>{cells}</tr></table>")
    assert all(f"w{n}" in text for n in range(12))
    edge = []
    page = pypdf.PdfReader(tmp_path / "out.pdf").pages[0]
    page.extract_text(visitor_text=lambda _t, cm, tm, _f, _s: edge.append(cm[0] * tm[4] + cm[4]))
    assert max(edge) < float(page.mediabox.width)


@pytest.mark.parametrize(
    "source",
    [
        "Grüße".encode(),
        '<meta charset="iso-8859-1">Grüße'.encode("latin-1"),
        '<meta charset="no-such">Grüße'.encode("cp1252"),
        "Grüße".encode("utf-16"),
        b"\xef\xbb\xbf" + "Grüße".encode(),
    ],
)
def test_pages_in_many_encodings(tmp_path: Path, source: bytes) -> None:
    assert "Grüße" in rendered(tmp_path, source)[0]


def test_a_flood_of_html_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        html.render(b" " * (html.MOST_BYTES + 1), {}, "", tmp_path / "out.pdf")
    with pytest.raises(TooLarge):
        html.render(b"&" * 200_000, {}, "", tmp_path / "out.pdf")


def test_a_page_that_no_font_here_shows_is_not_called_converted(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        rendered(tmp_path, "<p>" + "\U00012000\U00012001 " * 20 + "</p>")


@pytest.mark.slow
@pytest.mark.parametrize(
    "bomb",
    [
        "<table><tr><td>" * 30_000,
        "<table><tr><td>" * 31 + "x" + "</table>" * 31,
        "<div>" * 401,
        "<div>" * 30_000,
        # An end tag that ends nothing: a count that believed it would never get deep.
        ("<div>" * 300 + "<table><tr><td>" + "</div>" * 300) * 2,
        ("<div><!--</div>-->" * 401),
        ('<div title="</div>">' * 401),
        "<div><style></div></style>" * 401,
        "<br>" * 50_001,
        # Seven kilobytes that become two megabytes: each paragraph gets all of them again.
        "<p>" + "".join(f"<font color=c{number}>" for number in range(300)) + "</p><p>x" * 300,
        "</p>" * 100_000,
    ],
    ids=range(11),
)
def test_a_bomb_of_html_is_refused_before_it_is_laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bomb: str
) -> None:
    monkeypatch.setattr(page, "write", None)
    with pytest.raises(TooLarge):
        html.render(bomb.encode(), {}, "", tmp_path / "out.pdf")


@pytest.mark.slow
def test_a_long_thread_with_tables_in_tables_is_no_bomb(tmp_path: Path) -> None:
    thread = "<blockquote><div>a reply " * 25 + "<table><tr><td>" * 15 + "<br>word" * 300 + "-end"
    assert "word-end" in rendered(tmp_path, thread)[0].replace("\n", "")


@pytest.mark.parametrize(
    "style",
    ["display:flex", "Display : inline-flex", "display:grid", "columns:2", "column-count:2"],
)
@pytest.mark.parametrize("where", ["attribute", "sheet"])
def test_layouts_that_double_with_every_level_are_not_used(
    tmp_path: Path, style: str, where: str
) -> None:
    div = f'<div style="{style}">' if where == "attribute" else "<div>"
    sheet = f"<style>div {{ {style} }}</style>" if where == "sheet" else ""
    assert style not in html.cleaned(sheet + div)
    # Seventy years, were one of them left.
    words = f"{style} is only words here"
    assert words in rendered(tmp_path, sheet + div * 20 + words)[0].replace("\n", " ")


HEADING = (("From", "<script>a()</script> &amp; <b>Pat</b>"), ("Subject", "x" * 400 + " the end"))


@pytest.mark.parametrize("kind", ["html", "text"])
def test_lines_above_a_message_are_data_and_wrap(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "out.pdf"
    if kind == "html":
        html.render(b"<p>Dear Dana</p>", {}, "A title", target, HEADING)
    else:
        text.render(b"Dear Dana", "A title", target, HEADING)
    first = pypdf.PdfReader(target).pages[0]
    edge: list[float] = []
    read = first.extract_text(
        visitor_text=lambda words, cm, tm, _f, size: edge.append(
            cm[0] * tm[4] + cm[4] + words.count("x") * size * cm[0] * 0.4
        )
    )
    assert read.startswith("From")
    assert "<script>a()</script> &amp; <b>Pat</b>" in read
    assert read.count("x") >= 400
    assert read.index("the end") < read.index("Dear Dana")
    assert max(edge) < float(first.mediabox.width)


@pytest.mark.parametrize(
    ("head", "codec", "sure"),
    [
        ('<meta charset="iso-8859-1">', "cp1252", True),
        ('<meta http-equiv="Content-Type" content="text/html; charset=shift_jis">', "cp932", True),
        ('<meta charset="iso-2022-jp">', "iso2022_jp", True),
        ('<?xml version="1.0" encoding="windows-1251"?>', "cp1251", True),
        ("", "utf-16-le", True),
        ("", "cp1252", False),
        ("", "koi8-r", False),
    ],
)
def test_a_page_is_decoded_as_it_says_or_it_is_said(
    tmp_path: Path, head: str, codec: str, sure: bool
) -> None:
    words = {
        "cp932": "保険金請求の書類",
        "iso2022_jp": "保険金請求の書類",
        "cp1251": "Уважаемый господин Иванов",
        "koi8-r": "Уважаемый господин Иванов, направляем Вам документы по делу",
    }.get(codec, "the plaintiff\u2019s café")
    source = f"{head}<html><body><p>{words}</p></body></html>".encode(codec)
    assert words in html.decoded(source)
    if codec in {"cp1252", "koi8-r"}:
        assert rendered(tmp_path, source)[1] == ([] if sure else ["charset_guessed"])


def test_what_is_hidden_on_paper_alone_is_shown(tmp_path: Path) -> None:
    hides = "p { display: none }"
    for media in ("@media print{", "@MEDIA only print {"):
        text, _ = rendered(tmp_path, f"<style>{media}{hides}}}</style><p>as it was seen</p>b")
        assert "as it was seen" in text
    text, _ = rendered(tmp_path, f"<style>@media all {{{hides}}}</style><p>never seen</p>b")
    assert "never seen" not in text
