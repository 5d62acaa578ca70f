"""kill -9 from the form's button to filed: a draft becomes one letter, and nothing of it is lost.

The points are every fsync, rename and COMMIT: of the door every second one, of the server that
carries the letter some, drawn by a seed that is printed. CASEBRIDGE_LONG=1 tries all.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import clock
from gateway.stores import Stores
from portal import draft as drafting
from portal import upload as uploading
from portal.draft import Owner
from portal.tables import drafts, letters
from tests.carrying import Carrier
from tests.drafting import TYPED
from tests.test_crash import LONG, SEED, fresh, opened, rested, server, storage, whole_and_once

__all__ = ["storage"]

pytestmark = pytest.mark.slow

FILES = {"notes.txt": b"notes\n" * 20, "plan.txt": b"plan\n" * 20}


def drafted(stores: Stores) -> int:
    """Make a draft whose files came whole and are recorded so, and are no blobs yet."""
    now = clock.now()
    with stores.database.write() as connection:
        draft = drafting.find_or_make(connection, Owner("d" * 43, None), now=now)
        drafting.write(connection, draft.id, TYPED | {"message": "word " * 200}, now=now)
        drafting.prove(connection, draft.id, now=now)
        for name, content in FILES.items():
            upload = uploading.make(
                connection,
                draft,
                name=name,
                declared_type="text/plain",
                length=len(content),
                sending=stores.settings.sending,
                now=now,
                sha256=hashlib.sha256(content).hexdigest(),
            )
            stores.vault.upload(upload.public_id).write_bytes(content)
    return draft.id


def press(storage: Path, kill_at: int, draft_id: int) -> list[str]:
    """Send the draft in a process of its own; return what it said before it ended."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.sending", str(storage), str(kill_at), str(draft_id)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode in {0, -9}, ended.stderr
    return ended.stdout.split()


def test_kill_at_durable_calls_of_the_door(storage: Path, tmp_path: Path) -> None:
    with opened(storage) as stores:
        draft_id = drafted(stores)
    _, *calls = press(fresh(storage, tmp_path / "dry"), 0, draft_id)
    assert {"rename", "fsync", "commit"} <= set(calls)
    print(f"{len(calls)} points: {' '.join(calls)}")
    for kill_at in range(1, len(calls) + 1, 1 if LONG else 8):
        there = fresh(storage, tmp_path / f"at-{kill_at}")
        assert press(there, kill_at, draft_id) == [], "it was killed"
        with opened(there) as stores:
            with stores.database.read() as connection:
                row = connection.execute(sa.select(drafts)).one()
                before = list(connection.scalars(sa.select(letters.c.id)))
            assert ([row.letter_id] if row.sent_at else []) == before, "both, or neither"
            stores.web_door(clock.now).send(draft_id)
            with stores.database.read() as connection:
                letter = connection.execute(sa.select(letters)).one()
            assert Carrier(stores).carry(letter.id, letter.attempt) == "filed"
        shutil.rmtree(there)


@pytest.mark.skipif(not LONG, reason="minutes: CASEBRIDGE_LONG is not set")
def test_kill_at_durable_calls_of_the_road(storage: Path, tmp_path: Path) -> None:
    with opened(storage) as stores:
        draft_id = drafted(stores)
    points = range(1, 100) if LONG else sorted(random.Random(SEED).sample(range(1, 20), 1))
    died = 0
    for kill_at in points:
        there = fresh(storage, tmp_path / f"road-{kill_at}")
        with server(there, kill_at) as first:
            with opened(there) as stores:
                stores.web_door(clock.now).send(draft_id)
            rested(there, first)
            died_here = first.process.poll() is not None
        with server(there, 0) as second:
            assert rested(there, second), f"point {kill_at}: not drained after the restart"
        whole_and_once(there, f"point {kill_at}")
        shutil.rmtree(there)
        died += died_here
        if not died_here and LONG:
            break
    print(f"seed {SEED}, {died} of {len(points)} points killed it")
    assert died >= 1
