"""Serving: a real server, from the first mail through swaks to SIGTERM and the next start."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pypdf
import pytest
import sqlalchemy as sa
from docx import Document

from config.settings import CONFIG_FOLDER
from gateway.command import DONE, NOT_READY
from gateway.stores import Stores
from gateway.verification import disagreements
from portal import sign_in
from portal.receipt_number import shown
from portal.tables import accounts, directory_runs, letters, outbox, parts, rights, submissions
from samples.make import FOLDER as SAMPLES
from samples.make import INTAKE, PAT, File
from samples.make import letter as written
from tests.carrying import mail_folder
from tests.desk import csrf, spoken
from tests.served import COMMAND, Served, environment, serving, storage_with
from tests.test_converters_pool import descendants, wait_until

pytestmark = pytest.mark.slow

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

# What the first run shows of each sample letter.
STATES = {
    "01-one-pdf": ("filed", None),
    "02-word-and-opendocument": ("filed", None),
    "03-photographs": ("filed", None),
    "04-forwarded": ("filed", None),
    "05-names": ("filed", None),
    "06-long-message": ("filed", None),
    "07-unknown-case": ("needs_you", "case_not_found"),
    "08-two-cases": ("needs_you", "case_ambiguous"),
    "09-logo-and-program": ("filed_in_part", "file_type_blocked"),
}


@pytest.mark.parametrize("door", ["SMTP", "WEB"])
def test_a_port_that_somebody_else_has_is_named(tmp_path: Path, migrated: Path, door: str) -> None:
    storage = storage_with(migrated, tmp_path / "var")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [COMMAND, "serve"],
            env=environment(storage, {f"CASEBRIDGE_{door}__PORT": port}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (NOT_READY, "")
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def send_samples(served: Served) -> dict[str, str]:
    """Send every sample by swaks; return the receipt number of each from its 250."""
    receipts = {}
    for file in sorted(SAMPLES.glob("*.eml")):
        sender = re.search(rb"^From: .*<(.+)>", file.read_bytes(), re.MULTILINE)
        assert sender is not None
        swaks = [
            "swaks", "--server", served.smtp, "--from", sender[1].decode(),
            "--to", INTAKE, "--data", f"@{file}",
        ]  # fmt: skip
        sent = subprocess.run(swaks, capture_output=True, text=True, timeout=60, check=True)
        received = re.search(r"^<- +250 2\.0\.0 Received as (\S+)", sent.stdout, re.MULTILINE)
        assert received is not None, sent.stdout
        receipts[file.stem] = received[1]
    return receipts


@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not there")
def test_the_samples_by_swaks_into_a_server_that_drains_and_starts_again(
    tmp_path: Path, sampled: Path
) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    with serving(storage) as served:
        spare = storage / "work" / "engines" / "office" / "1"
        wait_until(spare.exists)  # a LibreOffice, before anybody has sent anything
        receipts = send_samples(served)
        _look_at_the_list(served, receipts)
        rested = {shown(row.receipt): row for row in served.wait_until_rested(len(receipts))}
        found = {name: rested[number] for name, number in receipts.items()}
        assert {name: (row.state, row.reason) for name, row in found.items()} == STATES
        _read_the_answers(served, receipts)
        _ask_what_machines_ask(served)
        _read_the_pages(served, receipts)
        assert served.stdout == "", "stdout is data"
        assert served.end() == DONE
    assert '"event": "draining"' in served.said
    assert list((storage / "work").glob("*")) == []
    with serving(storage) as served:
        assert len(served.wait_until_rested(len(receipts))) == len(receipts)
        with served.opened() as stores:
            assert count(stores, submissions) == 7
        assert served.end(signal.SIGINT) == DONE


def test_staff_and_a_sender_decide_about_what_waits(tmp_path: Path, sampled: Path) -> None:
    """By the pages of a real server: one letter in triage, one by the link of its receipt."""
    storage = storage_with(sampled, tmp_path / "var")
    with serving(storage, {"CASEBRIDGE_TRIAGE__UNDO_SECONDS": "3"}) as served:
        with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
            for name in ("07-unknown-case", "08-two-cases"):
                mail = (SAMPLES / f"{name}.eml").read_bytes()
                sender = re.search(rb"^From: .*<(.+)>", mail, re.MULTILINE)
                assert sender is not None
                client.sendmail(sender[1].decode(), [INTAKE], mail)
        first, second = (shown(row.receipt) for row in served.wait_until_rested(2))
        link = f"{served.web}/answer/{_token(served.storage / 'outbox', first)}"
        with served.signed_in("operations") as olu:
            page = olu.get(f"/p/{second}/triage").text
            fields = {"csrf": csrf(page), "decision": "file", "case": "24-001234"}
            assert olu.post(f"/p/{second}/triage", data=fields).status_code == 303
            assert "Undo" in olu.get(f"/p/{second}/decided").text
            asked = httpx.get(link)
            assert asked.status_code == 200
            fields = {"csrf": csrf(asked.text), "answer": "one", "other": "24-001377"}
            assert "Thank you" in httpx.post(link, data=fields).text
            with served.opened() as stores:
                _wait_for(lambda: count(stores, submissions) == 2)
            served.wait_until_rested(2)
            assert httpx.get(link).status_code == 410
            page = spoken(olu.get(f"/p/{second}").text)
            assert "Filed: case 24-001234" in page
            assert "decided: file under 24-001234" in page
            assert "Filed: case 24-001377" in spoken(olu.get(f"/p/{first}").text)
            assert "case 24-001234" in spoken(olu.get(f"/p/{second}/sender").text)
        with served.opened() as stores:
            assert count(stores, submissions) == 2
            assert list(disagreements(stores.database)) == []
        assert link.rpartition("/")[2] not in served.said
        assert served.end() == DONE


def _token(outbox: Path, receipt: str) -> str:
    """Return the token of the answer link in the receipt with this number."""
    for file in outbox.glob("*-receipt.eml"):
        body = message_from_bytes(file.read_bytes(), policy=default).get_body(("plain",))
        assert body is not None
        text = body.get_content()
        if receipt in text:
            found = re.search(r"/answer/(\S+)", text)
            assert found is not None, text
            return found[1]
    raise AssertionError(receipt)


def _wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def _look_at_the_list(served: Served, receipts: dict[str, str]) -> None:
    """What has its 250 stands in the list at once, filed or still being checked."""
    with served.opened() as stores, stores.database.read() as connection:
        account = connection.scalar(sa.select(accounts.c.id).where(accounts.c.role == "operations"))
        assert account is not None
        token = sign_in.new_link(stores.database, account, now=datetime.now(UTC), minutes=5)
    with httpx.Client(base_url=served.web) as browser:
        link = f"/sign-in/{token}"
        browser.post(link, data={"csrf": csrf(browser.get(link).text)})
        page = browser.get("/packages", params={"view": "team", "show": "all"}).text
    assert all(number in page for number in receipts.values())


def _read_the_answers(served: Served, receipts: dict[str, str]) -> None:
    mails = {path.name: path.read_bytes() for path in (served.storage / "outbox").iterdir()}
    subjects = {
        message_from_bytes(mail, policy=default)["Subject"]
        for name, mail in mails.items()
        if name.endswith("-receipt.eml")
    }
    assert len(subjects) == len(receipts)
    receipt = receipts["01-one-pdf"]
    assert f"Filed: 1 document, case 24-001234 (receipt {receipt})" in subjects
    assert sum(name.endswith("-notice.eml") for name in mails) == len(mails) - len(receipts) == 7


def _ask_what_machines_ask(served: Served) -> None:
    assert httpx.get(f"{served.web}/healthz").text == "ok\n"
    ready = httpx.get(f"{served.web}/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    figures = httpx.get(f"{served.web}/metrics").text
    assert 'casebridge_packages_total{door="smtp",outcome="filed"} 6.0' in figures
    assert 'casebridge_smtp_replies_total{code="250"}' in figures
    assert "casebridge_letters_held 2.0" in figures
    assert "casebridge_outbox_unsent 0.0" in figures


def _read_the_pages(served: Served, receipts: dict[str, str]) -> None:
    with served.signed_in("consultant") as dana:
        page = dana.get(f"/p/{receipts['01-one-pdf']}")
        assert page.status_code == 200
        assert "Weaver deposition 2 (final).pdf" in page.text
        # Lee Park's and Imani Okafor's packages are not hers, nor is what waits for operations.
        assert dana.get(f"/p/{receipts['03-photographs']}").status_code == 404
        assert dana.post(served.links["consultant"], data={"csrf": "x"}).status_code in {403, 410}
    with served.signed_in("operations") as olu:
        assert olu.get(f"/p/{receipts['08-two-cases']}").status_code == 200


def count(stores: Stores, table: sa.Table) -> int:
    with stores.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


# The same command, but for the seconds that it waits for what is in motion.
HASTY = (
    sys.executable,
    "-c",
    "from gateway import command, serving; serving._GRACE_SECONDS = 1; command.main()",
)


def send_a_long_document(served: Served, words: int) -> None:
    """Send a document that LibreOffice has work with for a while."""
    file = io.BytesIO()
    document = Document()
    document.add_paragraph("word " * words)
    document.save(file)
    attached = File("long.docx", DOCX, file.getvalue())
    letter = written(1, PAT, "Case 24-001234", "One document.", [attached])
    with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
        client.sendmail(PAT.address, [INTAKE], letter.as_bytes())


def wait_for_its_conversion(served: Served) -> None:
    engines = served.storage / "work" / "engines" / "office"
    wait_until(lambda: any(engines.glob("*/source/*")))


def fates(served: Served) -> list[tuple[str, str | None, bool]]:
    with served.opened() as stores, stores.database.read() as connection:
        rows = connection.execute(parts.select().order_by(parts.c.position))
        return [(row.fate, row.reason, row.rendition_id is not None) for row in rows]


def test_a_conversion_that_our_end_interrupts_costs_the_letter_nothing(
    tmp_path: Path, sampled: Path
) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    for restart in range(2 if os.environ.get("CASEBRIDGE_LONG") else 1):
        with serving(storage, command=HASTY) as served:
            if not restart:
                send_a_long_document(served, words=40_000)
            wait_for_its_conversion(served)
            served.process.terminate()
            served._wait(lambda: '"event": "draining"' in served.said)
            time.sleep(0.3)  # the doors are closed, the letter is waited for
            assert served.end() == DONE, "told twice"
            with served.opened() as stores, stores.database.read() as connection:
                (row,) = connection.execute(letters.select())
                assert (row.state, row.attempt) == ("checking", 1)
                waits = connection.exec_driver_sql(
                    "SELECT status, recovery_attempts FROM workflow_status"
                )
                assert waits.all() == [("ENQUEUED", 0)]
        assert '"event": "letter.interrupted"' in served.said
        assert "letter.failed" not in served.said
    with serving(storage) as served:
        (row,) = served.wait_until_rested(1)
        assert (row.state, row.attempt) == ("filed", 1)
        assert fates(served) == [("filed", "narrative", False), ("converted", None, True)]


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, signal.SIGINT] if os.environ.get("CASEBRIDGE_LONG") else [signal.SIGTERM],
)
def test_what_tells_all_our_processes_to_end_spoils_no_letter(
    tmp_path: Path, sampled: Path, number: signal.Signals
) -> None:
    """Ctrl-C in a terminal and systemd's stop reach the engines as well: the drain needs them."""
    storage = storage_with(sampled, tmp_path / "var")
    with serving(storage) as served:
        send_a_long_document(served, words=6_000)  # it is drained within the half minute
        wait_for_its_conversion(served)
        for pid in descendants(served.process.pid):
            os.kill(pid, number)
        assert served.end(number) == DONE
        with served.opened() as stores, stores.database.read() as connection:
            (row,) = connection.execute(letters.select())
        assert (row.state, row.attempt) == ("filed", 1)
        assert fates(served) == [("filed", "narrative", False), ("converted", None, True)]


def test_a_package_is_saved_as_one_pdf(tmp_path: Path, sampled: Path) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    with serving(storage) as served:
        mail = (SAMPLES / "02-word-and-opendocument.eml").read_bytes()
        sender = re.search(rb"^From: .*<(.+)>", mail, re.MULTILINE)
        assert sender is not None
        with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
            client.sendmail(sender[1].decode(), [INTAKE], mail)
        (letter,) = served.wait_until_rested(1)
        base = f"/p/{shown(letter.receipt)}"
        with served.signed_in("operations") as olu:
            fields = {"csrf": csrf(olu.get(base).text)}
            assert olu.post(f"{base}/binder", data=fields).status_code == 303
            wait_until(lambda: "It is made" in olu.get(f"{base}/binder").text)
            answer = olu.get(f"{base}/binder/pdf")
        read = pypdf.PdfReader(io.BytesIO(answer.content))
        assert shown(letter.receipt) in read.pages[0].extract_text()
        assert {"cover", "contents", "document-1"} <= read.named_destinations.keys()
        assert served.end() == DONE


def test_import_beside_a_server_files_and_tells_nobody(tmp_path: Path, sampled: Path) -> None:
    storage, mails = storage_with(sampled, tmp_path / "var"), mail_folder(tmp_path / "mails")
    with serving(storage) as served:
        for _ in range(2):
            taken = subprocess.run(
                [COMMAND, "import", mails, "--json"],
                env=environment(storage),
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert len(taken.stdout.splitlines()) == 3 + 1, "and the report"
        assert {row.state for row in served.wait_until_rested(3)} == {"filed"}
        with served.opened() as stores:
            assert (count(stores, letters), count(stores, submissions)) == (3, 3)
            assert count(stores, outbox) == 0
        with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
            client.sendmail("pat.hall@bakerllp.example", [INTAKE], (mails / "0.eml").read_bytes())
        assert [row.state for row in served.wait_until_rested(4)] == ["filed"] * 3 + ["copy"]
        assert served.end() == DONE
    assert not (storage / "outbox").exists()


def test_an_export_that_comes_while_it_serves_is_loaded_and_a_bad_one_is_seen(
    tmp_path: Path, migrated: Path
) -> None:
    storage = storage_with(migrated, tmp_path / "var")
    folder, marker = tmp_path / "export", "whole"
    watching = {
        "CASEBRIDGE_DIRECTORY__FOLDER": str(folder),
        "CASEBRIDGE_DIRECTORY__MARKER": marker,
        "CASEBRIDGE_DIRECTORY__POLL_SECONDS": "1",
    }

    def outcomes(served: Served, many: int) -> list[tuple[str, str]]:
        until = time.monotonic() + 60
        while True:
            with served.opened() as stores, stores.database.read() as connection:
                rows = connection.execute(sa.select(directory_runs)).all()
            if len(rows) >= many or time.monotonic() > until:
                return [(row.source, row.outcome) for row in rows]
            time.sleep(0.2)

    with serving(storage, watching) as served:
        shutil.copytree(CONFIG_FOLDER / "directory", folder)
        (folder / marker).touch()
        assert outcomes(served, 1) == [("watched", "loaded")]
        (folder / "rights.csv").write_text("firm,case_number,from,until\n")
        (folder / marker).touch()
        assert outcomes(served, 2)[1:] == [("watched", "rejected")]
        with served.opened() as stores:
            assert count(stores, rights) > 0
        figures = httpx.get(f"{served.web}/metrics").text
        assert "casebridge_directory_failing 1.0" in figures
        assert "casebridge_directory_rejections 1.0" in figures
        assert served.end() == DONE
    assert '"event": "directory.rejected"' in served.said
