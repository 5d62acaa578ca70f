"""Marked words sent through a real server are found where they belong, and nowhere else."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from portal.receipt_number import shown
from portal.tables import metadata
from samples.make import INTAKE, page, word
from tests.live_door import Client
from tests.served import Served, serving, storage_with

pytestmark = pytest.mark.slow

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Where words of a letter are kept on purpose. Events and renditions are not among them.
KEEP_WORDS = {"letters", "packages", "parts", "submissions", "outbox"}
KEEP_ADDRESSES = {"confirmations", "address_codes"}
BREAK = '\r\n{"event": "forged", "level": "info"}\r\n\x1b[2J'


def mark(what: str) -> str:
    return f"zq{secrets.token_hex(6)}{what}"


@dataclass(frozen=True)
class Marks:
    """A word for each place of a letter, seen nowhere else in the world."""

    narrative: str = field(default_factory=lambda: mark("narrative"))
    history: str = field(default_factory=lambda: mark("history"))
    subject: str = field(default_factory=lambda: mark("subject"))
    file: str = field(default_factory=lambda: mark("file"))
    sender: str = field(default_factory=lambda: mark("sender"))
    text: str = field(default_factory=lambda: mark("text"))
    helo: str = field(default_factory=lambda: mark("helo"))
    path: str = field(default_factory=lambda: mark("path"))

    def within(self, text: str) -> set[str]:
        """Return which of them are in a text, in whatever case."""
        folded = text.casefold()
        return {name for name, word in vars(self).items() if word in folded}


def letter(marks: Marks, sender: str, *, case: str = "24-001234") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{marks.sender} <{sender}>"
    message["To"] = INTAKE
    message["Subject"] = f"Case {case} {marks.subject}"
    message["Message-ID"] = f"<{marks.sender}@bakerllp.example>"
    message.set_content(
        f"{marks.narrative} " * 30
        + f"\n\nOn Mon, Nov 2, 2026 at 9:14 AM <a@b.example> wrote:\n> {marks.history}\n"
    )
    broken_pdf = page(marks.text, marks.text)[:3000]
    for name, kind, content in (
        ("text.txt", "text/plain", f"{marks.text}\n".encode()),
        ("plan.docx", DOCX, word(marks.text, marks.text)),
        ("broken.docx", DOCX, word(marks.text)[:-2000] + marks.text.encode()),
        ("broken.pdf", "application/pdf", broken_pdf),
        (
            "page.html",
            "text/html",
            f"<img src='http://{marks.text}.example/'>{marks.text}".encode(),
        ),
        ("broken.png", "image/png", b"\x89PNG\r\n\x1a\n" + marks.text.encode()),
        ("run.bat", "text/plain", f"echo {marks.text}".encode()),
    ):
        main, _, sub = kind.partition("/")
        message.add_attachment(content, main, sub, filename=f"{marks.file} {name}")
    return message


def undivided(marks: Marks, sender: str) -> bytes:
    return (
        f"From: <{sender}>\r\nSubject: {marks.subject}\r\n"
        f"Content-Type: multipart/mixed; boundary=x\r\n\r\n{marks.narrative}\r\n"
        f'Content-Type: application/pdf; name="{marks.file}.pdf"\r\n\r\n{marks.text}\r\n'
    ).encode()


class Replies(list[str]):
    """What the SMTP door said."""

    def send(self, served: Served, marks: Marks, sender: str, content: bytes) -> None:
        with Client(served.smtp_port) as client:
            self.append(client.reply())
            for command in (
                f"EHLO {marks.helo}.example",
                f"VRFY {marks.sender}",
                f"{marks.subject}",
                f"MAIL FROM:<{sender}> {marks.subject}=1",
                f"MAIL FROM:<{sender}>",
                f"RCPT TO:<{INTAKE}>",
                "DATA",
            ):
                self.append(client.ask(command))
            client.say(re.sub(rb"(?m)^\.", b"..", content) + b"\r\n.\r\n")
            self.append(client.reply())
            assert self[-1].startswith("250 "), self[-1]


@dataclass
class Titles:
    """What `ps` shows of every process, looked at again and again."""

    seen: set[bytes] = field(default_factory=set)

    @contextmanager
    def watched(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self._watch, args=(stop,))
        thread.start()
        yield
        stop.set()
        thread.join()

    def _watch(self, stop: threading.Event) -> None:
        while not stop.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self.seen.add((process / "cmdline").read_bytes())


@dataclass
class Run:
    """Everything that a run of the server has left and said."""

    marks: Marks
    served: Served
    letters: list[Any]
    replies: Replies
    titles: Titles
    temporary: Path
    watching: dict[str, str]
    pages: dict[str, str]

    def mails(self, domain: str) -> list[EmailMessage]:
        """Return what was written to the marked sender at a domain."""
        found = (
            message_from_bytes(path.read_bytes(), policy=default)
            for path in (self.served.storage / "outbox").glob("*.eml")
        )
        return [mail for mail in found if mail["To"] == f"{self.marks.sender}@{domain}.example"]


@pytest.fixture(scope="module")
def run(sampled: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("canary")
    temporary = folder / "tmp"
    temporary.mkdir()
    marks, replies, titles = Marks(), Replies(), Titles()
    known, stranger, spoofer = (
        f"{marks.sender}@{domain}.example" for domain in ("bakerllp", "elsewhere", "evil")
    )
    settings = {"CASEBRIDGE_LOGS__LEVEL": "debug", "TMPDIR": str(temporary)}
    storage = storage_with(sampled, folder / "var")
    with serving(storage, settings) as served, titles.watched():
        replies.send(served, marks, known, letter(marks, known).as_bytes())
        replies.send(served, marks, stranger, letter(marks, stranger).as_bytes())
        replies.send(served, marks, spoofer, letter(marks, known).as_bytes())
        replies.send(served, marks, known, undivided(marks, known))
        forged = letter(marks, known, case="24-001240").as_bytes()
        for text in (b"Case 24-001240", b"run.bat"):
            encoded = f"=?utf-8?q?{''.join(f'={byte:02X}' for byte in BREAK.encode())}?=".encode()
            forged = forged.replace(text, text + b" " + encoded)
        replies.send(served, marks, known, forged)
        rested = served.wait_until_rested(5)
        pages = _pages(served, marks, shown(rested[0].receipt))
        watching = {
            path: httpx.get(f"{served.web}/{path}").text
            for path in ("healthz", "readyz", "metrics")
        }
        assert served.end() == 0
    return Run(marks, served, rested, replies, titles, temporary, watching, pages)


def _pages(served: Served, marks: Marks, receipt: str) -> dict[str, str]:
    with served.signed_in("consultant") as browser:
        refused = {
            path: browser.get(path).text
            for path in (f"/p/{marks.path}", f"/{marks.path}", f"/sign-in/{marks.path}")
        }
        browser.post(f"/sign-in/{marks.path}", data={"csrf": marks.path})
        return {"package": browser.get(f"/p/{receipt}").text, **refused}


def test_the_words_have_travelled(run: Run) -> None:
    """A canary that never sang would find nothing anywhere."""
    states = [(row.state, row.reason) for row in run.letters]
    assert states == [
        ("filed_in_part", "file_type_blocked"),
        ("with_us", "sender_not_known"),
        ("with_us", "sender_not_proven"),
        ("with_us", "message_unreadable"),
        ("filed", None),
    ]
    assert {"narrative", "file", "sender"} <= run.marks.within(run.pages["package"])
    assert [len(run.mails(domain)) for domain in ("bakerllp", "elsewhere")] == [3, 1]


def test_the_log_holds_none_of_them(run: Run) -> None:
    assert run.marks.within(run.served.said) == set()
    assert run.served.stdout == ""


def test_every_line_of_the_log_is_one_of_ours(run: Run) -> None:
    _, _, log = run.served.said.partition("Ready.")
    lines = [json.loads(line) for line in log.splitlines()[1:]]
    events = {line["event"] for line in lines}
    assert {"serving", "letter.ended", "letter.unreadable", "page.answered"} <= events
    assert "forged" not in events
    assert "\x1b" not in log


def test_replies_figures_and_process_titles_hold_none(run: Run) -> None:
    assert run.marks.within("\n".join(run.replies)) == set()
    for text in run.watching.values():
        assert run.marks.within(text) == set()
    seen = b"\n".join(run.titles.seen).decode("utf-8", "replace")
    assert "casebridge" in seen
    assert run.marks.within(seen) == set()


def test_titles_and_addresses_of_pages_hold_none(run: Run) -> None:
    parts = re.findall(r"<title>(.*?)</title>|(?:href|src|action)=\"(.*?)\"", run.pages["package"])
    assert parts
    assert run.marks.within(str(parts)) == set()
    for path, text in run.pages.items():
        if path != "package":
            assert run.marks.within(text) <= {"path"} & run.marks.within(path)
            assert run.marks.path not in text


def test_nothing_is_left_in_working_and_temporary_folders(run: Run) -> None:
    assert list((run.served.storage / "work").glob("**/*")) == []
    assert list(run.temporary.glob("**/*")) == []
    assert run.marks.within("\n".join(map(str, Path("/tmp").iterdir()))) == set()


def test_the_queue_and_the_audit_trail_hold_none(run: Run) -> None:
    with run.served.opened() as stores, stores.database.read() as connection:
        tables = sa.inspect(connection).get_table_names()
        assert {"workflow_status", "operation_outputs", "events", "renditions"} <= set(tables)
        assert set(metadata.tables) <= set(tables)
        for table in set(tables) - KEEP_WORDS:
            rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()
            kept = {"sender"} if table in KEEP_ADDRESSES else set()
            assert run.marks.within(str(rows)) <= kept, table


def test_names_of_files_on_disk_hold_none(run: Run) -> None:
    names = "\n".join(map(str, run.served.storage.rglob("*")))
    assert run.marks.within(names) == set()


def test_a_receipt_to_somebody_unknown_holds_none(run: Run) -> None:
    (mail,) = run.mails("elsewhere")
    # Where it goes, and the message's own id, are what its sender wrote.
    for name in ("To", "In-Reply-To", "References"):
        del mail[name]
    assert run.marks.within(mail.as_string()) == set()


def test_a_spoofer_is_told_nothing_and_nobody_is_told_of_it(run: Run) -> None:
    assert run.mails("evil") == []
    assert len(run.mails("bakerllp")) == 3, "of the firm's own letters"


def test_a_receipt_repeats_no_words_of_the_message(run: Run) -> None:
    for path in (run.served.storage / "outbox").glob("*-receipt.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        forms = [part.get_content() for part in mail.iter_parts()]
        assert len(forms) == 2, "text and HTML"
        for text in (mail["Subject"], *forms):
            assert run.marks.within(text) <= {"file", "sender"}
        assert mail["Bcc"] is None
    for path in (run.served.storage / "outbox").glob("*-notice.eml"):
        assert run.marks.within(path.read_text()) == set()
