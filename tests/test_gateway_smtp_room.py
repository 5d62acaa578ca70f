"""One more connection: of one client, of a network of IPv6, of whoever brings everybody's mail."""

from __future__ import annotations

import pytest

from config.settings import Proof, ProofRelay, Settings, Smtp, Trust
from gateway.smtp.manner import LMTP, SMTP
from gateway.smtp.room import refusal

STRANGER = "192.0.2.7"
OF_CLIENT = "too_many_connections_of_client"


def settings(*, loopback: bool = False) -> Settings:
    relay = ProofRelay(networks=("192.0.2.25/32", "2001:db8:5::/48"), authserv_id="mx.example")
    return Settings(
        smtp=Smtp(max_connections=5, max_connections_of_client=2),
        trust=Trust(loopback_is_proven=loopback),
        proof=Proof(relays=(relay,)),
    )


@pytest.mark.parametrize(
    ("client", "there", "said"),
    [
        (STRANGER, [], None),
        (STRANGER, [STRANGER], None),
        (STRANGER, [STRANGER] * 2, OF_CLIENT),
        (STRANGER, ["192.0.2.8"] * 3, None),
        (STRANGER, ["192.0.2.8"] * 5, "too_many_connections"),
        (f"::ffff:{STRANGER}", [STRANGER] * 2, OF_CLIENT),
        ("2001:db8:1::1", ["2001:db8:1::2", "2001:db8:1::3"], OF_CLIENT),
        ("2001:db8:1::1", ["2001:db8:1:1::2", "2001:db8:1:2::3"], None),
        ("192.0.2.25", ["192.0.2.25"] * 4, None),
        ("2001:db8:5::1", ["2001:db8:5::1"] * 4, None),
        ("192.0.2.25", ["192.0.2.25"] * 5, "too_many_connections"),
        ("127.0.0.1", ["127.0.0.1"] * 2, OF_CLIENT),
        ("", ["", ""], OF_CLIENT),
    ],
)
def test_who_has_room(client: str, there: list[str], said: str | None) -> None:
    assert refusal(client, there, settings(), SMTP) == said


def test_this_machine_has_all_of_it_where_it_is_proven() -> None:
    there = ["127.0.0.1"] * 4
    assert refusal("127.0.0.1", there, settings(loopback=True), SMTP) is None
    assert refusal(STRANGER, [STRANGER] * 4, settings(loopback=True), SMTP) == OF_CLIENT


def test_a_mail_server_that_hands_in_by_lmtp_has_all_of_it() -> None:
    assert refusal(STRANGER, [STRANGER] * 4, settings(), LMTP) is None
    assert refusal("", [""] * 5, settings(), LMTP) == "too_many_connections"
