"""Turns: whose letters stand behind each other, by what is known before a letter is opened."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Envelope, Proof
from gateway.moving.turn import turn_of
from gateway.stores import Stores
from portal.directory import firm_id_of
from portal.tables import letters
from tests.test_gateway_intake import letter

_ENVELOPE = Envelope(
    door="smtp",
    sender="pat.hall@bakerllp.example",
    recipients=("claims@casebridge.example",),
    arrived_at=datetime(2026, 11, 21, 20, 42, tzinfo=UTC),
    proof=Proof.LOOPBACK,
)
_FIRMS = {"@bakerllp.example": 7, "pat@gmail.com": 8}


def firm_of(address: str) -> int | None:
    return _FIRMS.get(address) or _FIRMS.get(f"@{address.rpartition('@')[2]}")


def turn(**changes: Any) -> str | None:
    return turn_of(dataclasses.replace(_ENVELOPE, **changes), firm_of)


def unproven(sender: str, client: str | None, **changes: Any) -> str | None:
    values: dict[str, Any] = {"proof": Proof.NONE, "proof_rule": "no_policy"}
    return turn(sender=sender, client=client, **(values | changes))


def test_a_proven_sender_has_the_turn_of_their_firm() -> None:
    assert turn() == "firm 7"
    assert turn(sender="somebody.else@bakerllp.example", proof=Proof.CODE) == "firm 7"


def test_what_is_proven_is_the_address_in_from_and_not_what_the_envelope_claims() -> None:
    own = {"sender": "bounces@mail.bakerllp.example", "proof": Proof.ALIGNED}
    assert turn(author="pat@bakerllp.example", **own) == "firm 7"
    forged = {"sender": "pat.hall@bakerllp.example", "proof": Proof.ALIGNED}
    assert turn(author="eve@elsewhere.example", **forged) != "firm 7"


def test_whoever_sends_a_firms_signed_letter_again_takes_nothing_of_its_turn() -> None:
    signed = {"author": "pat@bakerllp.example", "proof": Proof.ALIGNED}
    there = {"sender": "bounces@mailer.example", "client": "192.0.2.7", **signed}
    again = turn(**there)
    assert again not in {None, turn(sender="pat@bakerllp.example", **signed)}
    assert again == turn(**{**there, "sender": "x2@evil.example"}), "the envelope is free to choose"
    assert again != turn(**{**there, "client": "198.51.100.1"})
    assert turn(**{**there, "sender": ""}) == again


def test_a_firm_that_is_one_mailbox_at_a_provider_is_proven_by_the_envelope_too() -> None:
    aligned = {"author": "pat@gmail.com", "proof": Proof.ALIGNED}
    assert turn(sender="pat@gmail.com", **aligned) == "firm 8"
    assert turn(sender="eve@gmail.com", **aligned) != "firm 8"


def test_whoever_claims_a_firms_address_takes_nothing_of_its_turn() -> None:
    claimed = unproven("pat.hall@bakerllp.example", "192.0.2.7")
    assert claimed not in {None, turn()}
    assert unproven("pat.hall@bakerllp.example", "192.0.2.7", proof=Proof.FAILED) == claimed


def test_whoever_claims_another_name_each_time_has_one_turn() -> None:
    here = {unproven(f"a@{number}.example", f"192.0.2.{number}") for number in range(9)}
    there = {unproven("a@1.example", f"2001:db8:1:{number}::1") for number in range(9)}
    assert len(here) == len(there) == 1
    assert here.isdisjoint(there)
    assert unproven("a@1.example", "198.51.100.1") not in here | there
    assert unproven("a@1.example", "no address") not in here | there
    assert {unproven("a@1.example", f"::ffff:192.0.2.{last}") for last in range(9)} == here


@pytest.mark.parametrize("known", [{"client": None}, {"client": "192.0.2.7", "proof_rule": "off"}])
def test_where_nothing_but_the_claim_is_known_the_claim_has_to_do(known: dict[str, Any]) -> None:
    baker = unproven("pat@bakerllp.example", **known)
    assert baker == unproven("kim@mail.bakerllp.example", **known)
    assert baker != unproven("pat@smithdefence.example", **known)
    assert baker not in {None, turn()}


def test_a_stranger_is_whoever_registered_the_domain() -> None:
    one, other = (turn(sender=f"a@{name}.stranger.example") for name in ("one", "other"))
    assert one == other
    assert turn(sender="a@other-stranger.example") != one
    assert turn(sender="a@one.co.uk") != turn(sender="a@other.co.uk")


def test_at_a_public_provider_a_stranger_is_one_mailbox() -> None:
    assert turn(sender="kim@gmail.com") != turn(sender="lee@gmail.com")
    assert turn(sender="kim@gmail.com") == turn(sender="kim@gmail.com")


@pytest.mark.parametrize("sender", ["", "a@[192.0.2.1]", "a@localhost", "a@com"])
def test_every_sender_has_one(sender: str) -> None:
    assert turn(sender=sender)
    assert unproven(sender, None)


def test_old_mail_has_none() -> None:
    assert turn(proof=Proof.OPERATOR, sender="") is None


def test_no_word_of_a_senders_is_in_it() -> None:
    said = f"{turn(sender='canary@canary.example')} {unproven('canary@canary.example', None)}"
    assert "canary" not in said


def test_the_wall_takes_it_from_the_directory_and_the_row_keeps_it(sample_stores: Stores) -> None:
    stores = sample_stores
    with stores.database.read() as connection:
        baker = firm_id_of(connection, "anybody@bakerllp.example")
        assert baker is not None
        assert firm_id_of(connection, "pat@unknown.example") is None
        assert firm_id_of(connection, "@bakerllp.example") == baker
    stores.intake().accept(letter(stores, b"known"))
    stores.intake().accept(letter(stores, b"old", proof=Proof.OPERATOR))
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(letters.c.turn).order_by(letters.c.id)).scalars().all()
    assert rows == [f"firm {baker}", None]
