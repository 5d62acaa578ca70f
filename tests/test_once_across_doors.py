"""Once, across doors: a message that comes by SMTP and lies in a mailbox too is filed once."""

from __future__ import annotations

import json
import smtplib
from pathlib import Path

import pytest

from portal.tables import outbox, submissions
from samples.make import INTAKE
from tests.dovecot import dovecot, needs_dovecot
from tests.live_mailbox import mailbox
from tests.mail_server import make_certificates
from tests.served import serving, storage_with
from tests.test_two_gateways import rows

pytestmark = [needs_dovecot, pytest.mark.slow]

SENDER = "pat.hall@bakerllp.example"
HEAD = f"""\
From: Pat Hall <{SENDER}>
To: {INTAKE}
Subject: Case 24-001234, and a subject that is so long that some server on its way may fold it
Message-ID: <once@bakerllp.example>
"""
BODY = "\nOur report on the deposition follows by the end of the week.\n\nPat Hall\n"
REWRITTEN = (
    f"Return-Path: <{SENDER}>\nReceived: from mx.example by box.example; Tue, 24 Nov 2026 10:00:00"
    " +0000\nX-Scanned: yes\n" + HEAD.replace(" that some", "\n that some")
)


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("ascii")


def test_the_same_message_by_smtp_and_from_a_mailbox_is_filed_once(
    sampled: Path, tmp_path: Path
) -> None:
    """Its header is another by each way. With a list's footer below it is another letter."""
    with dovecot(make_certificates(tmp_path / "tls")) as server:
        box = mailbox(server.plain_port, tmp_path) | {"is_trusted": True}
        settings = {
            "CASEBRIDGE_IMAP__MAILBOXES": json.dumps([box]),
            "CASEBRIDGE_IMAP__POLL_SECONDS": "1",
        }
        with serving(storage_with(sampled, tmp_path / "var"), settings) as served:
            with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
                client.sendmail(SENDER, [INTAKE], crlf(HEAD + BODY))
            (first,) = served.wait_until_rested(1)
            server.deliver(crlf(REWRITTEN + BODY))
            first, second = served.wait_until_rested(2)
            assert [(one.door, one.state) for one in (first, second)] == [
                ("smtp", "filed"),
                ("imap", "copy"),
            ]
            assert second.copy_of == first.id
            receipts = [one.letter_id for one in rows(served, outbox) if one.kind == "receipt"]
            assert receipts == [first.id]
            server.deliver(crlf(REWRITTEN + BODY + "--\nclaims-list: to leave, write to us\n"))
            third = served.wait_until_rested(3)[2]
            assert (third.state, third.copy_of) == ("filed", None)
            assert len(rows(served, submissions)) == 2
            assert served.end() == 0
