"""A locked Word document and its password in a later mail, by a real server from end to end."""

from __future__ import annotations

import io
import re
import smtplib
import time
from email.message import EmailMessage
from pathlib import Path

import docx
import msoffcrypto
import pytest
import sqlalchemy as sa

from gateway.command import DONE
from gateway.verification import disagreements
from portal.receipt_number import shown
from portal.tables import parts
from samples.make import INTAKE
from tests.desk import csrf, spoken
from tests.served import serving, storage_with

pytestmark = pytest.mark.slow

PASSWORD = "Lincoln 7"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def locked_docx() -> bytes:
    plain, made = io.BytesIO(), io.BytesIO()
    document = docx.Document()
    document.add_paragraph("What the nurses wrote")
    document.save(plain)
    msoffcrypto.OfficeFile(plain).encrypt(PASSWORD, made)
    return made.getvalue()


def mail(subject: str, words: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "pat.hall@bakerllp.example", INTAKE, subject
    made["Message-ID"] = f"<{time.time_ns()}@bakerllp.example>"
    made.set_content(words)
    return made


def test_a_later_mail_opens_it_by_one_press(tmp_path: Path, sampled: Path) -> None:
    first = mail("Case 24-001234: a report", "A report; its password comes by itself.")
    kind = DOCX.partition("/")[2]
    first.add_attachment(
        locked_docx(), maintype="application", subtype=kind, filename="report.docx"
    )
    second = mail("Case 24-001234: the report", f"Here it is.\n\nPassword: {PASSWORD}\n")
    with serving(storage_with(sampled, tmp_path / "var")) as served:
        with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
            client.send_message(first)
            served.wait_until_rested(1)
            client.send_message(second)
        rows = served.wait_until_rested(2)
        here, there = (shown(row.receipt) for row in rows)
        assert [row.state for row in rows] == ["filed_in_part", "filed"]
        with served.signed_in("operations") as olu:
            page = olu.get(f"/p/{here}").text
            assert "seems to hold the password" in spoken(page)
            found = re.search(r'action="(\S+/mailed-password)"', page)
            assert found is not None
            fields = {"csrf": csrf(page), "mail": there}
            assert olu.post(found[1], data=fields, timeout=120).status_code == 303
            page = spoken(olu.get(f"/p/{here}").text)
            assert "report (unlocked).pdf" in page
            assert "Converted to PDF" in page
            assert "Password: ••••••••" in spoken(olu.get(f"/p/{there}").text)
        with served.opened() as stores:
            with stores.database.read() as connection:
                copy = connection.execute(sa.select(parts).where(parts.c.path.like("2/%"))).one()
            assert (copy.fate, copy.detected_type) == ("converted", DOCX)
            assert list(disagreements(stores.database)) == []
        assert PASSWORD not in served.said
        assert served.end() == DONE
    told = [file.read_text("utf-8") for file in (tmp_path / "var" / "outbox").iterdir()]
    assert told
    assert not any(PASSWORD in one for one in told)
