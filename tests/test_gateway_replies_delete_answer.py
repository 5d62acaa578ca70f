"""The answer to whoever asks to delete: its names are those that the receipt told."""

from __future__ import annotations

import dataclasses

from config.settings import Settings
from gateway.replies.delete_answer import Outcome, answer
from gateway.road.delete_word import Names
from gateway.road.package import Resolution
from portal.piece import Made, Piece
from tests.packages import package
from tests.test_gateway_road_delete_word import piece

CONVERTED = dataclasses.replace(
    piece(1, "exhibit #3.txt", "exhibit 3.txt"),
    fate="converted",
    made=Made(sha256="cd" * 32, bytes=1, pages=1, engine="text", warnings=()),
)
KEPT = piece(2, "smith.pdf", "smith.pdf")


def told(*, unclear: tuple[str, ...] = (), asked: tuple[Piece, ...] = ()) -> str:
    outcome = Outcome([], asked, unclear, [CONVERTED, KEPT], "Dana Reyes")
    reply = package(resolution=Resolution(firm_id=1))
    (owed,) = answer(reply, outcome, "7KQ4M2XD", Settings())
    return owed.text


def test_a_document_is_called_by_the_name_of_its_pdf() -> None:
    asked = told(asked=(CONVERTED,))
    assert asked.startswith("We have asked Dana Reyes to delete 'exhibit 3.pdf'.")
    said = told(unclear=("nothing.pdf",))
    assert "Reply DELETE and one of these names: 'exhibit 3.pdf' and 'smith.pdf'." in said


def test_what_the_answer_names_is_understood_in_the_next_reply() -> None:
    assert Names([CONVERTED, KEPT], ours_first=True).named("exhibit 3.pdf") == (CONVERTED,)
