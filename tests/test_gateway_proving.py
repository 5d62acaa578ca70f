"""What `casebridge check` says of the proof of senders."""

from __future__ import annotations

from typing import Any

import pytest

from config.settings import Proof, ProofRelay, Settings, Trust
from gateway.proving import proving

RELAY = ProofRelay(networks=("192.0.2.25/32",), authserv_id="mx.example.com", is_lmtp=True)
LOCAL = ProofRelay(networks=("127.0.0.0/8",), authserv_id="mx.example.com")
NAMED = {"nameservers": ("192.0.2.53",)}


def said(settings: Settings, *, on_loopback: bool, **proof: Any) -> list[tuple[str, str]]:
    trust = Trust(loopback_is_proven=on_loopback)
    given = settings.model_copy(update={"trust": trust, "proof": Proof(**proof)})
    return [(one.weight, one.text) for one in proving(given)]


def test_on_loopback_nothing_is_asked(settings: Settings) -> None:
    assert said(settings, on_loopback=True) == [
        ("ok", "senders: mail from this machine is proven (trust.loopback_is_proven)")
    ]


@pytest.mark.parametrize(
    ("proof", "weights", "words"),
    [
        ({"mode": "off"}, ["warn"], "proof.mode is off"),
        ({"mode": "mark"}, ["ok"], "what fails is marked; asking 192.0.2.53"),
        ({"mode": "enforce", "relays": (LOCAL,)}, ["ok", "ok"], "refused where its domain asks"),
        ({"mode": "enforce"}, ["ok", "warn"], "a mail server on it would seem to forge"),
        (
            {"mode": "mark", "relays": (RELAY,)},
            ["ok", "ok"],
            "mx.example.com vouches for mail from 192.0.2.25/32, LMTP, and we refuse none",
        ),
        ({"mode": "off", "relays": (RELAY,)}, ["ok", "warn"], "vouches for mail from"),
    ],
)
def test_where_anybody_sends(
    settings: Settings, proof: dict[str, Any], weights: list[str], words: str
) -> None:
    found = said(settings, on_loopback=False, **(NAMED | proof))
    assert [weight for weight, _ in found] == weights
    assert any(words in text for _, text in found), found
