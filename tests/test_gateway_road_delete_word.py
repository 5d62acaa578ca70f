"""The word DELETE: which replies ask to delete, and which documents their names mean."""

from __future__ import annotations

import pytest

from config import not_submissions
from config.apart import rules
from gateway.road.corrected import corrections
from gateway.road.delete_word import Deletion, Names, deletion_in
from gateway.road.package import Resolution
from gateway.road.thanks import is_thanks
from portal.piece import Piece
from tests.packages import package, part, words

_MANY = 300_000  # what is tried anew from each of so many blanks would not end


def said(narrative: str) -> Deletion | None:
    """Return what a reply of a known firm asks to delete that says this."""
    return deletion_in(
        package(narrative=narrative, answered=("x@mail.example",), resolution=Resolution(firm_id=1))
    )


def piece(number: int, original: str, filed: str, reason: str | None = None) -> Piece:
    return Piece(
        id=number,
        path=str(number),
        container=None,
        original_name=original,
        filed_name=filed,
        declared_type="application/pdf",
        detected_type="application/pdf",
        bytes=1,
        sha256="ab" * 32,
        stored=True,
        fate="filed",
        reason=reason,
        remarks=(),
        made=None,
    )


def meant(written: str, *pieces: Piece, ours_first: bool = False) -> list[int] | None:
    found = Names(pieces, ours_first=ours_first).named(written)
    return None if found is None else [one.id for one in found]


@pytest.mark.parametrize(
    ("narrative", "names", "why"),
    [
        ("DELETE smith.pdf", ("smith.pdf",), ""),
        ("DELETE: smith.pdf\n\nIt is of another.", ("smith.pdf",), "It is of another."),
        ("DELETE\n'smith.pdf'\nSorry.", ("smith.pdf",), "Sorry."),
        ("DELETE a.pdf\nDELETE   b  c.pdf", ("a.pdf", "b c.pdf"), ""),
        ("delete - a.pdf", ("a.pdf",), ""),
        ("DELETE", ("",), ""),
    ],
)
def test_the_word_is_followed_by_a_name(narrative: str, names: tuple[str, ...], why: str) -> None:
    found = said(narrative)
    assert found is not None
    assert (found.names, found.why) == (names, why)


@pytest.mark.parametrize(
    "narrative",
    ["DELETE-proof hard drives, summons enclosed.", "DELETEd it.", "DELETE's", "Please DELETE x"],
)
def test_the_word_stands_alone(narrative: str) -> None:
    assert said(narrative) is None


def test_a_run_of_blanks_is_one_blank() -> None:
    found = said("DELETE a" + " " * _MANY + "b")
    assert found is not None
    assert found.names == ("a b",)
    assert meant("a" + " " * _MANY + "b.pdf", piece(1, "a b.pdf", "a b.pdf")) == [1]


def test_who_asks_for_more_than_anybody_would_by_hand_is_read_by_people() -> None:
    assert said("DELETE " + "x" * 301) is None
    assert said("\n".join(["DELETE x.pdf"] * 51)) is None
    assert said("\n".join(["DELETE x.pdf"] * 50)) is not None
    assert said("DELETE\n" + "x" * 301) is None
    assert said("\n".join(["DELETE 1,2,3,4,5,6,7,8,9,10,11"] * 5)) is None


def test_a_better_copy_is_known_by_its_name_however_long_that_is() -> None:
    failed = [piece(1, "records.pdf", "records.pdf", "file_password")]
    brought = [part("2", "a" + "_" * _MANY + "b.pdf"), part("3", "records unlocked (2).pdf")]
    assert corrections(failed, brought, may_guess=True) == {1: "3"}


def test_a_subject_and_a_signature_are_read_however_many_blanks_they_have() -> None:
    thanks, apart = not_submissions.rules().thanks, rules()
    for subject, narrative in (
        ("re" + " " * _MANY + "x", "Thanks."),
        ("re:" + " " * _MANY + "fwd:", "Thanks."),
        ("Re: x", "Thanks.\nPat" + " " * _MANY + "Hall"),
    ):
        one = package(words=(words(narrative),), subject=subject, narrative=narrative)
        assert not is_thanks(one, thanks, apart, answers_us=True)


@pytest.mark.parametrize(
    "written", ["a.pdf and b.pdf", "a.pdf, b.pdf", "A.PDF & B", "a.pdf; and b.pdf", "a AND b.pdf"]
)
def test_several_are_named_in_one_line(written: str) -> None:
    assert meant(written, piece(1, "a.pdf", "a.pdf"), piece(2, "b.pdf", "b.pdf")) == [1, 2]


def test_a_name_with_and_in_it_is_one() -> None:
    both = piece(1, "a.pdf", "a.pdf"), piece(2, "a and b.pdf", "a and b.pdf")
    assert meant("a and b.pdf", *both) == [2]


def test_our_names_go_first_for_whoever_has_read_them() -> None:
    twins = piece(1, "scan.pdf", "scan.pdf"), piece(2, "scan.pdf", "scan (2).txt")
    assert meant("scan.pdf", *twins) is None
    assert meant("scan.pdf", *twins, ours_first=True) == [1]
    assert meant("scan (2).txt", *twins) == [2]
    assert meant("scan", *twins, ours_first=True) is None
