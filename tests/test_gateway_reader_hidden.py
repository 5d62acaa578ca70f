"""Hidden text never passes for the words, and what is seen is never taken for hidden."""

from __future__ import annotations

import pytest

from gateway.reader.html_text import html_to_text

SEEN = "<p>We disagree.</p>"


@pytest.mark.parametrize(
    "html",
    [
        '<div style="display:none">24-009999</div>',
        '<div style="display : none !important">24-009999</div>',
        '<span style="visibility:hidden">24-009999</span>',
        '<span style="mso-hide:all">24-009999</span>',
        '<span style="opacity:0">24-009999</span>',
        '<span style="font-size:0">24-009999</span>',
        '<span style="font-size:0px;line-height:0">24-009999</span>',
        '<span style="font-size:1px">24-009999</span>',
        '<div style="max-height:0;overflow:hidden">24-009999</div>',
        '<div style="overflow:hidden;height:0px">24-009999</div>',
        '<div style="position:absolute;left:-9999px">24-009999</div>',
        '<div style="text-indent:-9999px">24-009999</div>',
        '<span style="color:white">24-009999</span>',
        '<span style="color:#FFF">24-009999</span>',
        '<span style="color:#fefefe">24-009999</span>',
        '<span style="color: rgb(255, 255, 255)">24-009999</span>',
        '<span style="color:transparent">24-009999</span>',
        '<span style="color:rgba(0,0,0,0)">24-009999</span>',
        '<font color="#ffffff">24-009999</font>',
        '<table bgcolor="#003366"><tr><td style="color:#003366">24-009999</td></tr></table>',
        '<p hidden>24-009999</p>',
        '<style>.pre{display:none}</style><div class="pre">24-009999</div>',
        '<style>div.a, .pre { max-height:0; overflow:hidden }</style><p class="pre">24-009999</p>',
    ],
)  # fmt: skip
def test_what_nobody_sees_is_not_read(html: str) -> None:
    for page in (f"{html}{SEEN}", f"{SEEN}{html}", f"<div><div>{html}</div></div>{SEEN}"):
        found = html_to_text(page)
        assert found.text.strip() == "We disagree."
        assert found.new.strip() == "We disagree."


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:black">24-001234</p>',
        '<table bgcolor="#036"><tr><td><a href="#" style="color:#fff">24-001234</a></td></table>',
        '<div style="background:#003366;color:#fff">24-001234</div>',
        '<div style="background-image:url(x.png);color:#fff">24-001234</div>',
        '<div style="background:none;color:#333">24-001234</div>',
        '<div style="font-size:0"><p style="font-size:13px">24-001234</p></div>',
        '<div style="font-size:0px"><span style="font:14px Arial">24-001234</span></div>',
        '<div style="color:white"><span style="color:#000">24-001234</span></div>',
        '<body bgcolor="black"><p style="color:white">24-001234</p></body>',
        '<style>.b{background:#036}</style><p class="b" style="color:white">24-001234</p>',
        '<style>body{background:#000}</style><p style="color:white">24-001234</p>',
        '<style>@media (max-width:600px){.m{display:none}}</style><p class="m">24-001234</p>',
        '<p style="line-height:0">24-001234</p>',
        '<p style="opacity:0.9">24-001234</p>',
        '<p style="min-width:0;max-width:600px">24-001234</p>',
        '<p style="color:windowtext">24-001234</p>',
        '<p style="font-size:11.0pt;color:#1F497D">24-001234</p>',
        '<p style="width:0;overflow:visible">24-001234</p>',
    ],
)  # fmt: skip
def test_what_is_seen_is_read(html: str) -> None:
    assert "24-001234" in html_to_text(f"{html}{SEEN}").new


def test_a_link_counts_whatever_its_colour() -> None:
    html = '<p>See</p><a href="https://files.example/s/1" style="color:white">here</a>'
    assert html_to_text(html).links == ("https://files.example/s/1",)
    hidden = '<p>See</p><div style="display:none"><a href="https://files.example/s/1">x</a></div>'
    assert html_to_text(hidden).links == ()


@pytest.mark.parametrize(
    ("html", "seen"),
    [
        ('<img src="cid:a@b">', {"a@b"}),
        ('<img src="CID:a%40b" width="400">', {"a@b"}),
        ('<table background="cid:a@b"><tr><td>x</td></tr></table>', {"a@b"}),
        ('<div style="background:url(cid:a@b)">x</div>', {"a@b"}),
        ('<body background="cid:a@b"><p>x</p></body>', {"a@b"}),
        ('<style>td{background:url("cid:a@b")}</style>', {"a@b"}),
        ('<img src="cid:a@b" width="1" height="1">', set()),
        ('<img src="cid:a@b" style="display:none">', set()),
        ('<div style="display:none"><img src="cid:a@b"></div>', set()),
        ('<img src="https://x.example/a.png">', set()),
    ],
)
def test_only_images_that_are_displayed_are_seen(html: str, seen: set[str]) -> None:
    assert html_to_text(f"<p>x</p>{html}").images == seen


def test_repetitive_styles_take_little_time() -> None:
    for unit in ("height:0;", "overflow:hidden;", ".a,", "a{", "color:"):
        style = unit * 20_000
        html_to_text(f'<style>{style}</style><p style="{style}">x</p>')
