"""Sort: every part has one fate, by the table of fates."""

from __future__ import annotations

import dataclasses
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import apart, media
from config.remarks import name_codes
from converters import active
from gateway.letter import Envelope, Letter, Proof
from gateway.road.package import Fate, Package, Part, Words
from gateway.road.sort import DECORATION_BYTES, sort
from gateway.telling.tally import Tally
from portal import piece
from portal.vault import Blob

SHA256 = "0" * 64
LETTER = Letter(
    Envelope("smtp", "a@b.example", ("claims@casebridge.example",), datetime.now(UTC), Proof.NONE),
    Blob(SHA256, 10),
)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BODY = Part(
    "1", None, None, "text/plain", "text/plain", 5, SHA256, None, flags=frozenset({"words"})
)
PDF = Part("2", None, "a.pdf", "application/pdf", "application/pdf", 9, SHA256, Path("p00002"))
LOGO = Part(
    "3",
    None,
    "logo.png",
    "image/png",
    "image/png",
    4000,
    SHA256,
    Path("p00003"),
    inline=True,
    content_id="logo@a",
    pixels=(200, 60),
)


def package(
    *parts: Part, text: str = "Hello", new: str | None = None, html: bool = False
) -> Package:
    images = {part.content_id: Path("x") for part in parts if part.content_id} if html else {}
    words = Words(
        path="1",
        container=None,
        subject="Report",
        header_from="",
        header_to="",
        date="",
        text=text,
        new=text if new is None else new,
        html=Path("p00009") if html else None,
        images={cid: path for cid, path in images.items() if cid},
        seen=frozenset(filter(None, images)),
    )
    return Package(LETTER, None, "", None, "Report", False, (words,), parts)


def sorted_(
    *parts: Part, text: str = "Hello", new: str | None = None, html: bool = False
) -> Package:
    return sort(package(*parts, text=text, new=new, html=html), media.catalogue(), apart.rules())


def flagged(part: Part, *flags: str) -> Part:
    return dataclasses.replace(part, flags=frozenset(flags))


def declared(media_type: str) -> Part:
    return dataclasses.replace(PDF, declared_type=media_type, detected_type="text/plain")


@pytest.mark.parametrize(
    ("part", "fate", "reason"),
    [
        (BODY, Fate.FILED, "narrative"),
        (flagged(BODY, "alternative"), Fate.LEFT_OUT, "alternative"),
        (flagged(PDF, "opened"), Fate.LEFT_OUT, "opened"),
        (PDF, Fate.FILED, None),
        (dataclasses.replace(PDF, detected_type=DOCX), Fate.CONVERTED, None),
        (dataclasses.replace(PDF, detected_type="text/plain"), Fate.CONVERTED, None),
        (dataclasses.replace(PDF, detected_type="video/mp4"), Fate.FILED, None),
        (dataclasses.replace(PDF, detected_type="message/rfc822"), Fate.FILED, None),
        (dataclasses.replace(PDF, detected_type="a/never-heard-of"), Fate.FILED, None),
        (dataclasses.replace(PDF, bytes=0), Fate.LEFT_OUT, "file_empty"),
        (
            dataclasses.replace(PDF, detected_type="application/x-executable"),
            Fate.REFUSED,
            "file_type_blocked",
        ),
        (flagged(PDF, "password"), Fate.HELD, "file_password"),
        (flagged(PDF, "damaged"), Fate.FILED, "file_damaged"),
        (flagged(PDF, "archive_unsafe", "damaged"), Fate.HELD, "archive_unsafe"),
        (flagged(PDF, "archive_too_deep"), Fate.FILED, "archive_too_deep"),
        (flagged(PDF, "unreadable_member"), Fate.FILED, "unreadable_member"),
        (flagged(PDF, "kept_whole"), Fate.FILED, "kept_whole"),
        (flagged(PDF, "system_file"), Fate.LEFT_OUT, "system_file"),
        (declared("message/external-body"), Fate.FILED, "content_elsewhere"),
        (declared("message/partial"), Fate.FILED, "message_in_pieces"),
        (
            dataclasses.replace(
                declared("message/external-body"), detected_type="application/x-executable"
            ),
            Fate.REFUSED,
            "file_type_blocked",
        ),
        (
            flagged(dataclasses.replace(PDF, detected_type=DOCX), "damaged"),
            Fate.FILED,
            "file_damaged",
        ),
    ],
)
def test_every_part_has_the_fate_of_its_situation(
    part: Part, fate: Fate, reason: str | None
) -> None:
    decided = sorted_(part).parts[0]
    assert (decided.fate, decided.reason) == (fate, reason)


def test_a_small_picture_that_the_html_shows_is_decoration() -> None:
    assert sorted_(BODY, LOGO, html=True).parts[1].reason == "decoration"


def test_a_small_picture_is_a_document_where_there_is_nothing_else() -> None:
    pasted = sorted_(BODY, LOGO, text=" ", html=True)
    assert pasted.parts[1].fate in {Fate.FILED, Fate.CONVERTED}
    assert pasted.troubles == ()
    assert sorted_(BODY, LOGO, PDF, text="", html=True).parts[1].reason == "decoration"
    speck = dataclasses.replace(LOGO, bytes=43, pixels=(1, 1))
    alone = sorted_(BODY, speck, text="", html=True)
    assert (alone.parts[1].reason, [one.code for one in alone.troubles]) == (
        "decoration",
        ["no_content"],
    )


@pytest.mark.parametrize(
    "change",
    [
        {"bytes": DECORATION_BYTES + 1},
        {"pixels": (640, 480)},
        {"pixels": None},
        {"content_id": None},
        {"container": "2"},
        {"detected_type": "application/pdf"},
    ],
)
def test_a_picture_that_may_be_a_document_is_one(change: dict[str, object]) -> None:
    shown = package(BODY, LOGO, html=True)
    part = dataclasses.replace(LOGO, **change)  # type: ignore[arg-type]
    decided = sort(shown.but(parts=(BODY, part)), media.catalogue(), apart.rules())
    assert decided.parts[1].fate in {Fate.FILED, Fate.CONVERTED}


def test_a_small_picture_that_nothing_shows_is_a_document() -> None:
    assert sorted_(BODY, LOGO).parts[1].fate in {Fate.FILED, Fate.CONVERTED}


def test_the_same_bytes_twice_are_two_documents() -> None:
    twice = sorted_(PDF, dataclasses.replace(PDF, path="3"))
    assert [part.fate for part in twice.parts] == [Fate.FILED, Fate.FILED]


def test_an_attached_messages_words_are_filed_as_well() -> None:
    inner = dataclasses.replace(BODY, path="2/1", container="2")
    assert sorted_(BODY, flagged(PDF, "opened"), inner).parts[2].reason == "narrative"


def test_the_narrative_is_counted_in_code_points_after_nfc() -> None:
    decomposed = unicodedata.normalize("NFD", "é" * 500)
    decided = sorted_(BODY, text=decomposed)
    assert (len(decided.narrative), decided.narrative_overflow) == (500, False)
    assert sorted_(BODY, text="é" * 501).narrative_overflow


@pytest.mark.parametrize(
    ("text", "new", "html", "expected"),
    [
        ("Hello", None, False, False),
        ("x" * 500, None, False, False),
        ("x" * 501, None, False, True),
        ("Hello\n\n> old", "Hello", False, True),
        ("Hello", None, True, True),
        ("  ", None, True, False),
        ("", None, False, False),
    ],
)
def test_message_pdf_stands_beside_all_but_short_plain_text(
    text: str, new: str | None, html: bool, expected: bool
) -> None:
    assert sorted_(BODY, text=text, new=new, html=html).message_pdf is expected


def test_a_body_that_is_a_document_of_its_own_needs_no_message_pdf() -> None:
    decided = sorted_(flagged(BODY), text="x" * 900)
    assert (decided.message_pdf, decided.parts[0].fate) == (False, Fate.CONVERTED)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (dataclasses.replace(PDF, bytes=0), "file_empty"),
        (
            dataclasses.replace(PDF, detected_type="application/x-executable"),
            "file_type_blocked",
        ),
        (flagged(PDF, "password"), "file_password"),
        (flagged(PDF, "damaged"), "file_damaged"),
        (flagged(PDF, "archive_unsafe"), "archive_unsafe"),
        (flagged(PDF, "archive_too_deep"), "archive_too_deep"),
        (declared("message/external-body"), "content_elsewhere"),
        (declared("message/partial"), "message_in_pieces"),
    ],
)
def test_what_is_not_filed_as_it_should_be_is_told_with_its_name(part: Part, code: str) -> None:
    troubles = sorted_(BODY, part).troubles
    assert [(one.code, one.fields, one.part) for one in troubles] == [
        (code, {"name": "a.pdf"}, "2")
    ]


def test_how_an_archive_is_unsafe_is_remarked() -> None:
    unsafe = flagged(PDF, "archive_unsafe", "unsafe_path", "unsafe_never_heard_of")
    assert sorted_(BODY, unsafe).parts[1].remarks == ("unsafe_path",)


def test_what_a_pdf_would_do_is_remarked_and_it_is_filed_as_it_came() -> None:
    found = sorted_(BODY, flagged(PDF, "pdf_script", "pdf_files"))
    assert found.parts[1].remarks == ("pdf_script", "pdf_files")
    assert (found.parts[1].fate, found.parts[1].reason) == (Fate.FILED, None)
    assert not found.troubles


def test_every_such_remark_has_words_and_keeps_the_viewer_closed() -> None:
    assert set(active.KINDS) == piece.NOT_SHOWN
    assert set(active.KINDS) <= name_codes()


def test_programs_in_an_archive_that_stays_whole_are_named() -> None:
    disc = dataclasses.replace(flagged(PDF, "kept_whole"), programs=("autorun.inf", "start.exe"))
    assert sorted_(BODY, disc).parts[1].remarks == ("programs:autorun.inf, start.exe",)


def test_an_ambiguous_message_is_told_once() -> None:
    doubtful = flagged(PDF, "ambiguous")
    troubles = sorted_(BODY, doubtful, dataclasses.replace(doubtful, path="3")).troubles
    assert [one.code for one in troubles] == ["message_ambiguous"]


def test_a_message_with_neither_text_nor_file_is_told() -> None:
    assert [one.code for one in sorted_(BODY, text=" \n").troubles] == ["no_content"]
    assert [one.code for one in sorted_(text="").troubles] == ["no_content"]
    assert sorted_(BODY, PDF, text="").troubles == ()
    assert sorted_(BODY, text="Hello").troubles == ()


def hidden(part: Part) -> Package:
    shown = package(BODY, part, html=True)
    own = dataclasses.replace(shown.own_words, seen=frozenset())
    return sort(shown.but(words=(own,)), media.catalogue(), apart.rules())


def test_an_image_that_the_html_names_and_hides_is_a_document_unless_it_is_a_speck() -> None:
    assert hidden(LOGO).parts[1].fate in {Fate.FILED, Fate.CONVERTED}
    speck = dataclasses.replace(LOGO, bytes=43, pixels=(1, 1))
    assert hidden(speck).parts[1].reason == "decoration"


@pytest.mark.parametrize("inline", [False, True])
def test_disposition_alone_decides_nothing(inline: bool) -> None:
    for part in (PDF, LOGO, dataclasses.replace(PDF, detected_type="image/jpeg")):
        one = dataclasses.replace(part, inline=inline, content_id=None)
        assert sorted_(BODY, one, html=True).parts[1].fate in {Fate.FILED, Fate.CONVERTED}


TYPES = st.sampled_from(
    [
        "application/pdf", "image/png", "image/jpeg", "text/plain", "text/html", DOCX,
        "application/x-dosexec", "message/external-body", "message/rfc822", "a/b",
    ]
)  # fmt: skip


@st.composite
def parts_of_a_message(draw: st.DrawFn) -> tuple[Part, ...]:
    found: list[Part] = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        container = draw(st.sampled_from([None, *(one.path for one in found)]))
        path = str(number) if container is None else f"{container}/{number}"
        flags = draw(
            st.frozensets(
                st.sampled_from(
                    ["words", "alternative", "opened", "password", "damaged", "ambiguous", "empty"]
                ),
                max_size=3,
            )
        )
        found.append(
            dataclasses.replace(
                PDF,
                path=path,
                container=container,
                declared_type=draw(TYPES),
                detected_type=draw(TYPES),
                bytes=draw(st.sampled_from([0, 43, 9000, 90_000])),
                content_id=draw(st.sampled_from([None, "a@b", "c@d"])),
                inline=draw(st.booleans()),
                pixels=draw(st.sampled_from([None, (1, 1), (200, 60), (2000, 3000)])),
                flags=flags,
            )
        )
    return tuple(found)


@pytest.mark.slow
@given(parts_of_a_message(), st.booleans())
def test_every_part_however_deep_has_one_fate_and_one_line(
    parts: tuple[Part, ...],
    html: bool,
) -> None:
    decided = sorted_(*parts, html=html)
    assert [part.path for part in decided.parts] == [part.path for part in parts]
    assert all(part.fate is not None for part in decided.parts)
    assert all(
        part.fate is Fate.FILED or part.reason or part.fate is Fate.CONVERTED
        for part in decided.parts
    )
    tally = Tally(
        decided.but(
            parts=tuple(
                dataclasses.replace(part, filed_name="x")
                if part.fate in {Fate.FILED, Fate.CONVERTED} and part.reason != "narrative"
                else part
                for part in decided.parts
            )
        )
    )
    lines = [*tally.documents, *tally.held, *tally.not_filed, *tally.left_out, *tally.opened]
    words = [one for one in decided.parts if one.reason in {"narrative", "alternative"}]
    assert sorted(one.path for one in (*lines, *words)) == sorted(one.path for one in parts)


@pytest.mark.parametrize(
    ("changes", "remarks"),
    [({}, ()), ({"differs": True}, ("forms_differ",)), ({"lossy": True}, ("lossy",))],
)
def test_what_a_reader_must_know_of_the_words_stands_beside_them(
    changes: dict[str, Any], remarks: tuple[str, ...]
) -> None:
    before = package(BODY, html=True)
    said = dataclasses.replace(before.own_words, **changes)
    found = sort(before.but(words=(said,)), media.catalogue(), apart.rules())
    assert found.parts[0].remarks == remarks
