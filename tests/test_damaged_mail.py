"""Damaged mail: real messages, broken in many ways by a seed. Each is read, or stopped by name.

CASEBRIDGE_LONG=1 reads 200,000 of them, with the corpus among the originals where it is there;
CASEBRIDGE_SEED draws others.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import pytest

from config.settings import Reading
from gateway.letter import Envelope, Letter, Proof
from gateway.reader import job
from gateway.reader.fault import Reason
from gateway.road.answer import package_of
from portal.vault import Blob
from tests.damage import damaged
from tests.letter_folders import letter_folders

LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
SEED = int(os.environ.get("CASEBRIDGE_SEED", "20261125"))
COUNT = 200_000 if LONG else 400
# A hundred times what the slowest of them needs: who is caught here does not end.
MOST_SECONDS = 30
_SAMPLES = Path(__file__).parent.parent / "samples"
_PRINTED_EACH = 10_000


class NoEnd(Exception):
    """A message is read for ever, or nearly so."""


def originals() -> list[bytes]:
    files = [letter.message for letter in letter_folders()] + sorted(_SAMPLES.glob("*.eml"))
    corpus = os.environ.get("CASEBRIDGE_CORPUS")
    if LONG and corpus:
        files += sorted((Path(corpus) / "mail").iterdir())
    return [file.read_bytes() for file in files]


@contextmanager
def ended(seconds: int) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise NoEnd

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(raw: bytes, folder: Path) -> str:
    """Read a message, and believe the answer as the road does. Return what came of it."""
    folder.mkdir()
    message = folder.parent / "message"
    message.write_bytes(raw)
    with message.open("rb") as stream, ended(MOST_SECONDS):
        # Through JSON, as it comes out of the sandbox.
        answer = json.loads(json.dumps(job.run(Reading().model_dump(), [stream.fileno()], folder)))
    if "stopped" in answer:
        assert set(answer) == {"stopped"}
        return Reason(answer["stopped"]).value
    package = package_of(letter(), answer, folder)
    known = {part.file for part in package.parts} | {words.html for words in package.words}
    assert {file for file in folder.iterdir() if file.is_file()} <= known
    return "read"


def letter() -> Letter:
    envelope = Envelope(
        door="explain",
        sender="",
        recipients=("claims@casebridge.example",),
        arrived_at=datetime(2026, 11, 25, tzinfo=UTC),
        proof=Proof.NONE,
    )
    return Letter(envelope, Blob("0" * 64, 1))


@pytest.mark.slow
@pytest.mark.skipif(LONG, reason="CASEBRIDGE_LONG is set: the long one runs")
def test_damaged_mail_is_read_or_stopped_by_name(tmp_path: Path) -> None:
    _read_all(COUNT, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="CASEBRIDGE_LONG is not set")
def test_much_damaged_mail_is_read_or_stopped_by_name(tmp_path: Path) -> None:
    _read_all(COUNT, tmp_path)


def _read_all(count: int, tmp_path: Path) -> None:
    messages, outcomes = originals(), Counter[str]()
    job.warm()
    print(f"seed {SEED}, {count} of {len(messages)} originals")
    for number in range(count):
        raw = damaged(messages, SEED, number)
        try:
            outcomes[read(raw, tmp_path / "job")] += 1
        except BaseException:
            print(f"number {number}: damaged(originals(), {SEED}, {number}) gives it again")
            raise
        shutil.rmtree(tmp_path / "job")
        if number % _PRINTED_EACH == _PRINTED_EACH - 1:
            print(f"{number + 1}: {dict(outcomes)}", flush=True)
    assert outcomes.total() == count
    assert outcomes["read"] > count / 2, outcomes
