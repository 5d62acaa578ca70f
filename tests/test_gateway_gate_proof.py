"""The proof of sender: SPF, DKIM and DMARC, with real signatures and a name server on loopback."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.settings import ProofRelay
from converters.fault import JobFault
from converters.pool import Pool
from converters.sandbox import Limits
from gateway.gate.dmarc import is_aligned, organisational_domain
from gateway.gate.glance import JOB, Glass, HeaderTooLarge
from gateway.gate.names import Names, resolver_of
from gateway.gate.proof import Prover
from gateway.gate.verdict import Handed, Verdict
from gateway.letter import Proof
from tests.name_server import NameServer, name_server, nobodys_port
from tests.signing import SELECTOR, key, publish, signed

CLIENT = "192.0.2.10"
FIRM = "firm.example"
MAIL = (
    b"From: Pat Lee <pat@firm.example>\r\nTo: claims@casebridge.example\r\n"
    b"Subject: 24-001234\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\nAttached.\r\n"
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    made = Pool(
        JOB,
        processes=1,
        folder=tmp_path_factory.mktemp("gate") / "boxes",
        limits=Limits(seconds=20, memory_bytes=805_306_368, output_bytes=1 << 20, processes=16),
    )
    made.start()
    yield made
    made.close()


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server() as running:
        yield running


@dataclass
class Trial:
    """Proves messages with the pool of this module and a resolver of its own."""

    pool: Pool
    server: NameServer
    folder: Path

    def of(
        self,
        message: bytes,
        *,
        sender: str = "pat@firm.example",
        client: str | None = CLIENT,
        helo: str = "mail.firm.example",
        relay: ProofRelay | None = None,
        seconds: float = 20,
        max_bytes: int = 1 << 25,
        place: str | None = None,
    ) -> Verdict:
        with tempfile.NamedTemporaryFile() as file:
            file.write(message)
            file.flush()
            with Path(file.name).open("rb") as raw:
                names = Names(
                    resolver_of((place or self.server.place,)), time.monotonic() + seconds
                )
                glass = Glass(self.pool, self.folder, raw.fileno())
                prover = Prover(names, glass, len(message), max_bytes)
                return prover.of(Handed(client, helo, sender, is_lmtp=False), relay)

    def rule(self, message: bytes, **changes: Any) -> tuple[Proof, str]:
        found = self.of(message, **changes)
        # Whose turn it is in the queue is told by this address: it is there where it is proven.
        assert (found.author is not None) == found.proof.is_of_from
        return found.proof, found.rule


@pytest.fixture
def trial(pool: Pool, server: NameServer, tmp_path: Path) -> Trial:
    return Trial(pool, server, tmp_path)


def rejecting(server: NameServer, tags: str = "", domain: str = FIRM) -> None:
    server.text(f"_dmarc.{domain}", f"v=DMARC1; p=reject; {tags}")


# -- SPF -------------------------------------------------------------------------------------------


def publish_spf(server: NameServer, text: str, domain: str = FIRM) -> None:
    server.text(domain, f"v=spf1 {text}")


SPF = [
    ("ip4:192.0.2.0/24 -all", (Proof.ALIGNED, "spf")),
    ("include:_spf.mailer.example -all", (Proof.ALIGNED, "spf")),
    ("a:out.firm.example -all", (Proof.ALIGNED, "spf")),
    ("mx -all", (Proof.ALIGNED, "spf")),
    ("redirect=_spf.mailer.example", (Proof.ALIGNED, "spf")),
    ("ip4:198.51.100.1 -all", (Proof.FAILED, "policy_reject")),
    ("ip4:198.51.100.1 ~all", (Proof.FAILED, "policy_reject")),
    ("?all", (Proof.FAILED, "policy_reject")),
    ("ip4:192.0.2.0/24 ip4:nonsense -all", (Proof.FAILED, "policy_reject")),
    ("include:loop.example -all", (Proof.FAILED, "policy_reject")),
    ("include:many.example -all", (Proof.FAILED, "policy_reject")),
    ("a:no1.example a:no2.example a:no3.example ip4:192.0.2.10 -all",
     (Proof.FAILED, "policy_reject")),
    ("include:broken.example -all", (Proof.NONE, "no_answer")),
    ("include:lame.example -all", (Proof.NONE, "no_answer")),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("record", "said"), SPF, ids=[record for record, _ in SPF])
def test_spf(trial: Trial, record: str, said: tuple[Proof, str]) -> None:
    server = trial.server
    rejecting(server)
    publish_spf(server, record)
    publish_spf(server, "ip4:192.0.2.10 -all", "_spf.mailer.example")
    publish_spf(server, "include:loop.example -all", "loop.example")
    for number in range(11):  # one more than the ten terms of RFC 7208, 4.6.4
        publish_spf(server, "?all", f"i{number}.example")
    many = " ".join(f"include:i{number}.example" for number in range(11))
    publish_spf(server, f"{many} ip4:192.0.2.10", "many.example")
    server.zone["out.firm.example", "A"] = [CLIENT]
    server.zone[FIRM, "MX"] = ["10 out.firm.example."]
    server.failing.add("broken.example")
    server.lame.add("lame.example")
    assert trial.rule(MAIL) == said


def test_two_spf_records_are_an_error_and_prove_nothing(trial: Trial) -> None:
    rejecting(trial.server)
    trial.server.text(FIRM, "v=spf1 ip4:192.0.2.10 -all", "v=spf1 +all")
    assert trial.rule(MAIL) == (Proof.FAILED, "policy_reject")


def test_a_long_record_comes_by_tcp(trial: Trial) -> None:
    rejecting(trial.server)
    filler = " ".join(f"ip4:198.51.100.{number}" for number in range(150))
    publish_spf(trial.server, f"{filler} ip4:192.0.2.10 -all")
    assert trial.rule(MAIL) == (Proof.ALIGNED, "spf")


def test_spf_of_another_domain_speaks_for_nobody_and_is_not_asked_for(trial: Trial) -> None:
    rejecting(trial.server)
    publish_spf(trial.server, "+all", "evil.example")
    verdict = trial.of(MAIL, sender="eve@evil.example", helo="evil.example")
    assert (verdict.proof, verdict.refused_for) == (Proof.FAILED, FIRM)
    assert not [name for name, _ in trial.server.asked if "evil" in name]


def test_the_author_is_the_address_in_from_whatever_the_envelope_says(trial: Trial) -> None:
    publish_spf(trial.server, "ip4:192.0.2.10 -all")
    verdict = trial.of(MAIL, sender=f"bounces@{FIRM}")
    assert verdict.proof is Proof.ALIGNED
    assert verdict.author is not None
    assert verdict.author.encode() in MAIL
    assert verdict.author != f"bounces@{FIRM}"


def test_a_bounce_is_proven_by_the_name_of_its_host(trial: Trial) -> None:
    rejecting(trial.server)
    publish_spf(trial.server, "ip4:192.0.2.10 -all", "mail.firm.example")
    assert trial.rule(MAIL, sender="") == (Proof.ALIGNED, "spf")
    assert trial.rule(MAIL, sender="", helo="[192.0.2.10]")[0] is Proof.FAILED


def test_ipv6_and_a_socket_without_an_address(trial: Trial) -> None:
    publish_spf(trial.server, "ip6:2001:db8::/32 -all")
    assert trial.rule(MAIL, client="2001:db8::25") == (Proof.ALIGNED, "spf")
    assert trial.rule(MAIL, client="2001:db9::25") == (Proof.NONE, "no_policy")
    assert trial.rule(MAIL, client=None) == (Proof.NONE, "no_policy")


# -- DMARC -----------------------------------------------------------------------------------------

ALIGNMENTS = [
    # tags, From's domain, the envelope's domain, proven
    ("", "firm.example", "firm.example", True),
    ("", "firm.example", "bounce.firm.example", True),
    ("", "sub.firm.example", "firm.example", True),
    ("aspf=s", "firm.example", "bounce.firm.example", False),
    ("aspf=s", "firm.example", "firm.example", True),
    ("aspf=r", "firm.example", "bounce.firm.example", True),
    ("", "firm.example", "firm.example.evil.example", False),
    ("", "firm.example", "xfirm.example", False),
    ("", "one.co.uk", "two.co.uk", False),  # a public suffix is nobody's organisation
    ("", "one.github.io", "two.github.io", False),
    ("", "a.one.co.uk", "b.one.co.uk", True),
]


@pytest.mark.parametrize(("tags", "of_from", "of_envelope", "proven"), ALIGNMENTS)
def test_alignment(trial: Trial, tags: str, of_from: str, of_envelope: str, proven: bool) -> None:
    rejecting(trial.server, tags, organisational_domain(of_from))
    publish_spf(trial.server, "+all", of_envelope)
    mail = MAIL.replace(b"firm.example", of_from.encode())
    found = trial.of(mail, sender=f"pat@{of_envelope}", helo=of_envelope)
    assert found.proof is (Proof.ALIGNED if proven else Proof.FAILED)


POLICIES = [
    ("v=DMARC1; p=reject", "firm.example", "policy_reject"),
    ("v=DMARC1;p=REJECT;", "firm.example", "policy_reject"),
    ("v=DMARC1; p=reject; pct=0", "firm.example", "policy_reject"),
    ("v=DMARC1; p=quarantine; pct=5", "firm.example", "policy_quarantine"),
    ("v=DMARC1; p=none", "firm.example", "policy_none"),
    ("v=DMARC1; p=reject; sp=none", "sub.firm.example", "policy_none"),
    ("v=DMARC1; p=none; sp=reject", "deep.sub.firm.example", "policy_reject"),
    ("v=DMARC1; p=none; sp=reject", "firm.example", "policy_none"),
    ("v=DMARC1; p=reject", "sub.firm.example", "policy_reject"),
    ("v=DMARC1; p=nonsense; rua=mailto:a@firm.example", "firm.example", "policy_none"),
    ("v=DMARC1; p=nonsense", "firm.example", "no_policy"),
    ("v=DMARC2; p=reject", "firm.example", "no_policy"),
    ("p=reject; v=DMARC1", "firm.example", "no_policy"),
    ("v=DMARC10; p=reject", "firm.example", "no_policy"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("record", "domain", "rule"), POLICIES)
def test_what_a_domain_asks_for(trial: Trial, record: str, domain: str, rule: str) -> None:
    trial.server.text("_dmarc.firm.example", record)
    found = trial.of(MAIL.replace(b"firm.example", domain.encode()), sender="eve@evil.example")
    assert found.rule == rule
    assert found.proof is (
        Proof.FAILED if rule in {"policy_reject", "policy_quarantine"} else Proof.NONE
    )
    assert found.refused_for == (domain if rule == "policy_reject" else None)


def test_two_policies_are_none(trial: Trial) -> None:
    trial.server.text("_dmarc.firm.example", "v=DMARC1; p=reject", "v=DMARC1; p=none")
    assert trial.rule(MAIL, sender="eve@evil.example") == (Proof.NONE, "no_policy")
    trial.server.text("_dmarc.two.example", "v=spf1 -all", "v=DMARC1; p=reject")
    mail = MAIL.replace(b"firm.example", b"two.example")
    assert trial.rule(mail, sender="eve@evil.example") == (Proof.FAILED, "policy_reject")


@pytest.mark.parametrize(
    ("one", "other", "strict", "aligned"),
    [
        ("Firm.Example.", "firm.example", True, True),
        ("a.firm.example", "b.firm.example", False, True),
        ("a.firm.example", "b.firm.example", True, False),
        ("co.uk", "firm.co.uk", False, False),
        ("example", "firm.example", False, False),
    ],
)
def test_aligned(one: str, other: str, strict: bool, aligned: bool) -> None:
    assert is_aligned(one, other, strict=strict) is aligned


# -- From ------------------------------------------------------------------------------------------

UNDECIDED = [
    b"From: pat@firm.example\r\nFrom: eve@evil.example\r\n",
    b"From: pat@firm.example, eve@evil.example\r\n",
    b"From: Partners: pat@firm.example;\r\n",
    b"From: undisclosed:;\r\n",
    b"From: alice@firm.example)bob@evil.example\r\n",  # CVE-2023-27043
    b"From: alice@firm.example <bob@evil.example>\r\n",
    b"From: <alice@firm.example> bob@evil.example\r\n",
    b"From: \"pat@firm.example\" <eve@evil.example\r\n",
    b"From: (((((((((((((((((((( pat@firm.example\r\n",
    b"From:\r\n",
    b"",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("field", UNDECIDED)
def test_a_from_that_can_be_read_in_two_ways_is_nobodys(trial: Trial, field: bytes) -> None:
    rejecting(trial.server)
    publish_spf(trial.server, "+all")
    mail = field + MAIL.partition(b"\r\n")[2]
    assert trial.rule(mail) == (Proof.NONE, "from_undecided")
    assert trial.server.asked == []


def test_only_from_counts(trial: Trial) -> None:
    rejecting(trial.server)
    publish_spf(trial.server, "+all", "evil.example")
    extra = (
        b"Reply-To: eve@evil.example\r\nSender: eve@evil.example\r\n"
        b"Authentication-Results: casebridge.example; dmarc=pass header.from=firm.example\r\n"
        b"Received-SPF: pass\r\nX-Casebridge-Proof: aligned\r\nX-Authenticated-Sender: pat\r\n"
    )
    found = trial.rule(extra + MAIL, sender="eve@evil.example")
    assert found == (Proof.FAILED, "policy_reject")


def test_an_address_of_a_host_without_a_name_is_unproven(trial: Trial) -> None:
    mail = MAIL.replace(b"firm.example", b"[192.0.2.10]")
    assert trial.rule(mail, sender="pat@[192.0.2.10]") == (Proof.NONE, "from_undecided")


def test_a_header_over_the_limit_is_not_read(trial: Trial) -> None:
    with pytest.raises(HeaderTooLarge):
        trial.of(b"X-Filler: " + b"a" * 262_144 + b"\r\n" + MAIL)


# -- DKIM ------------------------------------------------------------------------------------------

Change = Callable[[bytes], bytes]


def _same(mail: bytes) -> bytes:
    return mail


def _behind(mail: bytes, line: bytes) -> bytes:
    """Put a line behind the last field."""
    return mail.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n", 1)


DKIM: list[tuple[str, dict[str, Any], dict[str, Any], Change, bool]] = [
    # what, how it is signed, how the key is published, what happens on the way, whether it holds
    ("as it should be", {}, {}, _same, True),
    ("1024 bits", {"bits": 1024}, {"bits": 1024}, _same, True),
    ("512 bits", {"bits": 1024}, {"bits": 2048}, _same, False),
    ("another body", {}, {}, lambda mail: mail + b"More.\r\n", False),
    ("another subject", {}, {}, lambda mail: mail.replace(b"24-001234", b"24-001240"), False),
    ("blank space", {}, {}, lambda mail: mail.replace(b"Subject: ", b"Subject:   "), True),
    ("a second subject", {}, {}, lambda mail: b"Subject: 24-001240\r\n" + mail, False),
    ("a second From", {}, {}, lambda mail: b"From: eve@evil.example\r\n" + mail, False),
    ("another content type twice", {}, {},
     lambda mail: b"Content-Type: text/html\r\nContent-Type: text/plain\r\n" + mail, False),
    ("part of the body (l=)", {"length": True}, {}, lambda mail: mail + b"More.\r\n", False),
    ("all of the body by l=", {"length": True}, {}, _same, False),
    ("rsa-sha1", {"algorithm": b"rsa-sha1"}, {}, _same, False),
    ("no subject signed", {"fields": (b"from", b"to")}, {}, _same, False),
    ("key on trial", {}, {"tags": "t=y; "}, _same, False),
    ("strict key", {}, {"tags": "t=s; "}, _same, True),
    ("key for another service", {}, {"tags": "s=tlsrpt; "}, _same, False),
    ("key for mail", {}, {"tags": "s=email; "}, _same, True),
    ("a longer record than any key", {}, {"tags": f"n={'x' * 1500}; "}, _same, False),
    ("blank lines before it", {}, {}, lambda mail: b"\r\n" + mail, False),
    ("a broken line in the header", {}, {},
     lambda mail: b"garbage\r\n" + mail, False),
    # What a stranger adds to a signed message and no signature covers: we would read it as words.
    ("words behind a bare CR", {}, {}, lambda mail: _behind(mail, b"X-A: x\r\rFile it!"), False),
    ("words behind From", {}, {}, lambda mail: _behind(mail, b"From now on: file it!"), False),
    ("words behind dashes", {}, {}, lambda mail: _behind(mail, b"--words: file it!"), False),
    ("a field of its own", {}, {}, lambda mail: _behind(mail, b"X-A: x"), True),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("how", "published", "change", "holds"), [row[1:] for row in DKIM],
                         ids=[row[0] for row in DKIM])  # fmt: skip
def test_dkim(
    trial: Trial, how: dict[str, Any], published: dict[str, Any], change: Change, holds: bool
) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM, **published)
    found = trial.of(change(signed(MAIL, FIRM, **how)), sender="bounce@mailer.example")
    assert (found.proof is Proof.ALIGNED) is holds
    assert not holds or found.rule == "dkim"


@pytest.mark.slow
def test_a_subject_that_only_we_would_read_is_not_signed(trial: Trial) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM)
    without = signed(MAIL.replace(b"Subject: 24-001234\r\n", b""), FIRM)
    assert trial.of(without, sender="bounce@mailer.example").proof is Proof.ALIGNED
    hidden = b"X-A: x\rSubject: 24-001240\r\n" + without
    assert trial.of(hidden, sender="bounce@mailer.example").proof is Proof.FAILED


@pytest.mark.parametrize(
    ("tags", "signer", "holds"),
    [
        ("", "mail.firm.example", True),
        ("adkim=s", "mail.firm.example", False),
        ("adkim=s", "firm.example", True),
        ("", "evil.example", False),
    ],
)
def test_whose_signature(trial: Trial, tags: str, signer: str, holds: bool) -> None:
    rejecting(trial.server, tags)
    publish(trial.server, signer)
    found = trial.of(signed(MAIL, signer), sender="bounce@mailer.example")
    assert found.proof is (Proof.ALIGNED if holds else Proof.FAILED)


def test_a_signature_that_has_ended_does_not_hold(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM)
    ended = _signed_with_end(monkeypatch, int(time.time()) - 3 * 86_400)
    assert trial.rule(ended, sender="b@mailer.example") == (Proof.FAILED, "policy_reject")
    lasting = _signed_with_end(monkeypatch, int(time.time()) + 3 * 86_400)
    assert trial.rule(lasting, sender="b@mailer.example") == (Proof.ALIGNED, "dkim")


def _signed_with_end(monkeypatch: pytest.MonkeyPatch, end: int) -> bytes:
    """Sign with x=, which dkimpy writes nowhere: it is put in where it puts t=."""
    import dkim as library  # noqa: PLC0415  # its own inside is looked at here alone

    begin = library.DKIM.gen_header  # type: ignore[attr-defined]

    def with_end(self: Any, fields: list[tuple[bytes, bytes]], *rest: Any) -> Any:
        changed = [
            (name, str(end - 4 * 86_400).encode() if name == b"t" else value)
            for name, value in fields
        ]
        place = next(index for index, (name, _) in enumerate(changed) if name == b"t")
        changed.insert(place + 1, (b"x", str(end).encode()))
        return begin(self, changed, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(library.DKIM, "gen_header", with_end)
        return signed(MAIL, FIRM)


def test_many_signatures_are_not_all_looked_at(trial: Trial) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM)
    good = signed(MAIL, FIRM)
    junk = b"".join(
        f"DKIM-Signature: v=1; a=rsa-sha256; d=d{n}.firm.example; s=x; h=from; b=AA==; bh=AA==\r\n"
        .encode() for n in range(400)
    )  # fmt: skip
    assert trial.rule(junk + good, sender="b@mailer.example")[0] is Proof.FAILED
    assert len([1 for name, _ in trial.server.asked if "_domainkey" in name]) <= 5
    few = b"".join(junk.splitlines(keepends=True)[:4])
    assert trial.rule(few + good, sender="b@mailer.example") == (Proof.ALIGNED, "dkim")


def test_two_keys_under_one_name_are_none(trial: Trial) -> None:
    rejecting(trial.server)
    record = f"v=DKIM1; p={key(2048)[1]}"
    trial.server.text(f"{SELECTOR}._domainkey.{FIRM}", record, record + ";")
    assert trial.rule(signed(MAIL, FIRM), sender="b@mailer.example")[0] is Proof.FAILED
    trial.server.text(f"{SELECTOR}._domainkey.{FIRM}", f"p={key(2048)[1]}")
    assert trial.rule(signed(MAIL, FIRM), sender="b@mailer.example")[0] is Proof.ALIGNED


def test_a_message_over_the_limit_is_unproven_and_never_failed(trial: Trial) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM)
    large = signed(MAIL + b"a" * 1000 + b"\r\n", FIRM)
    found = trial.of(large, sender="b@mailer.example", max_bytes=1000)
    assert (found.proof, found.rule, found.refused_for) == (Proof.NONE, "too_large", None)


@pytest.mark.slow
def test_the_largest_message_is_proven_within_the_memory_of_the_sandbox(trial: Trial) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM)
    line = b"A" * 76 + b"\r\n"
    large = signed(MAIL + line * ((1 << 25) // len(line) - 100), FIRM)
    assert trial.rule(large, sender="b@mailer.example") == (Proof.ALIGNED, "dkim")


@pytest.mark.slow
def test_what_needs_more_memory_ends_alone(trial: Trial) -> None:
    rejecting(trial.server)
    publish(trial.server, FIRM)
    blank = signed(MAIL, FIRM) + b"\n" * 90_000_000
    with pytest.raises(JobFault):
        trial.of(blank, sender="b@mailer.example", max_bytes=1 << 30)
    assert trial.rule(signed(MAIL, FIRM), sender="b@mailer.example") == (Proof.ALIGNED, "dkim")


# -- name servers ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("how", ["failing", "silent", "lame"])
@pytest.mark.parametrize(
    "what", ["_dmarc.firm.example", "firm.example", "s1._domainkey.firm.example"]
)
def test_no_answer_is_unproven_and_never_failed(trial: Trial, how: str, what: str) -> None:
    rejecting(trial.server)
    publish_spf(trial.server, "-all")
    publish(trial.server, FIRM)
    getattr(trial.server, how).add(what)
    found = trial.of(signed(MAIL, FIRM) + b"changed\r\n", seconds=1)
    assert (found.proof, found.rule, found.refused_for) == (Proof.NONE, "no_answer", None)


@pytest.mark.slow
def test_without_any_name_server_nothing_is_known(trial: Trial) -> None:
    place = f"127.0.0.1:{nobodys_port()}"
    found = trial.of(MAIL, seconds=1, place=place)
    assert (found.proof, found.rule) == (Proof.NONE, "no_answer")


def test_a_pass_counts_though_the_policy_is_not_known(trial: Trial) -> None:
    trial.server.failing.add("_dmarc.firm.example")
    publish_spf(trial.server, "ip4:192.0.2.10 -all")
    assert trial.rule(MAIL) == (Proof.ALIGNED, "spf")


def test_answers_are_kept(trial: Trial) -> None:
    publish_spf(trial.server, "ip4:192.0.2.10 -all")
    names = Names(resolver_of((trial.server.place,)), time.monotonic() + 20)
    assert names.texts(FIRM) == names.texts(FIRM)
    assert names.texts("nowhere.example") == names.texts("nowhere.example") == []
    assert trial.server.asked.count((FIRM, "TXT")) == 1
    assert trial.server.asked.count(("nowhere.example", "TXT")) == 1


# -- a trusted relay -------------------------------------------------------------------------------

RELAY = ProofRelay(networks=("192.0.2.25/32",), authserv_id="mx.insurer.example")
HOP = (
    b"Received: from mail.firm.example (unknown [198.51.100.7])\r\n"
    b"\tby mx.insurer.example with ESMTPS id 1; Wed, 25 Nov 2026 12:00:05 +0000\r\n"
)
BELOW = (
    b"Received: from desk.firm.example ([10.0.0.1]) by mail.firm.example;"
    b" Wed, 25 Nov 2026 12:00:01 +0000\r\n"
)
PASS = b"dmarc=pass (p=reject) header.from=firm.example"


def _by(said: bytes, authserv_id: bytes = b"mx.insurer.example") -> bytes:
    return b"Authentication-Results: " + authserv_id + b"; " + said + b"\r\n"


RELAYED = [
    ("above its hop", _by(PASS) + HOP + BELOW, (Proof.RELAY, "relay_pass")),
    ("below its hop", HOP + _by(PASS) + BELOW, (Proof.RELAY, "relay_pass")),
    ("in capitals", _by(PASS.upper(), b"MX.Insurer.Example") + HOP + BELOW,
     (Proof.RELAY, "relay_pass")),
    ("with a version", _by(PASS, b"mx.insurer.example 1") + HOP, (Proof.RELAY, "relay_pass")),
    ("behind others", _by(b"spf=fail smtp.mailfrom=x; dkim=none; " + PASS) + HOP,
     (Proof.RELAY, "relay_pass")),
    ("twice the same", _by(PASS) + _by(PASS) + HOP, (Proof.RELAY, "relay_pass")),
    ("fails", _by(b"dmarc=fail (p=reject) header.from=firm.example") + HOP,
     (Proof.FAILED, "relay_fail")),
    ("two that differ", _by(PASS) + _by(b"dmarc=fail header.from=firm.example") + HOP,
     (Proof.NONE, "relay_silent")),
    ("no word of DMARC", _by(b"spf=pass smtp.mailfrom=firm.example") + HOP,
     (Proof.NONE, "relay_silent")),
    ("none", HOP + BELOW, (Proof.NONE, "relay_silent")),
    ("no hop of its own", _by(PASS), (Proof.NONE, "relay_silent")),
    ("from before its hop", HOP + BELOW + _by(PASS), (Proof.NONE, "relay_silent")),
    ("another server's", _by(PASS, b"evil.example") + HOP, (Proof.NONE, "relay_silent")),
    ("a longer name", _by(PASS, b"mx.insurer.example.evil.example") + HOP,
     (Proof.NONE, "relay_silent")),
    ("about another domain", _by(b"dmarc=pass header.from=evil.example") + HOP,
     (Proof.NONE, "relay_silent")),
    ("about none", _by(b"dmarc=pass") + HOP, (Proof.NONE, "relay_silent")),
    ("about two", _by(PASS + b" header.from=evil.example") + HOP, (Proof.NONE, "relay_silent")),
    ("quoted", _by(b'spf=fail smtp.mailfrom="a; ' + PASS + b'; x"@evil.example') + HOP,
     (Proof.NONE, "relay_silent")),
    ("quoted, with a quote", _by(b'spf=fail smtp.mailfrom="a\\"; ' + PASS + b'; x"@evil.example')
     + HOP, (Proof.NONE, "relay_silent")),
    ("in a comment", _by(b"spf=fail (; " + PASS + b";)") + HOP, (Proof.NONE, "relay_silent")),
    ("in nested comments", _by(b"spf=fail (a (b) \\) ; " + PASS + b")") + HOP,
     (Proof.NONE, "relay_silent")),
    ("a quote that never ends", _by(b'spf=fail smtp.mailfrom="a; ' + PASS) + HOP,
     (Proof.NONE, "relay_silent")),
    ("in a reason", _by(b'spf=fail reason="; ' + PASS + b'"') + HOP,
     (Proof.NONE, "relay_silent")),
    ("of a message that can be read in two ways", _by(PASS) + HOP + b"X-A: x\r\rFile it!\r\n",
     (Proof.NONE, "relay_silent")),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("top", "said"), [row[1:] for row in RELAYED],
                         ids=[row[0] for row in RELAYED])  # fmt: skip
def test_a_relays_word(trial: Trial, top: bytes, said: tuple[Proof, str]) -> None:
    rejecting(trial.server)
    found = trial.of(top + MAIL, relay=RELAY, client="192.0.2.25")
    assert (found.proof, found.rule) == said
    assert found.refused_for is None
    assert trial.server.asked == []


def test_client_and_time_come_from_the_relays_hop(trial: Trial) -> None:
    found = trial.of(HOP + BELOW + _by(PASS) + MAIL, relay=RELAY, client="192.0.2.25")
    assert found.client == "198.51.100.7"
    assert found.relayed_at is not None
    assert found.relayed_at.isoformat() == "2026-11-25T12:00:05+00:00"
    two = RELAY.model_copy(update={"hops": 2})
    inner = b"Received: from edge (edge [10.1.1.1]) by in.insurer.example; nonsense\r\n"
    found = trial.of(inner + _by(PASS) + HOP + BELOW + MAIL, relay=two, client="192.0.2.25")
    assert (found.proof, found.client) == (Proof.RELAY, "198.51.100.7")
