"""The whole road beside the door: letters to filed, one alone, and the door while it drains."""

from __future__ import annotations

import contextlib
import io
import os
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

import pikepdf
import sqlalchemy as sa

from bench import load, server
from bench.rounds import ROUNDS, Figure, Rounds, print_table
from config.settings import CONFIG_FOLDER
from portal.database import Database, open_database
from portal.tables import letters, packages

SERVE = (sys.executable, "-c", "from gateway.command import main; main()", "serve")
SENDER, INTAKE = "pat.hall@bakerllp.example", "claims@casebridge.example"
_PDF_BYTES = 100_000
_TOGETHER = 60
_ALONE = 15
_LONGEST_SECONDS = 300

OUTLOOK = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<style>p.MsoNormal {{margin:0in;font-size:11.0pt;font-family:"Calibri",sans-serif}}</style></head>
<body lang="EN-US"><div class="WordSection1"><p class="MsoNormal">Dear colleagues,<o:p></o:p></p>
<p class="MsoNormal">letter {number}: our report on case 24-001234 is attached.</p>
<table border="1"><tr><td>Experts</td><td>$5,600</td></tr><tr><td>Depositions</td><td>$8,800</td>
</tr></table><p class="MsoNormal"><b>Pat Hall</b><br>Baker LLP</p></div></body></html>"""


@dataclass(frozen=True)
class Running:
    """A `casebridge serve` with the sample directory, and its record to look at."""

    server: server.Server
    database: Database

    def filed(self) -> int:
        """Count the letters that are filed."""
        with self.database.read() as connection:
            return connection.execute(
                sa.select(sa.func.count()).select_from(letters).where(letters.c.state == "filed")
            ).scalar_one()

    def await_filed(self, number: int, *, seconds: float = _LONGEST_SECONDS) -> None:
        """Wait until so many are. Raises RuntimeError where that takes longer."""
        until = time.monotonic() + seconds
        while self.filed() < number:
            if time.monotonic() > until:
                raise RuntimeError(f"{self.filed()} of {number} letters were filed")
            time.sleep(0.005)


@contextlib.contextmanager
def serving() -> Iterator[Running]:
    with server.running(SERVE, before=_prepare) as running:
        database = open_database(running.folder / "casebridge.db")
        try:
            yield Running(running, database)
        finally:
            database.close()


def _prepare(environment: dict[str, str]) -> None:
    """Make the record and load the sample directory."""
    for words in (("migrate",), ("directory", "import", str(CONFIG_FOLDER / "directory"))):
        subprocess.run([*SERVE[:-1], *words], env=environment, check=True, capture_output=True)


def letter(number: int, *, html: bool) -> bytes:
    """Write a letter that is like no other, with a PDF of 100 KB that is not either."""
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Pat Hall <{SENDER}>"
    message["To"] = INTAKE
    message["Subject"] = "Case 24-001234"
    message.set_content(f"Letter {number}: our report is attached.\n\nPat Hall\n")
    if html:
        message.add_alternative(OUTLOOK.format(number=number), subtype="html")
    message.add_attachment(_pdf(), "application", "pdf", filename=f"report {number}.pdf")
    return message.as_bytes()


def _pdf() -> bytes:
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(612, 792))
        page.obj.Filling = pdf.make_stream(os.urandom(_PDF_BYTES - 1_000))
        stream = io.BytesIO()
        pdf.save(stream)
    return stream.getvalue()


def together() -> list[Figure]:
    """Letters to filed: plain text with a PDF of 100 KB, and the same as Outlook HTML."""
    with serving() as running:
        plain, html = (_measured(running, html=html) for html in (False, True))
    rounds = Rounds({"plain text": plain, "Outlook HTML": html}, {})
    print_table("letter to filed, with a PDF of 100 KB", "letters/s", rounds, "plain text")
    return [
        Figure("plain letters filed", rounds.median("plain text"), "/s", 20, at_least=True),
        Figure("HTML letters filed", rounds.median("Outlook HTML"), "/s", 5, at_least=True),
    ]


def _measured(running: Running, *, html: bool) -> list[float]:
    """Return letters a second for each round, the first one not counted."""
    values = []
    for _ in range(ROUNDS + 1):
        letters_now = [letter(number, html=html) for number in range(_TOGETHER)]
        there = running.filed()
        start = time.perf_counter()
        send(running.server.port, letters_now)
        running.await_filed(there + _TOGETHER)
        values.append(_TOGETHER / (time.perf_counter() - start))
    return values[1:]


def send(port: int, messages: Iterable[bytes], done: Callable[[], None] = lambda: None) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        for message in messages:
            client.sendmail(SENDER, [INTAKE], message)
            done()


def alone() -> list[Figure]:
    """A single letter, from the start of its dialogue to filed."""
    values: dict[str, list[float]] = {"plain text": [], "Outlook HTML": []}
    with serving() as running:
        for number in range(_ALONE + 1):
            for name, html in (("plain text", False), ("Outlook HTML", True)):
                message = letter(number, html=html)
                there = running.filed()
                start = time.perf_counter()
                send(running.server.port, [message])
                running.await_filed(there + 1)
                if number:
                    values[name].append((time.perf_counter() - start) * 1000)
    print_table("one letter alone, to filed", "ms", Rounds(values, {}), "plain text")
    return [
        Figure(
            "a single plain letter, p50",
            statistics.median(values["plain text"]),
            "ms",
            300,
            at_least=False,
        )
    ]


def draining() -> list[Figure]:
    """The door while the worker drains: 10 KB messages on 10 connections. Asked for: printed."""
    with serving() as running:
        values = []
        for _ in range(ROUNDS):
            seconds = load.send(
                running.server.port, messages=300, content_bytes=10_000, connections=10
            )
            values.append(300 / seconds)
        with running.database.read() as connection:
            carried = connection.execute(
                sa.select(sa.func.count()).select_from(packages)
            ).scalar_one()
    print_table(
        f"10 KB messages while the worker drains ({carried} carried meanwhile)",
        "msg/s",
        Rounds({"casebridge": values}, {}),
        "casebridge",
    )
    return []
