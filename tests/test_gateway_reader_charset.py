"""Bytes become text whatever the label says, and it is told where they had to be guessed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.charset import decode, known_charset


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"),
        ('"utf8"', "utf-8"),
        ("x-gbk", "gb18030"),
        ("gb2312", "gb18030"),
        ("x-mac-cyrillic", "mac-cyrillic"),
        ("ks_c_5601-1987", "cp949"),
        ("charset=us-ascii", "ascii"),
        ("iso-8859-8-i", "iso8859-8"),
        ("windows-1252 (ansi)", "cp1252"),
        ("", None),
        ("unknown-8bit", None),
        ("made-up", None),
        ("hex", None),
        ("zip", None),
        ("idna", None),
        ("unicode_escape", None),
        ("\0\ud800", None),
        ("../../etc/passwd", None),
    ],
)
def test_labels_are_known_by_every_name_mail_has_for_them(label: str, codec: str | None) -> None:
    assert known_charset(label) == codec


@pytest.mark.parametrize(
    ("raw", "label", "text"),
    [
        ("Müller".encode(), "us-ascii", "Müller"),
        ("Müller".encode(), "iso-8859-1", "Müller"),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”"),
        (b"\xef\xbb\xbftext", "iso-8859-1", "text"),
        ("text".encode("utf-16"), None, "text"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("日本".encode("iso-2022-jp"), "ISO-2022-JP", "日本"),
        (b"", None, ""),
    ],
)
def test_what_fits_is_not_lossy(raw: bytes, label: str | None, text: str) -> None:
    assert decode(raw, label) == (text, False)


def test_a_bad_byte_in_good_text_stays_one_bad_character() -> None:
    raw = "ä".encode() * 100 + b"\xff"
    assert decode(raw, "utf-8") == ("ä" * 100 + "\ufffd", True)


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("тест тест", "koi8-r"),
        ("Москва - столица России.", "koi8-r"),
        ("Москва - столица России.", "cp1251"),
        ("Документы по делу", "cp1251"),
    ],
)
def test_a_few_words_of_russian_are_russian(text: str, charset: str) -> None:
    assert decode(text.encode(charset), None) == (text, True)


@pytest.mark.parametrize("label", [None, "us-ascii", "iso-8859-1", "made-up"])
def test_a_character_that_was_cut_does_not_make_the_others_strange(label: str | None) -> None:
    assert decode("Картина.pn".encode() + b"\xd1", label) == ("Картина.pn\ufffd", True)
    assert decode("Prüfung für Äpfel, größer".encode() + b" \xe9", label)[0].startswith("Prüfung")
    assert decode(b"M\xfcller, \xc4pfel", label)[0] == "Müller, Äpfel"


def test_an_unknown_charset_is_guessed_and_told() -> None:
    raw = "Der Bericht über die Behandlung fällt später aus als geplant.".encode("latin-1")
    text, lossy = decode(raw, "x-unheard-of")
    assert lossy
    assert "Behandlung" in text


def test_surrogates_never_leave() -> None:
    assert decode(b"+2D/f/g-", "utf-7")[0].encode("utf-8")


@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=20)))
@settings(deadline=None)
def test_every_bytes_under_every_label_give_text_that_can_be_stored(
    raw: bytes, label: str | None
) -> None:
    decode(raw, label)[0].encode("utf-8")
