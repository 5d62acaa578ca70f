"""The corpus, judged: what of its mail is no submission, each of them looked at by eye.

Bounces and their like are all that is in it: it has no firm's thanks, and nobody's scanner.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.judging import Judged, judged_corpus

pytestmark = pytest.mark.corpus

# What a machine's message calls itself, in its From, its subject or its words.
_MACHINE = re.compile(
    r"mailer.?daemon|postmaster|mail.?delivery|undeliver|returned mail|delivery|system admin"
    r"|could not be delivered|bounce information|displayed|no longer in use|banned",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def corpus_judged(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Judged, ...]:
    return tuple(judged_corpus(corpus, tmp_path_factory.mktemp("judged")))


def test_what_is_set_aside_is_what_was_seen_by_eye(corpus_judged: tuple[Judged, ...]) -> None:
    kinds = Counter(one.kind for one in corpus_judged if one.kind is not None)
    assert kinds == {"bounce": 66, "read_receipt": 1, "out_of_office": 1}


def test_each_of_them_says_itself_that_a_machine_wrote_it(
    corpus_judged: tuple[Judged, ...],
) -> None:
    for one in corpus_judged:
        if one.kind is not None:
            said = f"{one.package.header_from} {one.package.subject} {one.package.own_words.text}"
            assert _MACHINE.search(said), one.name


def test_nobody_in_it_is_a_device(corpus_judged: tuple[Judged, ...]) -> None:
    assert [one.name for one in corpus_judged if one.package.device is not None] == []
