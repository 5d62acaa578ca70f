"""The gate between door and wall: real dialogues, a name server on loopback, real signatures."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import Proof as ProofSettings
from config.settings import ProofRelay, Settings, Storage, Trust
from converters.pool import Pool
from gateway import assembly
from gateway.gate import gate as gate_module
from gateway.gate.gate import Gate
from gateway.letter import Letter, Proof
from gateway.smtp import door as door_module
from gateway.smtp.manner import LMTP, SMTP, Manner
from portal import confirmation
from portal.vocabulary import RULES
from tests.live_door import LiveDoor, open_door
from tests.name_server import NameServer, name_server
from tests.signing import publish, signed

FIRM = "smithdefence.example"
SENDER = f"pat@{FIRM}"
MAIL = (
    b"From: Pat Lee <pat@smithdefence.example>\r\nTo: claims@casebridge.example\r\n"
    b"Subject: 24-001234\r\nDate: Wed, 25 Nov 2026 12:00:00 +0000\r\n\r\nAttached.\r\n"
)
REFUSED = (
    f"550 5.7.26 The sending system could not prove this came from {FIRM}. Ask your IT team to"
    " check DKIM and SPF. Help: http://127.0.0.1:8080/help#sender_not_authentic"
)


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server() as running:
        running.text(f"_dmarc.{FIRM}", "v=DMARC1; p=reject")
        running.text(FIRM, "v=spf1 -all")
        yield running


def settings_of(folder: Path, server: NameServer, **proof: Any) -> Settings:
    """A door that anybody reaches: to be on loopback proves nothing."""
    return Settings(
        storage=Storage(path=folder / "var"),
        trust=Trust(loopback_is_proven=False),
        proof=ProofSettings(**({"mode": "enforce", "nameservers": (server.place,)} | proof)),
    )


@contextlib.contextmanager
def gated(settings: Settings, manner: Manner = SMTP) -> Iterator[LiveDoor]:
    work = settings.storage.path / "work"
    with assembly.gate(settings, work) as gate:
        assert isinstance(gate, Gate)
        with open_door(settings, manner, gate) as live:
            yield live


def send(live: LiveDoor, mail: bytes, sender: str = SENDER) -> str:
    with live.client() as client:
        client.begin(sender)
        client.say(mail + b".\r\n")
        return client.reply()


def taken(live: LiveDoor) -> Letter:
    return live.wall.letters[-1]


@pytest.mark.slow
def test_by_their_spf_signature_or_nothing(server: NameServer, tmp_path: Path) -> None:
    publish(server, FIRM)
    with gated(settings_of(tmp_path, server)) as live:
        # Nothing speaks for it, and its domain asks to refuse it: nothing is taken.
        assert send(live, MAIL) == REFUSED
        assert live.wall.letters == []
        # The same, but signed.
        assert send(live, signed(MAIL, FIRM)).startswith("250 ")
        envelope = taken(live).envelope
        assert (envelope.proof, envelope.proof_rule) == (Proof.ALIGNED, "dkim")
        assert envelope.client == "127.0.0.1"
        # A letter too large for memory is proven from the vault.
        large = signed(MAIL + b"A line of a large letter.\r\n" * 20_000, FIRM)
        assert send(live, large).startswith("250 ")
        assert taken(live).content is None
        assert taken(live).envelope.proof_rule == "dkim"
        spoiled = large.replace(b"a large letter", b"a LARGE letter", 1)
        assert send(live, spoiled) == REFUSED
        assert live.drafts() == []


@pytest.mark.slow
def test_the_connection_goes_on_after_a_refusal(server: NameServer, tmp_path: Path) -> None:
    publish(server, FIRM)
    with gated(settings_of(tmp_path, server)) as live, live.client() as client:
        client.begin(SENDER)
        client.say(MAIL + b".\r\n")
        assert client.reply() == REFUSED
        client.envelope(SENDER)
        client.say(signed(MAIL, FIRM) + b".\r\n")
        assert client.reply().startswith("250 ")


@pytest.mark.slow
def test_marked_where_nothing_is_enforced(server: NameServer, tmp_path: Path) -> None:
    server.text("honest.example", "v=spf1 ip4:127.0.0.0/8 -all")
    with gated(settings_of(tmp_path, server, mode="mark")) as live:
        assert send(live, MAIL).startswith("250 ")
        assert taken(live).envelope.proof is Proof.FAILED
        assert taken(live).envelope.proof_rule == "policy_reject"
        honest = MAIL.replace(FIRM.encode(), b"honest.example")
        assert send(live, honest, "pat@honest.example").startswith("250 ")
        assert taken(live).envelope.proof_rule == "spf"
        nobody = MAIL.replace(FIRM.encode(), b"nowhere.example")
        assert send(live, nobody, "pat@nowhere.example").startswith("250 ")
        assert (taken(live).envelope.proof, taken(live).envelope.proof_rule) == (
            Proof.NONE,
            "no_policy",
        )


@pytest.mark.slow
def test_a_name_server_that_says_nothing_delays_nobody_for_long(
    server: NameServer, tmp_path: Path
) -> None:
    server.silent.add(f"_dmarc.{FIRM}")
    with gated(settings_of(tmp_path, server, seconds=1)) as live:
        assert send(live, MAIL).startswith("250 ")
        envelope = taken(live).envelope
        assert envelope.proof is Proof.NONE
        assert envelope.proof_rule in {"no_answer", "late"}


@pytest.mark.slow
def test_who_waits_for_a_dead_name_server_delays_nobody_else(
    server: NameServer, tmp_path: Path
) -> None:
    publish(server, FIRM)
    server.silent.add("_dmarc.dead.example")
    dead = MAIL.replace(FIRM.encode(), b"dead.example")
    with gated(settings_of(tmp_path, server)) as live, contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(live.client()) for _ in range(40)]
        for client in waiting:
            client.begin("pat@dead.example")
            client.say(dead + str(id(client)).encode() + b"\r\n.\r\n")
        assert send(live, signed(MAIL, FIRM)).startswith("250 ")
        assert [letter.envelope.proof_rule for letter in live.wall.letters] == ["dkim"]
        assert all(client.reply().startswith("250 ") for client in waiting)
        rest = {letter.envelope.proof for letter in live.wall.letters[1:]}
        assert rest == {Proof.NONE}


def test_no_proof_waits_for_a_thread() -> None:
    """Its time would pass meanwhile, and a firm's mail go on as unproven."""
    doors = 2  # SMTP and LMTP
    assert doors * door_module._FINISHERS <= gate_module._PROVERS


@pytest.mark.slow
def test_the_processes_are_told_which_client_a_message_is_from(
    server: NameServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that one with many slow signatures does not have another's proof come too late."""
    asked: list[str | None] = []
    run = Pool.run

    def told(pool: Pool, *given: Any, whose: str | None, **named: Any) -> dict[str, Any]:
        asked.append(whose)
        return run(pool, *given, whose=whose, **named)

    monkeypatch.setattr(Pool, "run", told)
    publish(server, FIRM)
    with gated(settings_of(tmp_path, server)) as live:
        assert send(live, signed(MAIL, FIRM)).startswith("250 ")
    assert asked == ["127.0.0.1"] * 2, "for the header, and for the signature"


@pytest.mark.slow
def test_a_header_over_the_limit_goes_on_unproven(server: NameServer, tmp_path: Path) -> None:
    with gated(settings_of(tmp_path, server)) as live:
        assert send(live, b"X-Filler: " + b"a" * 262_144 + b"\r\n" + MAIL).startswith("250 ")
        assert taken(live).envelope.proof_rule == "header_too_large"


@pytest.mark.slow
def test_behind_a_trusted_relay_nothing_is_refused(server: NameServer, tmp_path: Path) -> None:
    relay = ProofRelay(networks=("127.0.0.0/8",), authserv_id="mx.casebridge.example")
    said = b"Authentication-Results: mx.casebridge.example; dmarc=%s header.from=" + FIRM.encode()
    hop = (
        b"Received: from mail (mail [198.51.100.7]) by mx.casebridge.example;"
        b" Wed, 25 Nov 2026 12:00:05 +0000\r\n"
    )
    with gated(settings_of(tmp_path, server, relays=(relay,))) as live:
        assert send(live, said % b"pass" + b"\r\n" + hop + MAIL).startswith("250 ")
        envelope = taken(live).envelope
        assert (envelope.proof, envelope.client) == (Proof.RELAY, "198.51.100.7")
        assert envelope.relayed_at is not None
        assert send(live, said % b"fail" + b"\r\n" + hop + MAIL).startswith("250 ")
        assert taken(live).envelope.proof is Proof.FAILED
        assert send(live, MAIL).startswith("250 ")
        assert taken(live).envelope.proof_rule == "relay_silent"
        assert server.asked == []


@pytest.mark.slow
def test_a_forged_result_is_believed_from_nobody_else(server: NameServer, tmp_path: Path) -> None:
    relay = ProofRelay(networks=("192.0.2.25/32",), authserv_id="mx.casebridge.example")
    forged = b"Authentication-Results: mx.casebridge.example; dmarc=pass header.from=" + (
        FIRM.encode() + b"\r\nX-Casebridge-Proof: relay\r\n"
    )
    with gated(settings_of(tmp_path, server, relays=(relay,))) as live:
        assert send(live, forged + MAIL) == REFUSED


@pytest.mark.slow
def test_lmtp_has_no_client_to_prove_but_may_be_a_trusted_relay(
    server: NameServer, tmp_path: Path
) -> None:
    relay = ProofRelay(is_lmtp=True, authserv_id="mx.casebridge.example")
    said = b"Authentication-Results: mx.casebridge.example; dmarc=pass header.from=%s\r\n"
    hop = b"Received: from mail (mail [198.51.100.7]) by mx; Wed, 25 Nov 2026 12:00:05 +0000\r\n"
    for relays, proof in (((relay,), Proof.RELAY), ((), Proof.NONE)):
        settings = settings_of(tmp_path, server, relays=relays)
        with gated(settings, LMTP) as live, live.client() as client:
            assert client.reply().startswith("220 ")
            assert client.ask("LHLO mail.example").startswith("250-")
            client.envelope(SENDER)
            client.say(said % FIRM.encode() + hop + MAIL + b".\r\n")
            assert client.reply().startswith("250 ")
            assert taken(live).envelope.proof is proof


@pytest.mark.parametrize(("hops", "is_taken"), [(25, True), (26, False)])
def test_a_message_that_goes_round_in_circles(
    settings: Settings, hops: int, is_taken: bool
) -> None:
    mail = b"Received: from a by b; Wed, 25 Nov 2026 12:00:00 +0000\r\n" * hops + MAIL
    mail += b"Received: quoted, in the words\r\n"
    with open_door(settings) as live:
        reply = send(live, mail)
        assert reply.startswith("250 " if is_taken else "554 5.4.6 This message has passed more")
        assert len(live.wall.letters) == is_taken


def test_every_rule_has_its_words() -> None:
    room = Path(assembly.__file__).parent / "gate"
    house = room.parent / "smtp/house.py"
    source = "".join(file.read_text() for file in (*room.glob("*.py"), house))
    said = set(re.findall(r'Proof\.[A-Z]+,\s*"([a-z_]+)"', source))
    said |= {word for pair in re.findall(r'rule = "([a-z_]+)"|append\("([a-z_]+)"\)', source)
             for word in pair}  # fmt: skip
    said |= {"policy_reject", "policy_quarantine", confirmation.RULE}
    assert said - {""} == set(RULES)


def test_nothing_is_started_while_this_machine_is_proven(settings: Settings) -> None:
    assert not assembly.needs_gate(settings)
    with assembly.gate(settings, settings.storage.path / "work") as gate:
        assert gate is None
    assert not (settings.storage.path / "work/gate").exists()
    anybody = settings.model_copy(update={"trust": Trust(loopback_is_proven=False)})
    assert assembly.needs_gate(anybody)
    off = anybody.model_copy(update={"proof": ProofSettings(mode="off")})
    assert not assembly.needs_gate(off)
