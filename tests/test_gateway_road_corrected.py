"""Corrected and stand-in: which document comes in the place of which part that had failed."""

from __future__ import annotations

import dataclasses

import pytest

from gateway.road.corrected import corrections
from gateway.road.package import Part
from gateway.road.stand_in import may_stand_in, speaks_against
from portal.piece import PDF, Piece
from tests.packages import DOCX, part

_LOCKED = Piece(
    id=1,
    path="2",
    container=None,
    original_name="records.pdf",
    filed_name="records.pdf",
    declared_type=PDF,
    detected_type=PDF,
    bytes=1000,
    sha256="ab" * 32,
    stored=True,
    fate="held",
    reason="file_password",
    remarks=(),
    made=None,
)
_PAGE = (850, 1100)


def healed(name: str, *, may_guess: bool = False) -> bool:
    return bool(corrections([_LOCKED], [part("2", name)], may_guess=may_guess))


@pytest.mark.parametrize(
    "name",
    [
        "records.pdf",
        "Records.PDF",
        "records (2).pdf",
        "records - copy.pdf",
        "records_unlocked.pdf",
        "records-no-password.pdf",
        "records without password (1).pdf",
        "records (unlocked) (copy).pdf",
        "records" + "_copy" * 20_000 + ".pdf",
    ],
)
def test_a_better_copy_is_known_by_its_name(name: str) -> None:
    assert healed(name)


@pytest.mark.parametrize(
    "name",
    ["scan.pdf", "records_2.pdf", "recordscopy.pdf", "my records.pdf", "records copy_.pdf"],
)
def test_another_name_is_a_guess(name: str) -> None:
    assert not healed(name)
    assert healed(name, may_guess=True)


@pytest.mark.parametrize("char", " _-.,(1)aé")
def test_a_very_long_name_is_read_in_the_time_of_its_length(char: str) -> None:
    for name in ("a" + char * 200_000 + "b.pdf", "a" + char * 200_000, char * 200_000 + "copy.pdf"):
        assert not healed(name)


def test_of_two_that_failed_none_is_guessed() -> None:
    other = dataclasses.replace(_LOCKED, id=2, original_name="index.pdf")
    brought = [part("2", "scan.pdf")]
    assert corrections([_LOCKED, other], brought, may_guess=True) == {}


@pytest.mark.parametrize(
    ("failed", "brought"),
    [
        (PDF, part("2", "a", PDF)),
        (PDF, part("2", "a", DOCX)),
        (PDF, part("2", "a", "image/jpeg", pixels=_PAGE)),
        (PDF, part("2", "a", "image/tiff", pixels=_PAGE)),
        (DOCX, part("2", "a", PDF)),
        (DOCX, part("2", "a", DOCX)),
        ("application/x-dosexec", part("2", "a", PDF)),
        ("image/png", part("2", "a", "image/png", pixels=_PAGE)),
        ("application/zip", part("2", "a", "application/zip")),
        ("video/mp4", part("2", "a", "video/quicktime")),
    ],
)
def test_what_people_send_again_may_stand_in(failed: str, brought: Part) -> None:
    assert may_stand_in(dataclasses.replace(_LOCKED, detected_type=failed), brought)


@pytest.mark.parametrize(
    ("failed", "brought"),
    [
        (PDF, part("2", "a", "text/plain")),
        ("text/plain", part("2", "a", "text/plain")),
        (PDF, part("2", "a", "text/html")),
        (PDF, part("2", "a", "audio/mpeg")),
        (PDF, part("2", "a", "application/zip")),
        (PDF, part("2", "a", "application/octet-stream")),
        (PDF, part("2", "a", "image/png", pixels=_PAGE)),  # of a screen
        (PDF, part("2", "a", "image/jpeg", pixels=(240, 90))),
        (PDF, part("2", "a", "image/jpeg", pixels=_PAGE, inline=True)),
        (PDF, part("2", "a", "image/jpeg")),
        ("video/mp4", part("2", "a", PDF)),
    ],
)
def test_a_note_a_sign_or_another_kind_of_file_stands_for_nothing(
    failed: str, brought: Part
) -> None:
    assert not may_stand_in(dataclasses.replace(_LOCKED, detected_type=failed), brought)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Here it is.",
        "Attached without a password.",
        "The file with no password, as you asked.",
        "This one is not locked any more. Let me know if you still cannot open it.",
        "It no longer needs a password.",
        "It doesn\N{RIGHT SINGLE QUOTATION MARK}t need a password.",
        "Hier ist die Datei, nicht mehr verschlüsselt.",
    ],
)
def test_words_that_say_that_it_is_mended_do_not_speak_against_it(words: str) -> None:
    assert not speaks_against(words)


@pytest.mark.parametrize(
    "words",
    [
        "What password do you mean?",
        "I do not have the password for the records.",
        "There is no password.",
        "We don\N{RIGHT SINGLE QUOTATION MARK}t know it.",
        "I will send the records tomorrow.",
        "Here is another document for you.",
        "Also attached: the invoice.",
        "Unfortunately we lost the key.",
        "Die Akte folgt morgen.",
        "Wir haben kein Passwort.",
    ],
)
def test_words_that_may_deny_it_speak_against_it(words: str) -> None:
    assert speaks_against(words)


@pytest.mark.parametrize("char", [" ", "a", "n", "if ", "let us know ", "with no ", "not ", "\n"])
def test_very_long_words_are_read_in_the_time_of_their_length(char: str) -> None:
    assert speaks_against(char * 100_000 + "?")
