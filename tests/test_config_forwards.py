"""forwards.toml: the words by which a message that is passed on is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import forwards
from config.forwards import ForwardsFault, read, rules

TEXT = (Path(forwards.__file__).parent / "forwards.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("subject", ["FW: a", "Fwd: a", "WG: a", "TR : a", "fw\uff1aa"])
def test_a_subject_says_that_something_is_passed_on(subject: str) -> None:
    assert rules().subject.match(subject)


@pytest.mark.parametrize("subject", ["RE: FW: a", "AW: a", "Forward march: a", "a FW: b"])
def test_other_subjects_do_not(subject: str) -> None:
    assert not rules().subject.match(subject)


def test_every_label_has_its_field() -> None:
    for written in ("From:", "Gesendet:", "*Betreff:*", "Enviado el:", "件名\uff1a"):
        found = rules().label.match(written)
        assert found is not None, written
        assert found["label"].casefold() in rules().fields


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[labels]", "[label]"),
        ("subjects = [", "subject = ["),
        ("answers = [", "answers = ['',"),
        ("cc = ['cc', 'kopie', 'kopia', '抄送']", "cc = []"),
    ],
)
def test_a_file_that_cannot_be_used_says_so(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(ForwardsFault):
        read(TEXT.replace(old, new, 1))
