"""Two gateways whose mails go to each other: they stop after one exchange."""

from __future__ import annotations

import smtplib
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bench.server import free_port
from portal.tables import letters, outbox
from tests.served import Served, serving, storage_with

pytestmark = pytest.mark.slow

_QUIET_SECONDS = 5
_MAIL = """\
From: <claims@other.example>
To: <claims@here.example>
Subject: About a case
Message-ID: <1@other.example>

A question that no case is named in.
"""


def settings(domain: str, port: int, other_port: int) -> dict[str, str]:
    return {
        "CASEBRIDGE_INTAKE__ADDRESS": f"claims@{domain}",
        "CASEBRIDGE_SMTP__PORT": str(port),
        "CASEBRIDGE_OUTBOUND__DELIVERY": "relay",
        "CASEBRIDGE_OUTBOUND__RELAY__HOST": "127.0.0.1",
        "CASEBRIDGE_OUTBOUND__RELAY__PORT": str(other_port),
        "CASEBRIDGE_OUTBOUND__RELAY__SECURITY": "none",
    }


def rows(served: Served, table: sa.Table) -> list[Any]:
    with served.opened() as stores, stores.database.read() as connection:
        return list(connection.execute(table.select().order_by(table.c.id)))


def test_two_gateways_that_write_to_each_other_stop_after_one_exchange(
    sampled: Path, tmp_path: Path
) -> None:
    """Each is the other's sender and relay; one letter begins it, as a forged one may."""
    one, two = free_port(), free_port()
    with ExitStack() as both:
        here, other = (
            both.enter_context(serving(storage_with(sampled, tmp_path / domain), set_up))
            for domain, set_up in (
                ("here", settings("here.example", one, two)),
                ("other", settings("other.example", two, one)),
            )
        )
        with smtplib.SMTP("127.0.0.1", here.smtp_port) as client:
            client.sendmail("claims@other.example", ["claims@here.example"], _MAIL)
        here.wait_until_rested(1)
        (answer,) = rows(here, outbox)
        assert (answer.recipient, answer.failure) == ("claims@other.example", None)
        (there,) = other.wait_until_rested(1)
        assert (there.sender, there.state) == ("", "set_aside"), "a bounce of it would go nowhere"
        time.sleep(_QUIET_SECONDS)
        assert rows(other, outbox) == [], "it answers no machine"
        assert len(rows(here, letters)) == len(rows(other, letters)) == 1
        assert len(rows(here, outbox)) == 1
        assert here.end() == other.end() == 0
