"""Mails of the corpus, read by us and by five others: no document is missing here alone.

Every sixth of them; CASEBRIDGE_LONG=1 reads all.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.reading import Compared, compare
from bench.rounds import NotMeasured

pytestmark = pytest.mark.corpus

MOST_UNREADABLE = 0.02
FEWEST_READERS = 3


@pytest.fixture(scope="module")
def compared(corpus: Path) -> Compared:
    try:
        return compare(corpus, every=1 if os.environ.get("CASEBRIDGE_LONG") else 6)
    except NotMeasured as reason:
        pytest.skip(str(reason))


def test_no_document_that_another_reader_finds_is_silently_missing(compared: Compared) -> None:
    assert len(compared.found) >= FEWEST_READERS
    assert all(compared.found.values())
    assert [(one.file, one.reader, one.part) for one in compared.missing] == []


def test_few_messages_cannot_be_taken_apart(compared: Compared) -> None:
    assert len(compared.unreadable) <= MOST_UNREADABLE * compared.messages, compared.unreadable
