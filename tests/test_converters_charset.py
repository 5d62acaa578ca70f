from __future__ import annotations

import pytest

from converters import charset

GERMAN = "Sehr geehrte Frau Müller, die Größe der Schäden beträgt 1.200 Euro. Viele Grüße"
TABLE = "Name;Größe;Straße\nJörg;3;Hauptstraße\nAndré;4;Rue de l'Église\n"
RUSSIAN = "Уважаемый господин Иванов, направляем Вам документы по делу о страховом случае"  # noqa: RUF001
JAPANESE = "拝啓 貴社ますますご清栄のこととお慶び申し上げます。書類を送付いたします。"
POLISH = "Szanowny Panie, przesyłam dokumenty dotyczące sprawy. Z poważaniem, Łukasz Żółć"
TURKISH = "Sayın Yılmaz, dosyayı ekte gönderiyorum. Saygılarımla, Şükrü Ağaoğlu"  # noqa: RUF001


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        *((GERMAN, codec) for codec in ("cp1252", "mac_roman", "cp850")),
        *((TABLE, codec) for codec in ("cp1252", "mac_roman", "cp850")),
        *(("naïve café résumé for Señor Peña", codec) for codec in ("cp1252", "cp850")),
        ("He said \u201cdon\u2019t\u201d \u2013 and left\u2026 for 5\u00a0€", "cp1252"),
        ("The plaintiff\u2019s car", "cp1252"),
        ("The plaintiff\u2019s car", "mac_roman"),
        ("Müller", "cp1252"),
        ("Öl", "cp1252"),
        ("MÜLLER GMBH, STRASSE, GRÖSSE, ÄRGER", "cp1252"),
        ("Það er ekki rétt, sagði Þórður á Íslandi", "cp1252"),
        ("£5 per day, § 12 and 20 °C", "cp1252"),
        *((POLISH, codec) for codec in ("cp1250", "iso8859-2")),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy", "cp1250"),
        ("Jövő szerdán küldöm a dokumentumokat, üdvözlettel Győző Kovács", "cp1250"),
        (TURKISH, "cp1254"),
        *(("Добрый день", codec) for codec in ("cp1251", "koi8-r", "cp866")),
        *(("Письмо о страховом случае", codec) for codec in ("cp1251", "koi8-r", "cp866")),  # noqa: RUF001
        ("Αγαπητέ κύριε, σας στέλνω τα έγγραφα της υπόθεσης", "cp1253"),
        *((RUSSIAN, codec) for codec in ("cp1251", "koi8-r", "cp866")),
        *((JAPANESE, codec) for codec in ("cp932", "euc_jp")),
    ],
)
def test_what_does_not_say_its_encoding_is_guessed(text: str, codec: str) -> None:
    assert charset.decoded(text.encode(codec)) == (text, False)


def test_some_stray_bytes_do_not_make_a_text_another() -> None:
    whole = "Größe, Straße, Übergang, Äußerung, schön und müßig " * 2
    assert charset.decoded(whole.encode() + b"\x93so\x94") == (f"{whole}“so”", False)
    cut, sure = charset.decoded((whole + "€").encode()[:-1])
    assert cut.startswith(whole)
    assert not sure


@pytest.mark.parametrize("codec", ["iso2022_jp", "iso2022_kr"])
def test_letters_behind_escapes_are_no_ascii(codec: str) -> None:
    text = JAPANESE if codec == "iso2022_jp" else "안녕하세요. 보험 청구 서류를 첨부합니다."
    assert charset.decoded(text.encode(codec)) == (text, True)


def test_a_coloured_log_is_no_japanese() -> None:
    assert charset.decoded(b"\x1b[31mred\x1b[0m and \x1b$ money") == (
        "\x1b[31mred\x1b[0m and \x1b$ money",
        True,
    )


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, "שלום רב, מצורפים המסמכים בתיק התביעה"])
def test_wide_letters_without_a_mark(text: str, codec: str) -> None:
    assert charset.decoded(text.encode(codec)) == (text, True)


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        *(
            (one, "cp1252", "He said “don\u2019t” \u2013 café")
            for one in ("ISO-8859-1", "latin1", "us-ascii")
        ),
        ("gb2312", "gb18030", "鎔基的报告"),
        ("x-gbk", "gbk", "文件"),
        ("shift_jis", "cp932", "①㈱髙島屋"),
        ("x-sjis", "cp932", "保険"),
        ("ks_c_5601-1987", "cp949", "똠방각하 펲시"),
        ("windows-874", "cp874", "สวัสดี"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
        ("iso-8859-9", "cp1254", "şükrü “a”"),
        ("x-mac-roman", "mac_roman", "Größe"),
        ("x-cp1251", "cp1251", "Привет"),
        ("koi8-r", "koi8-r", "Привет"),
    ],
)
def test_a_label_is_read_as_browsers_do(label: str, codec: str, text: str) -> None:
    assert charset.decoded(text.encode(codec), label) == (text, True)


def test_a_label_that_is_wrong_here_and_there_is_believed() -> None:
    source = RUSSIAN.encode("cp1251") + b"\x98"
    assert charset.decoded(source, "windows-1251") == (f"{RUSSIAN}\ufffd", False)


@pytest.mark.parametrize("label", ["base64", "idna", "no-such-thing", "utf-16", "", None])
def test_a_label_that_leads_nowhere_is_passed_over(label: str | None) -> None:
    assert charset.decoded(GERMAN.encode("cp1252"), label) == (GERMAN, False)
    assert charset.decoded(GERMAN.encode(), label) == (GERMAN, True)


def test_a_mark_comes_before_the_label() -> None:
    for codec in ("utf-8-sig", "utf-16", "utf-32"):
        assert charset.decoded(GERMAN.encode(codec), "koi8-r") == (GERMAN, True)


def test_a_long_text_is_decoded_whole() -> None:
    source = ("plain words, " * 40_000 + "Müller").encode("cp1252")
    assert charset.decoded(source)[0].endswith("Müller")
