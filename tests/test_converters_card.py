"""Calendar and contact files become a page that says all they say."""

from __future__ import annotations

import base64
import re
from html import unescape
from pathlib import Path

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters import card, recurrence
from converters.content_lines import Line, lines, split
from converters.event_page import duration, moment
from converters.fault import NotTheType, TooLarge

ICS, VCF = "text/calendar", "text/vcard"


def page(source: str | bytes, media_type: str) -> str:
    """Return the words of a page, with a bar between two cells."""
    found, _ = lines(source.encode() if isinstance(source, str) else source)
    spaced = re.sub(r"</td>|<br>|</h1>|</h2>", " | ", "".join(card.sections(found, media_type)))
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", spaced))).strip()


EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Firm//Mail 1//EN
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Eastern Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY:Deposition of J. Smith\\, MD
DTSTART;TZID="Eastern Standard Time":20261203T093000
DTEND;TZID="Eastern Standard Time":20261203T110000
LOCATION:12 Main St\\; room 4
ORGANIZER;CN=Pat Hall:MAILTO:pat@firm.example
ATTENDEE;CN="Reyes, Dana";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT:mailto:dana@a.example
DESCRIPTION:Bring the file.\\nParking is behi
 nd the house.
ATTACH;FMTTYPE=application/pdf;X-FILENAME=notice.pdf;ENCODING=BASE64;VALUE=BINARY:JVBERi0=
ATTACH:https://firm.example/map
RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=10
EXDATE:20261210T093000Z
X-ROOM-CODE:7788
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
END:VALARM
END:VEVENT
BEGIN:VEVENT
SUMMARY:Holiday
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261227
END:VEVENT
END:VCALENDAR
"""


def test_an_event_is_said_in_words() -> None:
    said = page(EVENT.replace("\n", "\r\n"), ICS)
    for words in (
        "Event Deposition of J. Smith, MD |",
        (
            "When Thursday, December 3, 2026, 9:30 am (Eastern Standard Time) |"
            " to Thursday, December 3, 2026, 11:00 am (Eastern Standard Time) |"
        ),
        "Where 12 Main St; room 4 |",
        "Called by Pat Hall <pat@firm.example> |",
        "Who Reyes, Dana <dana@a.example>, needs action, req participant |",
        "Description Bring the file. | Parking is behind the house. |",
        "Attached notice.pdf, application/pdf, 5 bytes, in the original |",
        "Attached https://firm.example/map |",
        "Repeats every 2 weeks on Monday and Wednesday, 10 times |",
        "Not on Thursday, December 10, 2026, 9:30 am (UTC) |",
        "X-ROOM-CODE 7788",
        "Reminder Also in the file | TRIGGER -PT15M",
        "METHOD REQUEST",
        "Holiday | When Friday, December 25, 2026 | to Saturday, December 26, 2026 |",
    ):
        assert words in said, said
    assert "1601" not in said


def test_a_contact_is_said_in_words() -> None:
    said = page(
        "BEGIN:VCARD\nVERSION:3.0\nFN:Dr. Pat Hall\nN:Hall;Pat;Q.;Dr.;Esq.\n"
        "ORG:Hall & Partners\\, LLP;Litigation\nTITLE:Partner\nTEL;TYPE=WORK,VOICE:+1 555 0100\n"
        "item1.EMAIL;type=INTERNET;type=pref:pat@firm.example\nitem1.X-ABLabel:Desk\n"
        "ADR;TYPE=work:;;1 Main St;Springfield;IL;62701;USA\nNOTE:one\\ntwo\n"
        "PHOTO;ENCODING=b;TYPE=JPEG:AAAA\n BBBB\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:4.0\nFN:Second\nPHOTO:data:image/png;base64,AAAA\nEND:VCARD\n",
        VCF,
    )
    for words in (
        "Contact Dr. Pat Hall |",
        "Name Dr. Pat Q. Hall, Esq. |",
        "Organisation Hall & Partners, LLP, Litigation |",
        "Telephone (work) +1 555 0100 |",
        "Email pat@firm.example |",
        "Address (work) 1 Main St | Springfield | IL | 62701 | USA |",
        "Note one | two |",
        "Photograph 6 bytes, in the original |",
        "X-ABLABEL Desk",
        "Contact Second | Photograph 3 bytes, in the original |",
    ):
        assert words in said, said


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1251", "koi8-r"])
def test_an_old_card_in_quoted_printable_and_any_charset(charset: str) -> None:
    name = "Жанна" if charset in {"windows-1251", "koi8-r"} else "Jürgen"
    quoted = "".join(f"={byte:02X}" for byte in name.encode(charset))
    old = (
        f"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{quoted};=\r\n"
        f"=41nn\r\nTEL;HOME;CELL:123\r\nNOTE:folded\r\n here\r\n"
        f"LABEL;QUOTED-PRINTABLE;WORK:1 Main=0D=0ASpringfield\r\nEND:VCARD\r\n"
    )
    said = page(old, VCF)
    assert f"Contact Ann {name} |" in said
    assert "Telephone (home, cell) 123 |" in said
    assert "Note folded here |" in said
    assert "Address (work) 1 Main | Springfield |" in said


def test_bytes_of_another_charset_and_wide_text() -> None:
    whole = "BEGIN:VCARD\nFN:Jürgen Groß\nEND:VCARD\n"
    assert "Contact Jürgen Groß" in page(whole.encode("cp1252"), VCF)
    assert "Contact Jürgen Groß" in page(whole.encode("utf-16"), VCF)


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["X-A", "NOTE", "TEL", "item.URL", "N", "odd words "]),
                          WORDS), max_size=20))  # fmt: skip
@pytest.mark.slow
def test_no_word_of_a_card_is_lost(said: list[tuple[str, str]]) -> None:
    body = "".join(f"{name}:{value}\n" for name, value in said)
    text = page(f"BEGIN:VCARD\nBEGIN:OWN\n{body}FN:x\nEND:OWN\n{body}", VCF)
    for _, value in said:
        assert re.sub(r"\s+", " ", value) in text


def test_what_has_no_card_or_event_is_not_one(tmp_path: Path) -> None:
    for media_type in (ICS, VCF):
        for source in (b"", b"words\n", b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"):
            with pytest.raises(NotTheType):
                card.render(source, media_type, "A title", tmp_path / "out.pdf")
    with pytest.raises(TooLarge):
        card.render(b"X-A:b\n" * 20_001, VCF, "A title", tmp_path / "out.pdf")


@pytest.mark.slow
def test_components_in_each_other_without_end_are_read(tmp_path: Path) -> None:
    deep = b"BEGIN:VEVENT\n" * 10_000 + b"SUMMARY:deep\n"
    card.render(deep[: 13 * 900] + b"SUMMARY:deep\n", ICS, "A title", tmp_path / "out.pdf")
    assert "deep" in pypdf.PdfReader(tmp_path / "out.pdf").pages[0].extract_text()


def test_html_in_a_card_is_words(tmp_path: Path) -> None:
    source = b"BEGIN:VCARD\nFN:<b>bold</b> <script>x</script>\nEND:VCARD\n"
    assert card.render(source, VCF, "A title", tmp_path / "out.pdf") == []
    assert "<b>bold</b> <script>x</script>" in pypdf.PdfReader(tmp_path / "out.pdf").pages[
        0
    ].extract_text().replace("\n", " ")


def test_pieces_between_marks() -> None:
    assert split(r"a\;b;;c\\;", ";") == [r"a\;b", "", r"c\\", ""]
    assert split("", ";") == [""]


def test_a_parameter_may_hold_what_divides() -> None:
    (line,), _ = lines(b'ATTENDEE;CN="a:b;c";X=one^nt^^wo:mailto:x@y.example')
    assert line.parameters == {"CN": "a:b;c", "X": "one\nt^wo"}
    assert line.said == "mailto:x@y.example"
    (line,), _ = lines(b"KEY;ENCODING=BASE64:" + base64.b64encode(b"key"))
    assert line == Line("KEY", {"ENCODING": "BASE64"}, "", "", b"key")


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=MONTHLY;BYDAY=-1FR,2MO", "every month on the last Friday and the second Monday"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "every year on day 29 in February"),
        ("FREQ=WEEKLY;UNTIL=20270101T000000Z;WKST=SU",
         "every week until Friday, January 1, 2027, 12:00 am (UTC)"),
        ("FREQ=DAILY;COUNT=1;BYSETPOS=2", "every day, once, BYSETPOS=2"),
        ("whatever", "whatever"),
        ("FREQ=YEARLY;BYMONTH=99;BYDAY=XX", "every year on XX in 99"),
    ],
)  # fmt: skip
def test_a_recurrence_in_words(rule: str, said: str) -> None:
    assert recurrence.in_words(rule, lambda written: moment(written, {})) == said


def test_times_that_are_none_are_said_as_they_stand() -> None:
    assert moment("20261340", {}) == "20261340"
    assert moment("tomorrow", {}) == "tomorrow"
    assert moment("20260704T000000", {}) == "Saturday, July 4, 2026, 12:00 am (no zone given)"
    assert duration("P1DT2H") == "1 day 2 hours"
    assert duration("-PT15M") == "15 minutes before"
    assert duration("soon") == "soon"


def test_many_events_are_laid_out_in_stretches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "_STRETCH", 2)
    events = "".join(f"BEGIN:VEVENT\nSUMMARY:meeting {n}\nEND:VEVENT\n" for n in range(5))
    source = f"BEGIN:VCALENDAR\n{events}END:VCALENDAR\n".encode()
    assert card.render(source, ICS, "A title", tmp_path / "out.pdf") == ["untagged"]
    pdf = pypdf.PdfReader(tmp_path / "out.pdf")
    said = " ".join(page.extract_text() for page in pdf.pages)
    assert re.findall(r"meeting \d", said) == [f"meeting {number}" for number in range(5)]
    assert [page.extract_text().split()[-1] for page in pdf.pages] == ["1", "2", "3"]
    assert pdf.metadata is not None
    assert pdf.metadata.title == "A title"
