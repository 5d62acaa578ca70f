"""The virus scan, by a real clamd with a signature of our own; and by one that does all it should
not, which a real one cannot be made to."""

from __future__ import annotations

import dataclasses
import io
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import Scan, Settings, SettingsFault, Smtp, load
from gateway.readiness import findings
from gateway.scanner import Outcome, Scanner, ScannerAway, Verdict
from gateway.stores import Stores
from portal.tables import letters, outbox, packages, parts, submissions
from tests.carrying import MAIL, Carrier
from tests.clamd import MOST_BYTES, VIRUS, Clamd, clamd_running, needs_clamd
from tests.deciding import Team, agrees
from tests.drafting import Sender
from tests.mortal_clamd import MortalClamd, mortal_clamd

INFECTED = MAIL.replace(b"\r\nnotes\r\n", b"\r\n" + VIRUS + b"\r\n")
CLEAN = Verdict(Outcome.CLEAN)
HARMLESS = MAIL.replace(b"\r\nnotes\r\n", b"\r\na plan\r\n").replace(b"<1@", b"<2@")


@pytest.fixture(scope="module")
def clamd() -> Iterator[Clamd]:
    with clamd_running() as running:
        yield running


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Stand at a port as a clamd that does this with each connection."""

    def stand(listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client, suppress(OSError):
                answer(client)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=stand, args=(listening,))
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def crashes(client: socket.socket) -> None:
    """End in the middle, as one that a file has crashed (CVE-2025-20260)."""
    client.recv(100)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs(client: socket.socket) -> None:
    while client.recv(1 << 16):
        pass


def rambles(client: socket.socket) -> None:
    client.sendall(b"x" * 100_000)
    hangs(client)


def scan(place: str, content: bytes, *, most_bytes: int = 10**8, seconds: int = 60) -> Verdict:
    return Scanner(place, most_bytes, seconds).scan(io.BytesIO(content), len(content))


@needs_clamd
@pytest.mark.slow
def test_clamd_says_what_it_finds(clamd: Clamd) -> None:
    Scanner(clamd.socket, 1, 1).ping()
    assert scan(clamd.socket, b"a deposition") == CLEAN
    assert scan(clamd.socket, b"") == CLEAN
    found = scan(clamd.socket, b"before " + VIRUS + b" after")
    assert (found.outcome, found.detail.partition(".")[0]) == (Outcome.INFECTED, "CasebridgeTest")


@needs_clamd
@pytest.mark.slow
def test_what_clamd_does_not_look_at_is_never_clean(clamd: Clamd, tmp_path: Path) -> None:
    """By our limit, by what it looks at, and by what it takes over the line."""
    too_large = Verdict(Outcome.UNSEEN, "too_large")
    assert scan(clamd.socket, b"abc", most_bytes=2) == too_large
    assert scan(clamd.socket, b"a" * (MOST_BYTES + 1)) == too_large
    assert scan(clamd.socket, b"a" * 50_000_000) == too_large
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "notes.txt").write_text("notes")
    subprocess.run(["zip", "-q", "-P", "secret", "locked.zip", "notes.txt"], cwd=folder, check=True)
    locked = (folder / "locked.zip").read_bytes()
    assert scan(clamd.socket, locked) == Verdict(Outcome.UNSEEN, "encrypted")


@pytest.mark.parametrize("fault", [crashes, hangs, rambles], ids=lambda fault: fault.__name__)
def test_a_clamd_that_fails_on_a_file_has_not_scanned_it(
    fault: Callable[[socket.socket], None],
) -> None:
    with answering(fault) as place:
        assert scan(place, b"a" * 3_000_000, seconds=1) == Verdict(Outcome.UNSEEN, "failed")


@pytest.mark.parametrize("said", [b"stream: maybe\0", b"\0", b"OKAY\0", b"UNKNOWN COMMAND\0"])
def test_an_answer_that_is_none_is_not_clean(said: bytes) -> None:
    def answer(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(said)

    with answering(answer) as place:
        assert scan(place, b"a deposition", seconds=2) == Verdict(Outcome.UNSEEN, "failed")


def test_nobody_there_is_said_of_no_file(tmp_path: Path) -> None:
    for place in (str(tmp_path / "none.sock"), "127.0.0.1:9"):
        with pytest.raises(ScannerAway):
            scan(place, b"a deposition")
        with pytest.raises(ScannerAway):
            Scanner(place, 1, 1).ping()
    with answering(rambles) as place, pytest.raises(ScannerAway):
        Scanner(place, 1, 1).ping()


def with_scanner(stores: Stores, place: str, use: str = "optional") -> Stores:
    chosen = Scan.model_validate({"socket": place, "use": use, "max_seconds": 2})
    settings = stores.settings.model_copy(update={"scan": chosen})
    return dataclasses.replace(stores, settings=settings)


def rows(stores: Stores, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with stores.database.read() as connection:
        return list(connection.execute(table.select().order_by(table.primary_key.columns[0])))


@needs_clamd
@pytest.mark.slow
def test_an_infected_letter_is_sealed_and_everybody_is_told(
    sample_stores: Stores, clamd: Clamd
) -> None:
    team = Team(Carrier(with_scanner(sample_stores, clamd.socket)))
    assert team.wait(INFECTED) == "not_filed"
    (letter,) = team.rows(letters)
    assert letter.reason == "file_virus"
    assert team.rows(submissions) == []
    found = {one.original_name: (one.fate, one.reason, one.stored) for one in team.rows(parts)}
    assert found["notes.txt"] == ("refused", "file_virus", False)
    assert found["film.mp3"] == ("refused", "letter_sealed", False)
    assert not any(one.stored for one in team.rows(parts))
    (told,) = team.rows(outbox)
    assert (told.kind, told.recipient) == ("receipt", "pat.hall@bakerllp.example")
    assert told.subject.startswith("Not filed: your message of ")
    assert "'notes.txt' contains a virus" in told.text
    assert "Sealed with the rest of the message" in told.text
    assert team.carrier.workshop.made == [], "no engine has seen it"
    assert agrees(team)
    assert team.wait(MAIL) == "filed"
    assert {one.scan for one in team.rows(parts) if one.letter_id == 2} >= {"clean"}


@needs_clamd
@pytest.mark.slow
def test_a_virus_in_the_words_or_in_an_attached_message_seals_it_too(
    sample_stores: Stores, clamd: Clamd
) -> None:
    team = Team(Carrier(with_scanner(sample_stores, clamd.socket)))
    assert team.wait(MAIL.replace(b"Two files.", VIRUS)) == "not_filed"
    inner = EmailMessage()
    inner["Subject"] = "Forwarded"
    inner.set_content("See the file.")
    inner.add_attachment(VIRUS, maintype="application", subtype="pdf", filename="chart.pdf")
    outer = EmailMessage()
    outer["From"] = "pat.hall@bakerllp.example"
    outer["Subject"] = "Case 24-001234"
    outer.set_content("Attached.")
    outer.add_attachment(inner)
    assert team.wait(outer.as_bytes()) == "not_filed"
    assert not any(one.stored for one in team.rows(parts))
    assert team.rows(submissions) == []
    assert agrees(team)


@needs_clamd
@pytest.mark.slow
def test_a_submission_of_the_form_is_sealed_too(sample_stores: Stores, clamd: Clamd) -> None:
    sender = Sender(Carrier(with_scanner(sample_stores, clamd.socket)))
    draft = sender.draft()
    for name, content in {"notes.txt": VIRUS, "plan.txt": b"a plan"}.items():
        sender.add(draft, name, sample_stores.vault.add(io.BytesIO(content)), "text/plain")
    sender.send(draft)
    assert sender.carrier.carry() == "not_filed"
    found = {one.original_name: one.reason for one in rows(sample_stores, parts)}
    assert found["notes.txt"] == "file_virus"
    assert found["plan.txt"] == "letter_sealed"
    assert not any(one.stored for one in rows(sample_stores, parts))


@needs_clamd
@pytest.mark.slow
def test_a_decision_about_a_letter_that_turns_out_infected_files_nothing(
    sample_stores: Stores, clamd: Clamd
) -> None:
    """Its signature may come later than the letter."""
    team = Team(Carrier(sample_stores))
    assert team.wait(INFECTED.replace(b"Case 24-001234", b"Two files")) in {"needs_you", "with_us"}
    team.carrier = Carrier(with_scanner(sample_stores, clamd.socket))
    assert team.file("24-001234") == "not_filed"
    assert team.rows(submissions) == []


def test_without_a_scanner_nobody_claims_that_it_was_scanned(sample_stores: Stores) -> None:
    team = Team(Carrier(sample_stores))
    assert team.wait(MAIL) == "filed"
    assert {one.scan for one in team.rows(parts)} == {None}


def test_where_it_is_optional_a_letter_is_filed_and_says_that_nobody_looked(
    sample_stores: Stores, tmp_path: Path
) -> None:
    team = Team(Carrier(with_scanner(sample_stores, str(tmp_path / "none.sock"))))
    assert team.wait(MAIL) == "filed"
    said = {one.original_name: one.scan for one in team.rows(parts) if one.original_name}
    assert set(said.values()) == {"not_scanned:away"}


@needs_clamd
@pytest.mark.slow
def test_where_it_is_required_a_letter_waits_for_the_scanner_and_goes_on_by_itself(
    sample_stores: Stores, tmp_path: Path
) -> None:
    with clamd_running() as own:
        own.stop()
        team = Team(Carrier(with_scanner(sample_stores, own.socket, "required")))
        ping = Scanner(own.socket, 1, 1).ping
        assert team.wait(MAIL) == "with_us"
        assert team.wait(INFECTED) == "with_us"
        assert [one.reason for one in team.rows(letters)] == ["scanner_away"] * 2
        assert team.carrying.unscanned(ping) == 0
        assert team.file("24-001234") == "with_us", "nobody files it past the scanner"
        own.start()
        assert team.carrying.unscanned(ping) == 2
        assert [team.carry(1), team.carry(2)] == ["filed", "not_filed"]
    assert agrees(team)


def test_where_it_is_required_a_file_that_it_fails_on_waits_for_a_person(
    sample_stores: Stores,
) -> None:
    with answering(crashes) as place:
        team = Team(Carrier(with_scanner(sample_stores, place, "required")))
        assert team.wait(MAIL) == "with_us"
        assert team.rows(letters)[0].reason == "file_not_scanned"
        assert team.carrying.unscanned(lambda: None) == 0, "it would crash again and again"
        assert team.file("24-001234") == "filed"
        said = {one.original_name: one.scan for one in team.rows(parts) if one.original_name}
        assert set(said.values()) == {"not_scanned:failed"}


def reasons(team: Team) -> list[tuple[str, str | None]]:
    return [(one.state, one.reason) for one in team.rows(letters)]


def went_on(team: Team, clamd: MortalClamd) -> bool:
    """Start clamd again, and carry all that waited for it. Say whether anything did."""
    clamd.up()
    team.now += timedelta(seconds=15)
    number = team.carrying.unscanned(Scanner(clamd.socket, 1, 1).ping)
    for letter in [one for one in team.rows(letters) if one.state == "checking"]:
        team.carry(letter.id)
    return number > 0


def test_a_file_that_ends_the_scanner_each_time_waits_for_a_person_and_no_other_letter_does(
    sample_stores: Stores,
) -> None:
    with mortal_clamd(b"notes") as clamd:
        team = Team(Carrier(with_scanner(sample_stores, clamd.socket, "required")))
        assert [team.wait(MAIL), team.wait(HARMLESS)] == ["with_us"] * 2
        assert reasons(team) == [("with_us", "scanner_away")] * 2
        assert went_on(team, clamd)
        # The second one finds nobody there again, and is told nothing new.
        assert reasons(team) == [("with_us", "file_not_scanned"), ("with_us", "scanner_away")]
        assert went_on(team, clamd)
        assert reasons(team) == [("with_us", "file_not_scanned"), ("filed", None)]
        assert not went_on(team, clamd)
        receipts = [one for one in team.rows(outbox) if one.kind == "receipt"]
        assert [one.letter_id for one in receipts] == [1, 2, 1, 2], "each once for each state"
        assert "could not be checked for viruses" in receipts[2].text
        (found,) = [one.problems for one in team.rows(packages) if one.letter_id == 1]
        assert [(one["code"], one["fields"]) for one in found] == [
            ("file_not_scanned", {"name": "notes.txt"})
        ]
    assert agrees(team)


def test_the_files_behind_the_one_that_ends_the_scanner_are_looked_at_before_it_is_tried_again(
    sample_stores: Stores,
) -> None:
    with mortal_clamd(b"notes") as clamd:
        team = Team(Carrier(with_scanner(sample_stores, clamd.socket, "required")))
        team.wait(MAIL)
        assert not any(content.startswith(b"ID3") for content in clamd.seen)
        went_on(team, clamd)
        said = {one.original_name: one.scan for one in team.rows(parts) if one.original_name}
        assert said == {"notes.txt": "not_scanned:failed", "film.mp3": "clean"}
        clamd.up()
        assert team.file("24-001234") == "filed", "whoever decides has seen that"
    assert agrees(team)


def test_a_letter_of_several_files_that_end_the_scanner_comes_to_rest_too(
    sample_stores: Stores,
) -> None:
    with mortal_clamd(b"notes", b"ID3") as clamd:
        team = Team(Carrier(with_scanner(sample_stores, clamd.socket, "required")))
        team.wait(MAIL)
        assert went_on(team, clamd)
        assert reasons(team) == [("with_us", "file_not_scanned")]
        clamd.up()
        assert team.file("24-001234") == "filed"


def test_what_ended_the_scanner_is_not_forgotten_where_nobody_answers_the_next_time(
    sample_stores: Stores,
) -> None:
    with mortal_clamd(b"notes") as clamd:
        team = Team(Carrier(with_scanner(sample_stores, clamd.socket, "required")))
        team.wait(MAIL)
        # Another letter has ended it between the ping and this one's first file.
        assert team.carrying.unscanned(lambda: None) == 1
        assert team.carry() == "with_us"
        assert reasons(team) == [("with_us", "file_not_scanned")]
        clamd.up()
        assert team.file("24-001234") == "filed"


def test_a_scanner_that_is_away_for_long_is_told_of_once(sample_stores: Stores) -> None:
    with mortal_clamd() as clamd:
        clamd.down()
        team = Team(Carrier(with_scanner(sample_stores, clamd.socket, "required")))
        team.wait(MAIL)
        for _ in range(5):
            assert team.carrying.unscanned(lambda: None) == 1
            assert team.carry() == "with_us"
        assert [one.kind for one in team.rows(outbox)] == ["receipt"]
        assert went_on(team, clamd)
        assert reasons(team) == [("filed", None)]
        assert [one.kind for one in team.rows(outbox)] == ["receipt", "receipt", "notice"]


def test_what_is_too_large_for_the_scanner_keeps_no_letter(sample_stores: Stores) -> None:
    with answering(hangs) as place:
        stores = with_scanner(sample_stores, place, "required")
        small = stores.settings.scan.model_copy(update={"max_bytes": 1})
        settings = stores.settings.model_copy(update={"scan": small})
        team = Team(Carrier(dataclasses.replace(stores, settings=settings)))
        assert team.wait(MAIL) == "filed"
        assert "not_scanned:too_large" in {one.scan for one in team.rows(parts)}


@pytest.mark.slow
def test_check_asks_a_server_that_others_reach_for_a_scanner(settings: Settings) -> None:
    def said(scan: Scan, host: str = "127.0.0.1") -> list[tuple[str, str]]:
        smtp = Smtp(host=host)
        asked = settings.model_copy(update={"scan": scan, "smtp": smtp})
        return [
            (one.weight, one.text)
            for one in findings(asked)
            if any(word in one.text for word in ("scanner", "clamd", "viruses"))
        ]

    nowhere = Scan(socket="/nowhere/clamd.sock")
    assert [weight for weight, _ in said(Scan())] == ["warn"]
    assert [weight for weight, _ in said(Scan(), "0.0.0.0")] == ["error"]
    assert [weight for weight, _ in said(Scan(use="off"), "0.0.0.0")] == ["ok"]
    assert [weight for weight, _ in said(nowhere)] == ["error"]

    def pongs(client: socket.socket) -> None:
        client.recv(100)
        client.sendall(b"PONG\0")

    with answering(pongs) as place:
        assert [weight for weight, _ in said(Scan(socket=place))] == ["ok"]
        assert [weight for weight, _ in said(Scan(socket=place), "0.0.0.0")] == ["error"]
        required = Scan(socket=place, use="required")
        assert [weight for weight, _ in said(required, "0.0.0.0")] == ["ok"]


def test_what_the_settings_say_of_it_is_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"SOCKET": "clamd.sock", "USE": "required"}.items():
        with monkeypatch.context() as patch:
            patch.setenv(f"CASEBRIDGE_SCAN__{name}", value)
            with pytest.raises(SettingsFault):
                load()
