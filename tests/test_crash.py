"""kill -9 from DATA to filed: whatever was answered 250 is filed once, and nothing twice.

The points are every fsync, rename and COMMIT of the real server (tests/crash/rig.py). A run tries
some of them, drawn by a seed that is printed; CASEBRIDGE_LONG=1 tries every one, and each fsync
that SQLite makes by itself, through strace.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from config.settings import CONFIG_FOLDER, Settings, Storage
from gateway import clock
from gateway.stores import Stores, open_stores
from gateway.verification import damages, disagreements
from portal.decision import Filing, decide
from portal.directory_import import import_directory
from portal.tables import letters, outbox, pouch, submissions
from samples.make import INTAKE, PAT, File
from samples.make import letter as written

pytestmark = pytest.mark.slow

LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
SEED = int(os.environ.get("CASEBRIDGE_SEED", "20261122"))
POUCH_BYTES = Storage().pouch_bytes
# Words for a Message.pdf and a file: every step of the road has something to do.
LETTER = written(
    1, PAT, "Case 24-001234", "word " * 200, [File("a.txt", "text/plain", b"text\n" * 20)]
).as_bytes()


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int

    def send(self) -> bool:
        """Send the letter; say whether it was answered 250."""
        with (
            suppress(OSError, smtplib.SMTPException),
            smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client,
        ):
            client.sendmail(PAT.address, [INTAKE], LETTER)
            return True
        return False


@contextmanager
def server(storage: Path, kill_at: int, *, pouch_bytes: int = POUCH_BYTES) -> Iterator[Server]:
    said = storage.with_suffix(".log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.rig", str(storage), str(kill_at), str(pouch_bytes)],
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        # The log stands there too, as of a certificate that was made.
        line = next((one for one in process.stdout if one.startswith("ready ")), "")
        assert line, Path(said.name).read_text()
        yield Server(process, int(line.rpartition(":")[2]))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        said.close()


@pytest.fixture
def storage(tmp_path: Path, migrated: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir()
    shutil.copy(migrated, folder / "casebridge.db")
    with opened(folder) as stores:
        import_directory(stores.database, CONFIG_FOLDER / "directory")
    return folder


@contextmanager
def opened(storage: Path) -> Iterator[Stores]:
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        yield stores


def rested(storage: Path, server: Server, seconds: float = 60) -> bool:
    """Wait until the letter is filed and its mails are sent, or the server is dead."""
    with opened(storage) as stores:
        until = time.monotonic() + seconds
        while time.monotonic() < until and server.process.poll() is None:
            with stores.database.read() as connection:
                moving = connection.scalar(
                    sa.select(sa.func.count())
                    .select_from(letters)
                    .where(letters.c.state == "checking")
                )
                there = connection.scalar(sa.select(sa.func.count()).select_from(letters))
                unsent = connection.scalar(
                    sa.select(sa.func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None))
                )
            if there and not moving and not unsent:
                return True
            time.sleep(0.05)
    return False


def crash_and_recover(
    storage: Path, kill_at: int, *inject: str, pouch_bytes: int = POUCH_BYTES
) -> bool:
    """Kill at a point, start again, send again what was not acknowledged. Say whether it died."""
    with server(storage, kill_at, pouch_bytes=pouch_bytes) as first, traced(first, *inject):
        acknowledged = first.send()
        rested(storage, first)
        died = first.process.poll() is not None
    with server(storage, 0) as second:
        if not acknowledged:
            assert second.send()
        assert rested(storage, second), f"point {kill_at} {inject}: not drained after the restart"
    whole_and_once(storage, f"point {kill_at} {inject}")
    return died


@contextmanager
def traced(server: Server, *inject: str) -> Iterator[None]:
    """Let strace inject a fault into every thread of a server that is ready."""
    if not inject:
        yield
        return
    with subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-p", str(server.process.pid), *inject]
    ) as strace:
        tasks = Path(f"/proc/{server.process.pid}/task")
        while any("TracerPid:\t0" in (one / "status").read_text() for one in tasks.iterdir()):
            time.sleep(0.01)
        try:
            yield
        finally:
            strace.terminate()


def whole_and_once(storage: Path, where: str) -> None:
    with opened(storage) as stores:
        with stores.database.read() as connection:
            found = connection.execute(sa.select(letters)).all()
            filed = connection.execute(sa.select(submissions)).all()
            mails = connection.execute(sa.select(outbox)).all()
            left = connection.execute(sa.select(pouch.c.letter_id)).all()
        assert [row.state for row in found] == ["filed"], where
        assert len(filed) == 1, where
        assert left == [], where
        assert sorted(row.kind for row in mails) == ["notice", "receipt"], where
        assert list(disagreements(stores.database)) == [], where
        assert list(damages(stores.database, stores.vault)) == [], where
        names = sorted(path.name for path in (storage / "outbox").glob("*.eml"))
        assert len(names) == 2, f"{where}: {names}"


def points_passed(storage: Path, pouch_bytes: int) -> list[str]:
    """Return the calls of every point from DATA to the mails, in their order."""
    with server(storage, 0, pouch_bytes=pouch_bytes) as running:
        assert running.send()
        assert rested(storage, running)
        running.process.terminate()
        assert running.process.stdout is not None
        return running.process.stdout.readlines()[-1].split()[1:]


def fresh(storage: Path, to: Path) -> Path:
    shutil.copytree(storage, to)
    return to


@pytest.mark.parametrize(
    "pouch_bytes",
    [POUCH_BYTES, pytest.param(0, marks=pytest.mark.skipif(not LONG, reason="minutes"))],
    ids=["pouch", "vault"],
)
def test_kill_at_every_durable_call_loses_and_doubles_nothing(
    storage: Path, tmp_path: Path, pouch_bytes: int
) -> None:
    calls = points_passed(fresh(storage, tmp_path / "dry"), pouch_bytes)
    total = len(calls)
    assert total > 30, "the points are counted"
    chosen = set(
        random.Random(SEED).sample(range(1, total + 1), total if LONG else 1 - bool(pouch_bytes))
    )
    if pouch_bytes:
        assert calls[:2] == ["commit", "commit"], "the accept has one durable call"
        # On the way from the pouch: before anything of it is in the vault, before the blob has its
        # name, and when the vault has it durably while its row is still there.
        fsync, _, rename, _, _, folder = [
            point for point, call in enumerate(calls, 1) if call in {"fsync", "rename"}
        ][:6]
        chosen |= {fsync, rename, folder} if LONG else {rename, folder}
    print(f"{total} points, seed {SEED}, tried {sorted(chosen)}")
    died = 0
    for kill_at in sorted(chosen):
        died += crash_and_recover(
            fresh(storage, tmp_path / f"at-{kill_at}"), kill_at, pouch_bytes=pouch_bytes
        )
        shutil.rmtree(tmp_path / f"at-{kill_at}")
    # The last points belong to the outbox's second file and may lie behind "rested".
    assert died >= len(chosen) * 0.8


def decided_and_recovered(storage: Path, kill_at: int) -> bool:
    """Decide about the letter that waits, kill at a point, and start again. Say whether it died."""
    with server(storage, kill_at) as first:
        with opened(storage) as stores, stores.database.write() as connection:
            decide(
                connection,
                1,
                "file",
                account_id=None,
                filings=[Filing("24-001234", ("2",)), Filing("24-001240", ("3",))],
                now=clock.now(),
                undo=timedelta(seconds=1),
            )
        carried_out(storage, first)
        died = first.process.poll() is not None
    with server(storage, 0) as second:
        assert carried_out(storage, second), f"point {kill_at}: not carried after the restart"
    with opened(storage) as stores:
        with stores.database.read() as connection:
            cases_filed = connection.execute(sa.select(submissions.c.case_id)).all()
            mails = connection.execute(sa.select(outbox.c.kind, outbox.c.occasion)).all()
        assert len(set(cases_filed)) == len(cases_filed) == 2, kill_at
        later = sorted(row.kind for row in mails if row.occasion != "1")
        assert later == ["notice", "receipt"], kill_at  # one consultant has both cases
        assert list(disagreements(stores.database)) == [], kill_at
        assert list(damages(stores.database, stores.vault)) == [], kill_at
    return died


def carried_out(storage: Path, server: Server) -> bool:
    """Wait until the letter is filed and everybody is told, or the server is dead."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if not rested(storage, server):
            return False
        with opened(storage) as stores, stores.database.read() as connection:
            if connection.scalar(sa.select(letters.c.state)) == "filed":
                return True
        time.sleep(0.05)
    return False


def test_kill_from_a_decision_to_its_mails_loses_and_doubles_nothing(
    storage: Path, tmp_path: Path
) -> None:
    """Every fsync, rename and COMMIT behind the decision."""
    held = written(
        2,
        PAT,
        "Cases 24-001234 and 24-001240",
        "word " * 200,
        [File(f"{name}.txt", "text/plain", name.encode() * 20) for name in ("a", "b")],
    ).as_bytes()
    with server(storage, 0) as running:
        with smtplib.SMTP("127.0.0.1", running.port, timeout=30) as client:
            client.sendmail(PAT.address, [INTAKE], held)
        assert rested(storage, running)
        running.process.terminate()
        running.process.wait(60)
    points = range(1, 200) if LONG else sorted(random.Random(SEED).sample(range(1, 15), 1))
    died = 0
    for kill_at in points:
        died_here = decided_and_recovered(fresh(storage, tmp_path / f"d-{kill_at}"), kill_at)
        shutil.rmtree(tmp_path / f"d-{kill_at}")
        died += died_here
        if not died_here and LONG:
            break
    print(f"seed {SEED}, {died} of {len(points)} points killed it")
    assert died >= 1


@pytest.mark.skipif(not LONG, reason="CASEBRIDGE_LONG is not set")
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not there")
@pytest.mark.parametrize("when", range(1, 9))
@pytest.mark.parametrize("call", ["fsync", "fdatasync", "rename"])
def test_kill_at_each_call_that_the_kernel_sees(
    storage: Path, tmp_path: Path, call: str, when: int
) -> None:
    """SQLite's own fsyncs too. strace counts `when` for each thread."""
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={when}")
    crash_and_recover(fresh(storage, tmp_path / "traced"), 0, *inject)
