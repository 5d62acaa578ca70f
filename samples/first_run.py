"""The first run behind `make run`: everything starts, the sample letters go in, and come out filed.

Later runs only serve. Sending goes through the SMTP door like anybody's mail.
"""

from __future__ import annotations

import smtplib
import sys
import threading
import time
from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

import sqlalchemy as sa

from config.settings import CONFIG_FOLDER, Settings, load
from gateway import storage_folder
from gateway.command import NOT_READY, guarded, say, stop
from gateway.command.serve import announce
from gateway.doors import PortTaken
from gateway.numbers.case_number import CaseShape
from gateway.serving import serve
from gateway.stores import Stores, open_stores
from gateway.watch import start_logs
from portal.directory_import import import_directory
from portal.receipt_number import shown
from portal.tables import cases, consultants, documents, letters, outbox, parts, submissions

# Not from samples.make, which needs what only the tests install.
_LETTERS = Path(__file__).parent
_LONGEST_SECONDS = 300
_STATES = {
    "checking": "Checking",
    "filed": "Filed",
    "filed_in_part": "Filed, except some",
    "with_us": "With our team",
    "needs_you": "Waiting for sender",
    "not_filed": "Not filed",
    "copy": "Set aside",
    "rehearsed": "Rehearsed",
    "set_aside": "Set aside",
}


def main() -> None:
    """Prepare the storage folder, serve, and send the samples where nothing has come yet."""
    settings = load()
    storage_folder.make(settings.storage.path)
    log = (settings.storage.path / "casebridge.log").open("a", encoding="utf-8")
    start_logs(settings.logs, log)
    say("Casebridge starts. The first time it also sends the letters in samples/ and shows them.")
    say(f"Its log is {log.name}.")
    with open_stores(settings, migrating=True) as stores:
        first = _is_empty(stores)
        report = import_directory(
            stores.database, CONFIG_FOLDER / "directory", CaseShape.of(settings.cases).normal
        )
        say(f"Sample directory: {report.summary}")

    def ready(smtp: str, web: str) -> None:
        announce(settings, smtp, web)
        if first:
            threading.Thread(target=_show, args=(settings, smtp), daemon=True).start()
        else:
            say(_try_it(settings, smtp))

    try:
        serve(settings, ready)
    except PortTaken as fault:
        stop(NOT_READY, "port_taken", place=fault)


def _is_empty(stores: Stores) -> bool:
    with stores.database.read() as connection:
        return connection.execute(sa.select(letters.c.id).limit(1)).first() is None


def _show(settings: Settings, smtp: str) -> None:
    """Send the samples, wait until each rests, and print what became of them."""
    files = sorted(_LETTERS.glob("*.eml"))
    host, _, port = smtp.rpartition(":")
    with smtplib.SMTP(host, int(port)) as client:
        for number, file in enumerate(files, 1):
            _send(client, file, settings.intake.address)
            _progress(f"sent {number} of {len(files)}")
    with open_stores(settings) as stores:
        until = time.monotonic() + _LONGEST_SECONDS
        while (resting := _resting(stores)) < len(files) and time.monotonic() < until:
            _progress(f"sent {len(files)} of {len(files)}, {resting} filed or held")
            time.sleep(0.2)
        while _unsent(stores) and time.monotonic() < until:
            time.sleep(0.1)
        _progress("")
        say("\n".join(("", *_table(stores), "", *_one_receipt(stores), "")))
    say(_try_it(settings, smtp))


def _send(client: smtplib.SMTP, file: Path, intake: str) -> None:
    content = file.read_bytes()
    sender = parseaddr(message_from_bytes(content, policy=default)["From"])[1]
    client.sendmail(sender, [intake], content)


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def _resting(stores: Stores) -> int:
    with stores.database.read() as connection:
        return connection.execute(
            sa.select(sa.func.count()).select_from(letters).where(letters.c.state != "checking")
        ).scalar_one()


def _unsent(stores: Stores) -> bool:
    """Say whether a mail waits that goes out by itself: a digest gathers for much longer."""
    with stores.database.read() as connection:
        unsent = (
            sa.select(outbox.c.id)
            .where(
                outbox.c.sent_at.is_(None),
                outbox.c.withdrawn_at.is_(None),
                outbox.c.digest_id.is_(None),
                outbox.c.kind != "digest",
            )
            .limit(1)
        )
        return connection.execute(unsent).first() is not None


def _table(stores: Stores) -> list[str]:
    """Return receipt, case, consultant, documents and state of every letter, a line each."""
    counted = (
        sa.select(submissions.c.id, sa.func.count(documents.c.id).label("n"))
        .join(documents, documents.c.submission_id == submissions.c.id)
        .group_by(submissions.c.id)
        .subquery()
    )
    kept = (
        sa.select(sa.func.count())
        .where(parts.c.letter_id == letters.c.id, parts.c.filed_name.is_not(None))
        .scalar_subquery()
    )
    rows = (
        sa.select(
            letters.c.receipt,
            letters.c.state,
            cases.c.number,
            consultants.c.name,
            sa.func.coalesce(counted.c.n, kept).label("n"),
        )
        .outerjoin(submissions, submissions.c.letter_id == letters.c.id)
        .outerjoin(cases, cases.c.id == submissions.c.case_id)
        .outerjoin(consultants, consultants.c.id == submissions.c.consultant_id)
        .outerjoin(counted, counted.c.id == submissions.c.id)
        .order_by(letters.c.id)
    )
    lines = [f"{'Receipt':<11}{'Case':<12}{'Consultant':<22}{'Documents':<11}State"]
    with stores.database.read() as connection:
        lines += [
            f"{shown(row.receipt):<11}{row.number or '–':<12}{row.name or 'Unknown':<22}"  # noqa: RUF001
            f"{row.n:<11}{_STATES[row.state]}"
            for row in connection.execute(rows)
        ]
    return lines


def _one_receipt(stores: Stores) -> list[str]:
    """Return the receipt that says most, as its sender reads it."""
    with stores.database.read() as connection:
        row = connection.execute(
            sa.select(outbox)
            .where(outbox.c.kind == "receipt")
            .order_by(sa.func.length(outbox.c.text).desc())
            .limit(1)
        ).one_or_none()
    if row is None:
        return []
    lines = [f"To: {row.recipient}", f"Subject: {row.subject}", "", *row.text.splitlines()]
    return ["One receipt, as its sender reads it:", "", *(f"  | {line}".rstrip() for line in lines)]


def _try_it(settings: Settings, smtp: str) -> str:
    return (
        "Send one more from another terminal, and look at the pages while you do:\n"
        f"  swaks --server {smtp} --from pat.hall@bakerllp.example"
        f" --to {settings.intake.address} \\\n"
        "        --suppress-data --header 'Subject: Case 24-001234' --attach @README.md"
    )


if __name__ == "__main__":
    guarded(main)
