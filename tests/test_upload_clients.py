"""The official tus clients against our pages: whole, paused, over a line that is cut, and with the
server killed in the middle. However often, the file that is filed is the one that was sent.

The points of the cuts are drawn by a seed that is printed; CASEBRIDGE_LONG=1 tries 50 in 2 GB.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from tusclient.client import TusClient

from config.settings import Settings, Storage
from gateway.stores import Stores, open_stores
from portal.tables import uploads
from tests.bad_line import BadLine, PagesProcess, pages_process

pytestmark = pytest.mark.slow

LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
SEED = int(os.environ.get("CASEBRIDGE_SEED", "20261125"))
SIZE = 2**31 if LONG else 40_000_000
CUTS, KILLS = (50, 10) if LONG else (6, 1)
ROUNDS = 1000 if LONG else 50
CHUNK = 8_000_000
ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 3600
TUS = {"Tus-Resumable": "1.0.0"}

Send = Callable[[int, Path], str]
"""Send a file to the pages at a port of loopback, and return where it is."""


@pytest.fixture(scope="module")
def storage(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uploads") / "var"
    folder.mkdir()
    shutil.copy(migrated, folder / "casebridge.db")
    return folder


@pytest.fixture(scope="module")
def pages(storage: Path) -> Iterator[PagesProcess]:
    with pages_process(storage) as server:
        yield server


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sent") / "records.pdf"
    drawn = random.Random(SEED)
    with file.open("wb") as stream:
        for start in range(0, SIZE, 1 << 20):
            stream.write(drawn.randbytes(min(1 << 20, SIZE - start)))
    return file


def cookie() -> str:
    return f"casebridge_draft={secrets.token_urlsafe(32)}"


def in_javascript(**asked: int) -> Send:
    def send(port: int, file: Path) -> str:
        said = {
            "endpoint": f"http://127.0.0.1:{port}/send/uploads",
            "file": str(file),
            "size": file.stat().st_size,
            "name": "Jones records.pdf",
            "cookie": cookie(),
            **asked,
        }
        node = shutil.which("node", path=f"{ROOT / '.venv/bin'}:{os.environ['PATH']}")
        assert node is not None
        ended = subprocess.run(
            [node, "tests/tus_client.mjs", json.dumps(said)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    return send


def in_python(port: int, file: Path) -> str:
    client = TusClient(f"http://127.0.0.1:{port}/send/uploads", headers={"Cookie": cookie()})
    uploader = client.uploader(
        str(file),
        chunk_size=CHUNK,
        retries=200,
        retry_delay=0.1,
        metadata={"filename": "Jones records.pdf"},
        upload_checksum=True,
    )
    uploader.upload()
    return str(uploader.url)


CLIENTS = {
    "tus-js-client in one request": in_javascript(),
    "tus-js-client in chunks": in_javascript(chunk_size=CHUNK),
    "tuspy in chunks with checksums": in_python,
}
each_client = pytest.mark.parametrize("send", CLIENTS.values(), ids=CLIENTS)


def require_whole(storage: Path, where: str, file: Path) -> None:
    """What is in the vault under the hash of the row is what was sent."""
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        row = row_of(stores, where)
        with file.open("rb") as stream:
            sent = hashlib.file_digest(stream, "sha256").hexdigest()
        assert (row.sha256, row.offset, row.name) == (
            sent,
            file.stat().st_size,
            "Jones records.pdf",
        )
        with stores.vault.open(sent) as blob:
            assert hashlib.file_digest(blob, "sha256").hexdigest() == sent
        assert where.rpartition("/")[2] not in set(stores.vault.uploads())


@each_client
def test_a_whole_file(pages: PagesProcess, storage: Path, large: Path, send: Send) -> None:
    require_whole(storage, send(pages.port, large), large)


def test_a_paused_file(pages: PagesProcess, storage: Path, large: Path) -> None:
    send = in_javascript(chunk_size=CHUNK, pause_at=SIZE // 2)
    require_whole(storage, send(pages.port, large), large)


@each_client
def test_a_line_that_is_cut_and_a_server_that_is_killed(
    storage: Path, large: Path, send: Send, request: pytest.FixtureRequest
) -> None:
    drawn = random.Random(f"{SEED}{request.node.name}")
    cuts = sorted(drawn.sample(range(1000, SIZE), CUTS))
    kills = set(drawn.sample(cuts, KILLS))
    print(f"seed {SEED}: cut at {cuts}, killed at {sorted(kills)}")
    with pages_process(storage) as server:
        line = BadLine(server, cuts.copy(), kills)
        with line.open() as port:
            where = send(port, large)
    assert line.cuts == [], "every cut was made"
    assert line.told == sorted(line.told), "what was acknowledged once is never taken back"
    require_whole(storage, where, large)


def test_two_requests_at_one_offset(pages: PagesProcess, storage: Path) -> None:
    content = {number: secrets.token_bytes(200_000) for number in range(2)}
    base = f"http://127.0.0.1:{pages.port}"
    refused: set[int] = set()
    with (
        httpx.Client(base_url=base, headers=TUS) as browser,
        ThreadPoolExecutor(2) as threads,
        open_stores(Settings(storage=Storage(path=storage))) as stores,
    ):
        for _ in range(ROUNDS):
            made = browser.post("/send/uploads", headers={"Upload-Length": "200000"})
            where, both = made.headers["location"], threading.Barrier(2)

            def patch(number: int, where: str = where, both: threading.Barrier = both) -> int:
                def pieces() -> Iterator[bytes]:
                    for start in range(0, 200_000, 20_000):
                        yield content[number][start : start + 20_000]

                both.wait()
                headers = {
                    "Upload-Offset": "0",
                    "Content-Type": "application/offset+octet-stream",
                    "Cookie": f"casebridge_draft={browser.cookies['casebridge_draft']}",
                }
                answer = httpx.patch(base + where, headers=TUS | headers, content=pieces())
                return answer.status_code

            said = list(threads.map(patch, range(2)))
            assert 204 in said
            (other,) = {*said} - {204}
            refused.add(other)
            row = row_of(stores, where)
            assert row.sha256 == hashlib.sha256(content[said.index(204)]).hexdigest()
            browser.cookies.clear()
    assert refused <= {409, 423}


def row_of(stores: Stores, where: str) -> sa.Row[tuple[object, ...]]:
    with stores.database.read() as connection:
        return connection.execute(
            sa.select(uploads).where(uploads.c.public_id == where.rpartition("/")[2])
        ).one()


def test_a_dead_line_makes_room_for_its_client(pages: PagesProcess, storage: Path) -> None:
    """The client's half of the connection is silent, as where a wireless network was lost."""
    base = f"http://127.0.0.1:{pages.port}"
    began, content = threading.Event(), secrets.token_bytes(3_000_000)
    over = threading.Event()

    def silent() -> Iterator[bytes]:
        yield content[:1_500_000]
        began.set()
        over.wait(PATIENCE_SECONDS)
        yield content[1_500_000:]

    with httpx.Client(base_url=base, headers=TUS, timeout=60) as browser:
        where = browser.post("/send/uploads", headers={"Upload-Length": "3000000"}).headers[
            "location"
        ]
        bytes_of = {"Content-Type": "application/offset+octet-stream"}
        headers = TUS | bytes_of | {"Upload-Offset": "0"}
        cookies = dict(browser.cookies)

        def lose() -> int:
            with httpx.Client(base_url=base, cookies=cookies, timeout=PATIENCE_SECONDS) as lost:
                return lost.patch(where, headers=headers, content=silent()).status_code

        with ThreadPoolExecutor(1) as thread:
            losing = thread.submit(lose)
            began.wait()
            while (at := int(browser.head(where).headers["upload-offset"])) == 0:
                time.sleep(0.2)
            assert at == 1_500_000
            rest = browser.patch(
                where, headers=bytes_of | {"Upload-Offset": str(at)}, content=content[at:]
            )
            assert rest.status_code == 204
            over.set()
            assert losing.result() == 408
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        assert row_of(stores, where).sha256 == hashlib.sha256(content).hexdigest()
