"""Every .msg and winmail.dat of the corpus: read, or kept whole with a reason, and nothing missing.

What is found is compared, by SHA-256, with what extract-msg and tnefparse find.
"""

from __future__ import annotations

import hashlib
import logging
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import extract_msg
import pytest
import tnefparse
from extract_msg.exceptions import ExMsgBaseException

from gateway.reader import job
from gateway.reader.fault import Reason
from tests.test_gateway_reader_job import mail, run

pytestmark = pytest.mark.corpus

LIMITS = {"max_parts": 1000, "max_depth": 40, "max_header_bytes": 262_144}
MOST_SECONDS = 2.0
SMALL = 1 << 20
COMPOUND, TNEF = bytes.fromhex("d0cf11e0a1b11ae1"), b"\x78\x9f\x3e\x22"

# What another parser finds and we do not, and why we are right: file, name of the part, why.
OTHERS = {
    (
        "MimeKit__tnef__MAPI_ATTACH_DATA_OBJ.tnef",
        "VIA_Nytt_1402.doc",
    ): "we: 61,952 bytes are whole sectors of 512, as the file's own header has them",
    (
        "MimeKit__tnef__MAPI_OBJECT.tnef",
        "Untitled_Attachment",
    ): "we: it is an OLE package, and the PDF in it is the part; the package's bytes are cut there",
}
# Fuzzers' files: their chains and directories lead nowhere.
DAMAGED = {
    "poi__hsmf__clusterfuzz-testcase-minimized-POIHSMFFuzzer-4735011465854976.msg",
    "poi__hsmf__clusterfuzz-testcase-minimized-POIHSMFFuzzer-5336473854148608.msg",
}


@dataclass
class Found:
    """What we found in one file."""

    file: Path
    answer: dict[str, Any]
    seconds: float
    hashes: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def found(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Found]:
    job.warm()
    folder = tmp_path_factory.mktemp("outlook")
    results = []
    for number, file in enumerate(_files(corpus)):
        content = file.read_bytes()
        if content.startswith(TNEF):
            content = mail(
                "MIME-Version: 1.0", "Content-Type: application/ms-tnef",
                "Content-Transfer-Encoding: binary", "", content,
            )  # fmt: skip
        started = time.perf_counter()
        answer = run(content, folder / str(number), LIMITS)
        result = Found(file, answer, time.perf_counter() - started)
        result.hashes.update(part["sha256"] for part in answer.get("parts", ()))
        results.append(result)
    return results


def _files(corpus: Path) -> Iterator[Path]:
    for kind in ("msg", "tnef", "hostile"):
        for file in sorted((corpus / kind).iterdir()):
            with file.open("rb") as stream:
                head = stream.read(8)
            if (head == COMPOUND and file.suffix == ".msg") or head.startswith(TNEF):
                yield file


def test_each_is_read_or_kept_whole_with_its_reason(found: list[Found]) -> None:
    stopped = {each.file.name: each.answer["stopped"] for each in found if "stopped" in each.answer}
    print(f"{len(found)} files, not read: {stopped}")
    assert stopped == dict.fromkeys(DAMAGED, Reason.DAMAGED)
    for each in found:
        for part in each.answer.get("parts", ()):
            assert "damaged" not in part["flags"] or part["file"], (each.file.name, part)


def test_none_takes_long(found: list[Found]) -> None:
    slowest = max(found, key=lambda each: each.seconds)
    print(f"slowest: {slowest.seconds:.2f} s, {slowest.file.name}")
    assert all(each.seconds < MOST_SECONDS for each in found if each.file.stat().st_size <= SMALL)


def test_nothing_is_missing_that_extract_msg_finds(found: list[Found]) -> None:
    logging.disable(logging.CRITICAL)
    compared = _Compared()
    for each in found:
        if each.file.suffix != ".msg" or "stopped" in each.answer:
            continue
        with warnings.catch_warnings(action="ignore"):
            try:
                with extract_msg.openMsg(each.file) as message:
                    compared.take(each, list(_of_msg(message)))
            except (ExMsgBaseException, OSError, ValueError, KeyError, AttributeError) as fault:
                print(f"extract-msg stops: {each.file.name}: {type(fault).__name__}")
    logging.disable(logging.NOTSET)
    compared.settle()


def test_nothing_is_missing_that_tnefparse_finds(found: list[Found]) -> None:
    compared = _Compared()
    for each in found:
        content = each.file.read_bytes()
        if content.startswith(TNEF):
            with warnings.catch_warnings(action="ignore"):
                compared.take(each, list(_of_tnef(tnefparse.TNEF(content))))
    compared.settle()


class _Compared:
    def __init__(self) -> None:
        self._total = 0
        self._missing: list[tuple[str, str, int]] = []

    def take(self, found: Found, others: list[tuple[str, bytes]]) -> None:
        left = found.hashes.copy()
        for name, content in others:
            self._total += 1
            digest = hashlib.sha256(content).hexdigest()
            if content and not left[digest]:
                self._missing.append((found.file.name, name, len(content)))
            left[digest] -= 1

    def settle(self) -> None:
        """Print what we do not have, and hold it against the table of those with a reason."""
        print(f"{self._total} attachments compared, {len(self._missing)} not found as they are")
        for file, name, size in self._missing:
            print(f"  {file} | {name} | {size} bytes | {OTHERS.get((file, name), 'MISSING')}")
        assert self._total
        assert [each for each in self._missing if each[:2] not in OTHERS] == []


def _of_msg(message: Any) -> Iterator[tuple[str, bytes]]:
    for attachment in message.attachments:
        data = attachment.data
        if isinstance(data, bytes):
            yield str(attachment.longFilename or attachment.shortFilename), data
        elif data is not None:
            yield from _of_msg(data)


def _of_tnef(tnef: Any) -> Iterator[tuple[str, bytes]]:
    for attachment in tnef.attachments:
        if hasattr(attachment, "embed"):
            yield from _of_tnef(attachment.embed)
        else:
            yield attachment.long_filename() or attachment.name, bytes(attachment.data)
