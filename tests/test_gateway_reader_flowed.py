"""format=flowed text gets its paragraphs back, by RFC 3676."""

from __future__ import annotations

from gateway.reader.flowed import plain, unflowed


def test_lines_that_end_with_a_space_are_joined() -> None:
    assert unflowed("one \ntwo \nthree\nfour") == "one two three\nfour"


def test_with_delsp_the_space_goes() -> None:
    assert unflowed("auf \nhören", delete_space=True) == "aufhören"


def test_stuffed_lines_lose_one_space() -> None:
    assert unflowed(" From here\n >not quoted\n  indented") == "From here\n>not quoted\n indented"


def test_lines_flow_within_one_depth_of_quotation_only() -> None:
    text = ">> deep \n>> deeper\n> quoted \nnew"
    assert unflowed(text) == "> > deep deeper\n> quoted \nnew"


def test_a_signature_mark_never_flows() -> None:
    assert unflowed("Best wishes \n-- \nPat") == "Best wishes \n-- \nPat"


def test_line_ends_and_controls_are_made_plain() -> None:
    assert plain("a\r\nb\rc\r\r\nd\0\x1b[1m\te") == "a\nb\nc\nd[1m\te"
