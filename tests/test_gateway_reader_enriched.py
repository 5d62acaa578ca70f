"""Text with marks in angle brackets: what a person would have seen of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reader.enriched import ENRICHED, RICH, unmarked
from tests.test_gateway_reader_job import Read, group, mail, paths, run


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda raw: run(raw, tmp_path / "job")


@pytest.mark.parametrize(
    ("media_type", "text", "expected"),
    [
        (ENRICHED, "<bold>Dear</bold> Dana,\n\nsee <<4>.\nIt\nis.", "Dear Dana,\nsee <4>. It is."),
        (ENRICHED, "<color><param>red</param>Now</color>\n\n\nPat", "Now\n\nPat"),
        (ENRICHED, "<nofill>a\n b\n</nofill>c", "a\n b\nc"),
        (ENRICHED, "1 < 2, <not a mark>", "1 < 2, <not a mark>"),
        (RICH, "Dear<nl>Dana<lt>x\ny<comment>gone</comment>", "Dear\nDana<x y"),
        (RICH, "<paragraph>One</paragraph>two", "One\ntwo"),
    ],
)  # fmt: skip
def test_marks_go_and_words_stay(media_type: str, text: str, expected: str) -> None:
    assert unmarked(text, media_type) == expected


@given(st.text(alphabet="<>/ab\n"), st.sampled_from([ENRICHED, RICH]))
def test_any_text_is_taken(text: str, media_type: str) -> None:
    assert len(unmarked(text, media_type)) <= len(text)


def test_alone_it_is_the_message(read: Read) -> None:
    answer = read(mail("Content-Type: text/enriched", "", "<bold>Dear</bold> Dana"))
    assert answer["words"][0]["text"] == "Dear Dana"
    assert paths(answer) == {"1": "words"}


@pytest.mark.parametrize("plain_first", [True, False])
def test_beside_plain_text_it_is_another_form(read: Read, *, plain_first: bool) -> None:
    forms = [
        ("Content-Type: text/plain", "", "Dear Dana"),
        ("Content-Type: text/enriched", "", "<bold>Dear</bold> Dana"),
    ]
    ordered = forms if plain_first else forms[::-1]
    answer = read(mail(*group("alternative", "a", *ordered)))
    assert answer["words"][0]["text"] == "Dear Dana"
    assert sorted(paths(answer).values()) == ["alternative", "words"]
    assert paths(answer)["1" if plain_first else "2"] == "words"


def test_a_file_of_it_is_a_file(read: Read) -> None:
    answer = read(mail("Content-Type: text/enriched; name=a.etf", *_attached()))
    assert answer["words"][0]["text"] == ""
    assert "words" not in paths(answer).values()


def _attached() -> tuple[str, ...]:
    return ("Content-Disposition: attachment", "", "<bold>Dear</bold> Dana")
