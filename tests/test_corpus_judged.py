"""The corpus, judged: what of its mail is no submission, and what of it is passed on, if one of the
staff had sent it; each of them looked at by eye.

Bounces and their like are all that is no submission: it has no firm's thanks, and nobody's scanner.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from config import forwards
from gateway.letter import Proof
from gateway.road.forward import forward
from gateway.road.inline import inner_of
from gateway.road.package import Package
from portal.directory import Consultant, Firm, Identified
from portal.rights import Viewer
from tests.judging import Judged, judged_corpus, ours

pytestmark = pytest.mark.corpus

_INLINE = {
    "mail/chatmail-core__message__gmx-forward.eml": "claire@example.org",
    "mail/imap_tools__mime_emails__raw_email2.eml": "xxxxxxxx@xxx.com",
    "mail/mikel-mail__attachment_emails__attachment_with_encoded_name.eml": "xxxxxxxx@xxx.com",
    "mail/rt__emails__crashes-file-based-parser": "1stwizard@isp.example.com",
    # Its From shows one address as the name of another.
    "mail/mail-parser__mails__mail_test_7": None,
}
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


class Everybody:
    """A directory in which every address is one of the staff's."""

    def member(self, address: str, day: date) -> Viewer | None:
        del day
        return Viewer(1, "Dana Reyes", address, "consultant", frozenset())

    def consultants(self) -> tuple[Consultant, ...]:
        return ()

    def firm_of(self, address: str) -> Identified | None:
        del address
        return None

    def firm(self, firm_id: int) -> Firm | None:
        del firm_id
        return None

    def contributed(self, address: str, day: date) -> frozenset[int]:
        del address, day
        return frozenset()


def passed_on(package: Package) -> Package:
    envelope = dataclasses.replace(package.letter.envelope, door="smtp", proof=Proof.RELAY)
    letter = dataclasses.replace(package.letter, envelope=envelope)
    day = date(2026, 11, 21)
    return forward(package.but(letter=letter), Everybody(), forwards.rules(), ours(), day)


@pytest.fixture(scope="module")
def carried(corpus_judged: tuple[Judged, ...]) -> dict[str, Package]:
    return {one.name: passed_on(one.package) for one in corpus_judged}


def test_the_forms_of_the_corpus_are_known(carried: dict[str, Package]) -> None:
    found = {
        name: one.forwarded.sender
        for name, one in carried.items()
        if one.forwarded is not None and one.forwarded.how == "inline"
    }
    assert found == _INLINE


def test_messages_that_are_attached_alone_are_known(carried: dict[str, Package]) -> None:
    found = [one for one in carried.values() if one.forwarded and one.forwarded.how == "attached"]
    assert len(found) == 47
    for one in found:
        assert one.forwarded is not None
        holders = [part for part in one.parts if part.path in one.forwarded.paths]
        assert holders
        assert all("opened" in part.flags for part in holders)


def test_what_only_its_subject_calls_passed_on_shows_no_message_of_its_own(
    carried: dict[str, Package],
) -> None:
    rest = {
        name: one
        for name, one in carried.items()
        if forwards.rules().subject.match(one.subject) and one.forwarded is None
    }
    assert len(rest) == 18
    # The plain words and the HTML of one differ; in one a picture lies beside the message.
    shows = [one for one in rest.values() if inner_of(one.own_words.text, forwards.rules())]
    assert [one.own_words.differs for one in shows] == [True]
