"""Read: a letter through the reader, in this process for speed and in the real sandbox once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.settings import Reading
from converters.fault import (
    BadOutput,
    JobDied,
    JobLost,
    JobRefused,
    JobStopped,
    JobTimedOut,
    SandboxMissing,
)
from converters.pool import Pool
from converters.sandbox import Limits
from gateway.letter import Envelope, Letter, Proof
from gateway.reader.job import run
from gateway.road.package import Package
from gateway.road.read import MessageUnreadable, Reader, read
from portal.vault import Blob

LETTER = Letter(
    Envelope("smtp", "a@b.example", ("claims@casebridge.example",), datetime.now(UTC), Proof.NONE),
    Blob("0" * 64, 10),
)
RAW = (
    b"From: Pat <pat@baker.example>\r\nSubject: Report\r\nMessage-ID: <1@b.example>\r\n"
    b"\r\nHello.\r\n"
)
LIMITS = Reading()


class InThisProcess:
    """A reader without a sandbox."""

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        whose: str | None = None,
    ) -> dict[str, Any]:
        del whose
        return run(dict(job), list(inputs), into)


class Answering:
    """A reader that answers, or dies, as it is told."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self._answer = answer

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        whose: str | None = None,
    ) -> dict[str, Any]:
        assert job["max_parts"]
        assert inputs
        assert into.is_dir()
        del whose
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def carried(
    reader: Reader,
    tmp_path: Path,
    raw: bytes = RAW,
    limits: Reading = LIMITS,
    *,
    last_chance: bool = True,
) -> Package:
    folder = tmp_path / "work"
    folder.mkdir()
    (tmp_path / "raw").write_bytes(raw)
    with (tmp_path / "raw").open("rb") as stream:
        return read(LETTER, stream, reader, folder, limits, last_chance=last_chance)


def test_a_letter_becomes_a_package(tmp_path: Path) -> None:
    package = carried(InThisProcess(), tmp_path)
    assert (package.sender, package.subject) == ("pat@baker.example", "Report")
    assert (package.message_id, package.own_words.text) == ("<1@b.example>", "Hello.")
    assert package.letter is LETTER
    assert package.parts[0].file == tmp_path / "work" / "p00001"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"stopped": "too_many_parts"}, "too_many_parts"),
        ({"stopped": "undivided"}, "undivided"),
        ({"stopped": "anything else, SECRET"}, "unbelievable"),
        ({"stopped": ["x"]}, "unbelievable"),
        ({}, "unbelievable"),
        (JobTimedOut(), "too_slow"),
        (JobLost("its sandbox ended"), "died"),
        (JobDied("memory"), "died"),
        (JobDied("signal 11"), "died"),
        (JobRefused("file_damaged", "Damaged", ""), "unbelievable"),
        (BadOutput("a link"), "unbelievable"),
    ],
)
def test_a_message_that_cannot_be_taken_apart_is_named(
    tmp_path: Path, answer: dict[str, Any] | Exception, why: str
) -> None:
    with pytest.raises(MessageUnreadable) as caught:
        carried(Answering(answer), tmp_path)
    assert caught.value.why == why


@pytest.mark.parametrize(
    "fault", [JobStopped(), SandboxMissing("A sandboxed process did not start", "Run it.")]
)
def test_an_end_that_is_our_own_fault_blames_no_message(tmp_path: Path, fault: Exception) -> None:
    with pytest.raises(type(fault)):
        carried(Answering(fault), tmp_path)


@pytest.mark.parametrize("fault", [JobTimedOut(), JobLost("signal 9")])
def test_an_end_that_may_be_this_machines_fault_blames_no_message_at_first(
    tmp_path: Path, fault: Exception
) -> None:
    with pytest.raises(type(fault)):
        carried(Answering(fault), tmp_path, last_chance=False)


def test_what_a_message_did_by_itself_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(MessageUnreadable):
        carried(Answering(JobDied("memory")), tmp_path, last_chance=False)


def test_the_limits_of_the_settings_are_the_readers(tmp_path: Path) -> None:
    with pytest.raises(MessageUnreadable) as caught:
        carried(InThisProcess(), tmp_path, limits=Reading(max_header_bytes=20))
    assert caught.value.why == "header_too_large"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    limits = Limits(seconds=20, memory_bytes=1 << 29, output_bytes=1 << 28, processes=16)
    folder = tmp_path_factory.mktemp("pool")
    pool = Pool("gateway.reader.job:run", processes=1, folder=folder, limits=limits)
    pool.start()
    yield pool
    pool.close()


@pytest.mark.slow
def test_the_sandbox_reads_what_this_process_reads(pool: Pool, tmp_path: Path) -> None:
    raw = RAW.replace(b"\r\n\r\n", b"\r\nContent-Type: text/html; charset=x-unknown\r\n\r\n<p>\xe9")
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    here = carried(InThisProcess(), tmp_path / "here", raw)
    there = carried(pool, tmp_path / "there", raw)
    assert there.own_words.text == here.own_words.text
    assert [part.sha256 for part in there.parts] == [part.sha256 for part in here.parts]
    assert there.own_words.html is not None
    assert there.own_words.html.read_bytes()


@pytest.mark.slow
def test_the_next_letter_is_read_after_one_that_stopped(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(MessageUnreadable):
        carried(pool, tmp_path / "a", b"Content-Type: message/rfc822\r\n\r\n" * 2000)
    assert carried(pool, tmp_path / "b").subject == "Report"
