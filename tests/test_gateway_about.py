"""About: what the reader says of a header is believed of nothing but its shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from config.settings import Reading
from converters.fault import JobDied
from gateway.about import NotRead, about

SAID: dict[str, Any] = {
    "message_id": "<1@x.example>",
    "sent_at": "2025-03-04T15:00:03+00:00",
    "header_from": "Pat <pat@x.example>",
    "sender": "pat@x.example",
    "subject": "x",
    "addressed": ["claims@casebridge.example"],
}


class Answering:
    def __init__(self, answer: dict[str, Any] | None) -> None:
        self.answer = answer

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        whose: str | None = None,
    ) -> dict[str, Any]:
        del job, inputs, into, whose
        if self.answer is None:
            raise JobDied("signal 11")
        return self.answer


def test_an_answer_of_the_right_shape_is_taken(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"x")
    with (tmp_path / "m").open("rb") as raw:
        said = about(raw, Answering(SAID), tmp_path, Reading())
    assert said.addressed == ("claims@casebridge.example",)
    assert said.sent is not None
    assert said.sent.isoformat() == SAID["sent_at"]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"stopped": "damaged"},
        SAID | {"more": 1},
        SAID | {"sent_at": "yesterday"},
        SAID | {"sent_at": "2025-02-31T15:00:03+00:00"},
        SAID | {"subject": "two\nlines"},
        SAID | {"message_id": "\0"},
        SAID | {"sender": "Pat@X.example"},
        SAID | {"addressed": ["Claims@casebridge.example"]},
        SAID | {"addressed": ["nothing"]},
        SAID | {"addressed": ["a@x.example"] * 101},
    ],
)
def test_any_other_is_none(answer: dict[str, Any] | None, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"x")
    with (tmp_path / "m").open("rb") as raw, pytest.raises(NotRead):
        about(raw, Answering(answer), tmp_path, Reading())
