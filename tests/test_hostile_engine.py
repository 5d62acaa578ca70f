"""An engine gone over to the other side: whatever it does ends in a stated fate, and nothing else.

CASEBRIDGE_LONG=1 tries every behaviour; without it some of each sort.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.hostile.canary import Canary
from tests.hostile.fake_engine import BEHAVIOURS, TAKEN, installed
from tests.hostile.hostile_file import WORD, HostileFile
from tests.hostile.office_packages import paragraph, word
from tests.hostile.trial import tried

pytestmark = pytest.mark.slow

LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
_LIMITS = {
    "render_processes": 1,
    "office_processes": 1,
    "max_seconds": 10,
    "max_memory_bytes": 400 << 20,
    "max_output_bytes": 32 << 20,
}
# By root they are read; for anybody else the folder counts as full.
_EITHER = "folders that nobody may read"
_ORDINARY = (
    *(
        "forks without end",
        "leaves daemons and a good result",
    ),
    *("answers a link to a planted file", "asks the network", "reads whatever it may"),
)


@pytest.mark.parametrize("behaviour", BEHAVIOURS if LONG else _ORDINARY)
def test_whatever_an_engine_does_it_is_ended_and_nothing_is_touched(
    tmp_path: Path, behaviour: str
) -> None:
    program = tmp_path / "engine" / "office" / "program"
    trial = tried(
        partial(_one_document, tmp_path / "engine", behaviour),
        tmp_path / "trial",
        _LIMITS,
        f"{program}:{os.environ['PATH']}",
    )
    (outcome,) = trial.outcomes
    stated = "converted" if behaviour in TAKEN else "file_convert_failed"
    assert outcome.fate == stated or (behaviour == _EITHER and outcome.fate in _FATES), outcome
    assert outcome.pdf is None or outcome.pdf.stat().st_mode & 0o7777 == 0o600
    assert trial.asked == []
    assert trial.touched == []
    assert set(trial.watched.packets.values()) <= {0}
    assert trial.traced in (None, [])
    assert trial.left == []
    print(f"{behaviour}: {outcome.fate} {outcome.detail} {outcome.seconds:.1f} s")


_FATES = {"converted", "file_convert_failed"}


def _one_document(folder: Path, behaviour: str, canary: Canary) -> Sequence[HostileFile]:
    installed(folder, behaviour, canary)
    return [HostileFile("a fake engine", "a.docx", WORD, partial(word, paragraph()))]
