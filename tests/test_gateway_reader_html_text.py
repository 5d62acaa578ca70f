"""HTML becomes the text that a person reads, and quoted history is told apart by its marks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.html_text import NoReadableHtml, html_to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div><br></div>", ""),
        ("<p>a\n  b&nbsp;c</p>", "a b c"),
        ("a <b>bold</b>, <i>slanted</i> word", "a bold, slanted word"),
        ("x<b>y</b>z", "xyz"),
        ("Case <s>24-001240</s>", "Case [struck out: 24-001240]"),
        ("<del>24-<b>001234</b></del> 24-001240", "[struck out: 24-001234] 24-001240"),
        ("a <strike>b <br>c</strike>d", "a [struck out: b]\n[struck out: c]d"),
        ("<span style='color:red;text-decoration: line-through'>a</span>, b", "[struck out: a], b"),
        ("<pre>a <s>b\nc</s></pre>d", "a [struck out: b]\n[struck out: c]\n\nd"),
        ("<s> </s><s></s>x", "x"),
        ("<ul><li>one<li>two</ul>after", "- one\n- two\n\nafter"),
        ("<ol start=3><li><p>three</p></li><li>four</li></ol>", "3. three\n4. four"),
        ("<ul><li>one<ul><li>deep</li></ul></li></ul>", "- one\n  - deep"),
        ("<table><tr><td>Case</td><td>24-001234</td></tr><tr><td>x</table>", "Case\t24-001234\nx"),
        ("<a href='https://a.example/x'>the report</a>", "the report <https://a.example/x>"),
        ("<a href='https://a.example/'>https://a.example</a>", "https://a.example"),
        ("<a href='https://a.example/x'><img src=x></a>", ""),
        ("<a href='javascript:alert(1)'>press</a>", "press"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example"),
        ("<style>p{}</style><script>x()</script><title>t</title>text", "text"),
        ("<html><head><title>t</title></head><body>text</body></html>", "text"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p style='display: none'>hidden</p>seen", "seen"),
        ("<div hidden>hidden <p>deep</p></div>seen", "seen"),
        ("<!-- c --><![if !mso]>a<![endif]>b", "ab"),
        ("&lt;b&gt; &amp; &#228; &eacute;", "<b> & ä é"),
        ("a < b and c", "a < b and c"),
        ("", ""),
    ],
)
def test_a_page_reads_as_a_person_sees_it(html: str, text: str) -> None:
    assert html_to_text(html).text == text


QUOTED = "<p>On Monday, Pat wrote:</p><p>Case 24-009999</p>"


@pytest.mark.parametrize(
    "html",
    [
        f"<div>New</div><div class='gmail_quote'>{QUOTED}</div>",
        f"<div>New</div><div class='x gmail_quote_container y'>{QUOTED}</div>",
        f"<div>New</div><blockquote type='cite'>{QUOTED}</blockquote>",
        f"<div>New</div><hr><div id='divRplyFwdMsg'>From: Pat</div>{QUOTED}",
        f"<div>New</div><div id='x_divRplyFwdMsg'>From: Pat</div>{QUOTED}",
        f"<div>New</div><div id='appendonsend'></div><hr>{QUOTED}",
        f"<div>New</div><hr id='zwchr'>{QUOTED}",
        f"<div>New</div><div class='yahoo_quoted'>{QUOTED}</div>",
        f"<div>New</div><div class='protonmail_quote'>{QUOTED}</div>",
        f"<div>New</div><div class='moz-cite-prefix'>On</div><blockquote type=cite>{QUOTED}",
    ],
)
def test_history_marked_by_a_program_is_not_new(html: str) -> None:
    found = html_to_text(html)
    assert found.new == "New"
    assert "24-009999" in found.text


def test_an_answer_under_the_quotation_is_new() -> None:
    html = f"<div class='gmail_quote'>{QUOTED}</div><div>My answer</div>"
    assert html_to_text(html).new == "My answer"


def test_a_plain_indented_block_is_somebodys_own_words() -> None:
    assert html_to_text("<blockquote>quoted by hand</blockquote>").new == "quoted by hand"


def test_new_words_give_links_by_their_words_alone() -> None:
    assert html_to_text("<a href='https://a.example/x'>the report</a>").new == "the report"


def test_html_nested_two_hundred_thousand_deep_is_no_page() -> None:
    with pytest.raises(NoReadableHtml):
        html_to_text("<div>" * 200_000)


@pytest.mark.slow
def test_a_text_of_nothing_but_ampersands_is_no_page() -> None:
    with pytest.raises(NoReadableHtml):
        html_to_text("&" * 200_000)
    assert html_to_text("<p>R&amp;D</p>" * 60_000).text.count("R&D") == 60_000


def test_a_thousand_unclosed_elements_are_still_read() -> None:
    assert html_to_text("<font>" * 1000 + "words").text == "words"


@given(st.text(alphabet="<>/abpdiv =\"'&;!-\n", max_size=200))
@settings(deadline=None)
def test_no_html_makes_it_raise(html: str) -> None:
    html_to_text(html)
