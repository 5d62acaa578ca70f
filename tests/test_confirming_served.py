"""Addresses that nobody has proven, by a real server: asked, confirmed, and the guard decides."""

from __future__ import annotations

import re
import smtplib
import time
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from gateway.command import DONE
from gateway.stores import Stores
from gateway.verification import disagreements
from portal.receipt_number import shown
from portal.tables import letters, outbox
from samples.make import INTAKE
from tests.filling_in import csrf, words
from tests.served import Served, serving, storage_with

pytestmark = pytest.mark.slow

PAT, EVE = "pat.hall@bakerllp.example", "eve@vendor.example"
UNPROVEN = {"CASEBRIDGE_TRUST__LOOPBACK_IS_PROVEN": "false", "CASEBRIDGE_PROOF__MODE": "off"}
SECRETS = ("24-001234", "a report", "film", "Reyes", "Baker")


def mail(sender: str, subject: str, text: str, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, INTAKE, subject
    made["Message-ID"] = f"<{time.time_ns()}@{sender.partition('@')[2]}>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def sent(served: Served, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
        client.send_message(message)


def told(stores: Stores, address: str) -> str:
    """Return every mail to an address as it left, headers and words."""
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in sorted((stores.folder / "outbox").iterdir())
    ]
    return "\n".join(
        f"{one['Subject']}\n{one.get_body(('plain',)).get_content()}"  # type: ignore[union-attr]
        for one in mails
        if one["To"] == address
    )


def test_a_code_and_a_reply_confirm_and_the_guard_decides(tmp_path: Path, sampled: Path) -> None:
    report = "Case 24-001234: a report"
    with serving(storage_with(sampled, tmp_path / "var"), UNPROVEN) as served:
        sent(served, mail(PAT, report, "The report of the film."))
        sent(served, mail(EVE, report, "The report of the film."))
        rows = served.wait_until_rested(2)
        assert [one.reason for one in rows] == ["sender_not_proven", "sender_not_known"]
        with served.opened() as stores:
            said = told(stores, PAT) + told(stores, EVE)
            assert not [one for one in SECRETS if one in said]
            code = re.search(r"Enter code (\d{3} \d{3}) here: \S+/confirm", told(stores, PAT))
            with stores.database.read() as connection:
                asked = connection.scalar(
                    sa.select(outbox.c.message_id).where(outbox.c.recipient == EVE)
                )
        assert code is not None
        with httpx.Client(base_url=served.web) as browser:
            form = {"email": PAT, "code": code[1]}
            page = browser.post(
                "/confirm", data=form | {"csrf": csrf(browser.get("/confirm").text), "do": "look"}
            )
            assert not [one for one in SECRETS if one in page.text]
            (box,) = re.findall(r'name="(letter-\w+)"', page.text)
            pressed = form | {"csrf": csrf(page.text), "do": "confirm", box: "yes"}
            assert "We have noted" in words(browser.post("/confirm", data=pressed).text)
        domain = INTAKE.partition("@")[2]
        sent(served, mail(EVE, "Re: your mail", "YES\n", In_Reply_To=f"<{asked}@{domain}>"))
        with served.opened() as stores:
            served.wait_until_rested(3)
            served._wait(lambda: states(stores) == ["filed", "with_us", "set_aside"])
            served.wait_until_rested(3)
            with stores.database.read() as connection:
                proofs = connection.scalars(sa.select(letters.c.proof).order_by(letters.c.id)).all()
            assert proofs == ["code", "reply", "none"]
            assert "Filed:" in told(stores, PAT)
            assert "Confirmed: your address" in told(stores, EVE)
            assert not [one for one in SECRETS if one in told(stores, EVE)]
            assert list(disagreements(stores.database)) == []
        # Let in to that case, Eve files to it, once she has said yes to the next one as well.
        with served.signed_in("operations") as olu:
            held = f"/p/{shown(rows[1].receipt)}"
            form = {"csrf": csrf(olu.get(held).text), "case": "24-001234", "until": tomorrow()}
            assert olu.post(f"{held}/contributors", data=form).status_code == 303
        sent(served, mail(EVE, report, "Another report."))
        row = served.wait_until_rested(4)[-1]
        assert row.reason == "sender_not_proven"
        with served.opened() as stores:
            with stores.database.read() as connection:
                asked = connection.scalar(
                    sa.select(outbox.c.message_id).where(outbox.c.letter_id == row.id)
                )
            sent(served, mail(EVE, "Re: your mail", "yes\n", In_Reply_To=f"<{asked}@{domain}>"))
            served._wait(lambda: states(stores)[3:] == ["filed", "set_aside"])
            served.wait_until_rested(5)
            assert "Filed: your message" in told(stores, EVE)
            assert not [one for one in SECRETS if one in told(stores, EVE)]
            assert list(disagreements(stores.database)) == []
        assert served.end() == DONE


def tomorrow() -> str:
    return str(datetime.now(tz=ZoneInfo("America/New_York")).date() + timedelta(days=1))


def states(stores: Stores) -> list[str]:
    with stores.database.read() as connection:
        return list(connection.scalars(sa.select(letters.c.state).order_by(letters.c.id)))
