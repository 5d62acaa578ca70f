"""Foreign words in a mail of ours."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gateway.telling.mail import counted, harmless


@given(st.text(st.characters(), max_size=2000))
def test_foreign_words_stay_on_their_line(foreign: str) -> None:
    plain = harmless(foreign)
    assert len(plain) <= 255
    assert len(plain.splitlines()) <= 1
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in plain)
    assert harmless(plain) == plain


def test_the_senders_language_stays() -> None:
    assert harmless("Müller\r\n文件 — Gutachten") == "Müller 文件 — Gutachten"
    assert harmless("x" * 300) == "x" * 254 + "…"


def test_counts_are_words() -> None:
    assert [counted(number, "document") for number in (0, 1, 1200)] == [
        "0 documents",
        "1 document",
        "1,200 documents",
    ]
