"""Case numbers: what counts, what is a slip, and what is some other number."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import Cases
from gateway.numbers.case_number import CaseShape
from gateway.numbers.number_context import Likeness

SHAPE = CaseShape.of(Cases())


def seen(text: str, shape: CaseShape = SHAPE) -> list[tuple[str | None, bool]]:
    """Each find: its number, and whether it counts."""
    return [(one.number, one.likeness is Likeness.COUNTS) for one in shape.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "24-001234",
        "Smith deposition (24-001234).",
        "Re:24-001234",
        "24\u2013001234",
        "24\u2011001234",
        "24 - 001234",
        "24-\n001234",
        "\uff12\uff14\uff0d\uff10\uff10\uff11\uff12\uff13\uff14",  # full width
        "٢٤-٠٠١٢٣٤",
        "24-001234/JS",
        "Smith-24-001234",
        "24-001234-Smith",
        "Smith_24-001234_final.pdf",
        "24-001234.pdf",
        "(1) 24-001234",
        "Claim no. 24-001234",
        "CLAIM NUMBER IS 24-001234",
        "Case #24-001234",
        "Case#24-001234",
        "case-24-001234",
        "Aktenzeichen: 24-001234",
        "Your file no.: 24-001234",
        "Case:\n24-001234",
        "24-001234, again 24-001234 and Case 24-001234",
        "Tel. 555-0100\n24-001234",
        "24-001234 - 2 documents",
        "24-001234 \u2013 2023 tax return",
        "11/20/2026 - 24-001234",
        "Part 1 - 24-001234",
        "- 24-001234\n- 2 bills",
        "Claim No.: #24-001234",
        "Dossier n\u00b0 24-001234",
        "Siniestro n\u00famero 24-001234",
        "Schaden-Nr. 24-001234",
        "Az.: 24-001234",
        "Superior Court: notice of trial, Claim 24-001234",
        "Summons & Complaint 24-001234",
        "Exhibit index 24-001234",
        "Action needed: 24-001234",
        "Notice of arbitration, 24-001234",
    ],
)
def test_a_number_of_ours_is_found_however_it_is_written(text: str) -> None:
    assert seen(text) == [("24-001234", True)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Claim no. 24-00123", "24-00123"),
        ("Case 24 001234", "24 001234"),
        ("Case #24001234", "24001234"),
        ("Aktenzeichen 24/1234", "24/1234"),
        ("your ref: AB-1234/24", "AB-1234/24"),
        ("claim 24-O01234", "24-O01234"),
        ("24-O01234", "24-O01234"),
        ("24-\u041e\u041e1234", "24-\u041e\u041e1234"),
        ("24-00\u03991234"[:-1], "24-00\u0399123"),
        ("Claim 24-001234-01", "24-001234-01"),
    ],
)
def test_what_is_meant_for_a_number_but_has_not_its_shape_counts_without_one(
    text: str, written: str
) -> None:
    (found,) = SHAPE.find(text)
    assert (found.text, found.number, found.likeness) == (written, None, Likeness.COUNTS)


@pytest.mark.parametrize(
    "text",
    [
        "24-00123",
        "24-0012345",
        "240-01234",
        "124-001234",
        "24/001234",
        "24 001234",
        "24-001234-01",
        "24-001234.50",
        "WC-24-001234",
        "2:24-001234",
        "Policy 24-001234",
        "Invoice no. 24-001234",
        "Court case no. 24-001234",
        "Our file no.: 24-001234",
        "Our ref 24-001234",
        "Unser Zeichen: 24-001234",
        "The co-defendant's claim no. 24-001234",
        "co-defendant\u2019s carrier number 24-001234",
        "excess carrier claim: 24-001234",
        "Bar No. 24-001234",
        "Tax ID: 24-001234",
        "T: 24-001234",
        "24-1234",
        "2024-001234",
        "24001234",
        "24-001-234",
        "24-001\n234",
        "A24-001234",
        "24-001234B",
        "This is not for 24-001234.",
        "not for claim no. 24-001234",
        "Case No. 2:24-cv-01234-ABC",
        "hearing on 21-112026",
        "born 11-241950",
        "24#001234",
        "24\u00b7001234",
        "24:001234",
        "24--001234",
        "24,001234",
        "24 (001234)",
        "24-001'234",
        "24-S01234",
        "see no. 001234",
        "#001234",
        "24~001234",
        "24-00 1234",
        "24-0012 34",
        "24-001,234",
        "24-001=\n234",
        "2 4 - 0 0 1 2 3 4",
        "Index No. 24-001234",
        "Cause No. 24-001234",
        "Civil Action No. 24-001234",
        "Civ. No. 24-001234",
        "Medicaid ICN 24-001234",
        "AAA 24-001234",
        "AAA arbitration no. 24-001234",
        "WC claim 24-001234",
        "Superior Court No. 24-001234",
        "In the Circuit Court of Cook County\nCase No. 24-001234",
        "Superior Court, County of Essex, Case No. 24-001234",
        "Case No. 24-001234 (Middlesex Superior Court)",
        "24-001234, Essex Superior Court",
        "Similar to 24-001234",
        "similar facts as in claim 24-001234",
        "the same provider as 24-001234",
        "prior claim 24-001234",
        "previous case no. 24-001234",
        "Dr. Roe is also named in 24-001234",
        "Conflict check against 24-001234",
        "copy what you have in 24-001234",
        "[struck out: 24-001234]",
    ],
)
def test_a_slip_or_another_number_of_our_shape_is_reported_and_does_not_count(text: str) -> None:
    assert [counts for _, counts in seen(text)] == [False]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "November 21, 2026",
        "2026-11-21 and 11/21/2026 and 21.11.2026",
        "claim of 2024",
        "claim 11/21/2026",
        "case 3 of 12",
        "in that case, 12345",
        "claim for $45,000.00",
        "claim 45,000 dollars",
        "Tel. 24-001234",
        "call me at 24-001234",
        "Fax: (030) 24-001234",
        "+49 30-123456",
        "phone no. 30-123456",
        "555-123-4567",
        "claim: 555-123-4567",
        "https://portal.example/cases/24-001234",
        "www.example/24-001234",
        "<24-001234@mail.example>",
        "cid:24-001234",
        "AB24-001234",
        "24-001234BC",
        "324-00123456",
        "10.24-001234567",
        "4111-1111-1111-1111",
        "EIN 24-0012345",
        "05-2024",
        "20241121",
        "01052024",
        "84123456",
        "in 24-12 and 24-123",
        "10. 204567\n11) 204568",
        "invoice no. 001234",
        "001234",
    ],
)
def test_dates_telephones_amounts_and_pieces_of_more_are_nothing(text: str) -> None:
    assert SHAPE.find(text) == ()


def test_two_numbers_are_two_however_they_are_joined() -> None:
    for text in ("24-001234, 24-001235", "24-001234/24-001235", "Cases 24-001234 and 24-001235"):
        assert seen(text) == [("24-001234", True), ("24-001235", True)]
    # A range names cases that are not written: it is in doubt.
    assert seen("24-001234\u201324-001236") == [("24-001234", False), ("24-001236", False)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (" 24\u2014001234 ", "24-001234"),
        ("24 - 001234", "24-001234"),
        ("24-O01234", None),
        ("24-00123", None),
        ("x24-001234", None),
        ("", None),
    ],
)
def test_the_one_form_of_a_number(text: str, number: str | None) -> None:
    assert SHAPE.normal(text) == number


def test_another_insurers_shape_is_a_setting() -> None:
    letters = CaseShape.of(Cases(pattern=r"MP[0-9]{7}", example="MP1234567", labels=("file",)))
    assert seen("re: mp1234567", letters) == [("MP1234567", True)]
    assert letters.normal("mp1234567") == "MP1234567"
    digits = CaseShape.of(Cases(pattern=r"\d{8}", example="12345678"))
    assert seen("case 20241121", digits) == [("20241121", True)]
    # Without a label it may be the 21st of November.
    assert seen("scan_20241121.pdf", digits) == [("20241121", False)]
    assert seen("87654321 and 1234567 and 123456789", digits) == [("87654321", True)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\u200b 24-00\u200b1234\u200b b", "24-00\u200b1234"),
        ("\ufeffx 24\u2060 -\u2060 001234", "24\u2060 -\u2060 001234"),
        ("x\u00ad 24\u00ad001234", "24\u00ad001234"),
        ("e\u0301 24-001234", "24-001234"),
    ],
)
def test_what_is_not_seen_is_no_part_of_a_number(text: str, written: str) -> None:
    (found,) = SHAPE.find(text)
    assert (found.text, found.number) == (written, "24-001234")
    assert SHAPE.normal(written) == "24-001234"


def test_whose_numbers_look_like_ours_is_a_setting() -> None:
    shape = CaseShape.of(Cases(others=("Zenith Mutual",)))
    assert seen("Zenith  Mutual claim number 24-001234", shape) == [("24-001234", False)]
    assert seen("Zenith Mutual's claim 24-001234", shape) == [("24-001234", False)]
    assert seen("Zenith Mutual wrote about claim 24-001234", shape) == [("24-001234", True)]
    assert seen("co-defendant's claim 24-001234", CaseShape.of(Cases(others=()))) == [
        ("24-001234", True)
    ]


def test_a_label_within_what_another_label_names_is_no_crash() -> None:
    found = SHAPE.find("case 1234-claim 5678 and 24-001234 x")
    assert [one.text for one in found] == ["1234-claim 5678", "5678", "24-001234"]


def test_a_list_of_numbers_is_cut_short() -> None:
    text = " ".join(f"24-{number:06}" for number in range(5000))
    assert len(SHAPE.find(text)) == 1000


@settings(max_examples=400, deadline=None)
@given(
    st.text(st.characters(), max_size=200)
    | st.text("0129-/ .O\u2013#case\n@,&\u00ad\u200b", max_size=60)
)
@pytest.mark.slow
def test_any_text_is_looked_through_and_what_is_found_stands_there(text: str) -> None:
    for found in SHAPE.find(text):
        assert found.text
        assert found.text in text
        assert found.number is None or SHAPE.normal(found.number) == found.number


@given(st.integers(0, 99), st.integers(0, 999_999), st.sampled_from("-\u2010\u2013\u2014\uff0d"))
def test_every_number_of_our_shape_has_one_form(year: int, number: int, dash: str) -> None:
    assert SHAPE.normal(f"{year:02}{dash}{number:06}") == f"{year:02}-{number:06}"
