"""tus as our pages speak it: strict about what comes in, durable before it says so, and deaf to
everybody but the draft's own sender."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import Sending
from portal import draft as drafting
from portal import upload as uploading
from portal.tables import drafts, uploads
from portal.vault import Vault
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, open_desk

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = TUS | {"Content-Type": "application/offset+octet-stream"}
OURS = "/send/uploads"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = open_desk(tmp_path)
    yield desk
    desk.close()


def encoded(**pairs: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items()
    )


def create(browser: TestClient, length: int = len(CONTENT), said: str | None = None) -> str:
    metadata = {} if said is None else {"Upload-Metadata": said}
    answer = browser.post(OURS, headers=TUS | {"Upload-Length": str(length)} | metadata)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"])


def patch(browser: TestClient, where: str, offset: int, content: bytes, **headers: str) -> Any:
    return browser.patch(
        where, content=content, headers=BYTES | {"Upload-Offset": str(offset)} | headers
    )


def offset_of(browser: TestClient, where: str) -> int:
    answer = browser.head(where, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


def on_disk(desk: SampleDesk) -> list[str]:
    return [*desk.vault.uploads(), *(blob.sha256 for blob in desk.vault.blobs())]


def rows(desk: SampleDesk) -> list[Any]:
    with desk.database.read() as connection:
        return list(connection.execute(sa.select(uploads).order_by(uploads.c.id)))


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["code"])


# -- the protocol ----------------------------------------------------------------------------------


def test_options_say_what_we_speak(desk: SampleDesk) -> None:
    answer = desk.browser().options(OURS)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert set(answer.headers["tus-extension"].split(",")) == {
        *("creation", "creation-with-upload", "expiration", "checksum", "termination")
    }
    assert answer.headers["tus-max-size"] == str(2**31)
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_file_in_pieces_becomes_a_blob_of_the_vault(desk: SampleDesk) -> None:
    browser = desk.browser()
    said = encoded(filename="Dr. Ä #2.pdf", filetype="application/pdf")
    where = create(browser, said=said)
    for start in range(0, len(CONTENT), 4000):
        answer = patch(browser, where, start, CONTENT[start : start + 4000])
        assert answer.status_code == 204
        assert int(answer.headers["upload-offset"]) == min(start + 4000, len(CONTENT))
    (row,) = rows(desk)
    assert (row.name, row.declared_type) == ("Dr. Ä #2.pdf", "application/pdf")
    assert row.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert on_disk(desk) == [row.sha256]
    with desk.vault.open(row.sha256) as stream:
        assert stream.read() == CONTENT
    told = browser.head(where, headers=TUS).headers
    assert told["upload-metadata"] == said
    assert (told["upload-length"], told["upload-offset"]) == (str(len(CONTENT)),) * 2
    assert told["cache-control"] == "no-store"
    assert "upload-expires" not in told


def test_the_first_bytes_may_come_with_the_creation(desk: SampleDesk) -> None:
    browser = desk.browser()
    answer = browser.post(
        OURS, content=CONTENT[:100], headers=BYTES | {"Upload-Length": str(len(CONTENT))}
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "100")
    assert patch(browser, answer.headers["location"], 100, CONTENT[100:]).status_code == 204
    assert desk.vault.holds(hashlib.sha256(CONTENT).hexdigest())


def test_an_empty_file_is_whole_at_once(desk: SampleDesk) -> None:
    browser = desk.browser()
    assert offset_of(browser, create(browser, 0)) == 0
    (row,) = rows(desk)
    assert row.sha256 == hashlib.sha256().hexdigest()
    assert desk.vault.holds(row.sha256)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_bytes_that_were_changed_on_the_way_are_not_kept(desk: SampleDesk, algorithm: str) -> None:
    browser = desk.browser()
    where = create(browser)
    assert patch(browser, where, 0, CONTENT[:1000]).status_code == 204
    said = base64.b64encode(hashlib.new(algorithm, CONTENT[1000:]).digest()).decode()
    checksum = {"Upload-Checksum": f"{algorithm} {said}"}
    spoilt = bytes([CONTENT[1000] ^ 1]) + CONTENT[1001:]
    answer = patch(browser, where, 1000, spoilt, **checksum)
    assert (answer.status_code, code(answer)) == (460, "upload_checksum")
    assert offset_of(browser, where) == 1000
    assert patch(browser, where, 1000, CONTENT[1000:], **checksum).status_code == 204
    assert desk.vault.holds(hashlib.sha256(CONTENT).hexdigest())


def test_a_client_that_cannot_send_a_method_says_it_in_a_header(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser)
    instead = {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    assert browser.post(where, content=CONTENT[:9], headers=BYTES | instead).status_code == 204
    assert offset_of(browser, where) == 9
    assert (
        browser.post(where, headers=TUS | {"X-HTTP-Method-Override": "DELETE"}).status_code == 204
    )
    assert browser.head(where, headers=TUS).status_code == 404
    assert browser.post(where, headers=TUS).status_code == 400


def test_a_removed_file_leaves_nothing(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser)
    patch(browser, where, 0, CONTENT[:1000])
    assert len(on_disk(desk)) == 1
    assert browser.delete(where, headers=TUS).status_code == 204
    assert (rows(desk), on_disk(desk)) == ([], [])
    assert code(browser.delete(where, headers=TUS)) == "not_allowed"


# -- what is not taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "status"),
    [
        ("-1", 400),
        ("1e9", 400),
        ("+5", 400),
        ("0x10", 400),
        ("05", 400),
        ("5_0", 400),
        ("٣", 400),
        ("5.0", 400),
        ("", 400),
        ("5, 5", 400),
        (str(2**63), 413),
        (str(10**18), 413),
        ("1" * 20, 400),
        (str(2**31 + 1), 413),
        (None, 400),
    ],
)
def test_a_length_that_is_none_leaves_nothing(
    desk: SampleDesk, length: str | None, status: int
) -> None:
    headers = dict(TUS) if length is None else TUS | {"Upload-Length": length.encode()}
    answer = desk.browser().post(OURS, headers=headers)
    assert answer.status_code == status, answer.text
    assert code(answer) == ("file_too_large" if status == 413 else "upload_not_understood")
    assert (rows(desk), on_disk(desk)) == ([], [])


def test_a_length_that_is_there_twice_or_put_off_is_not_taken(desk: SampleDesk) -> None:
    browser = desk.browser()
    twice = [("Tus-Resumable", "1.0.0"), ("Upload-Length", "5"), ("Upload-Length", "5")]
    assert browser.post(OURS, headers=twice).status_code == 400
    assert browser.post(OURS, headers=TUS | {"Upload-Defer-Length": "1"}).status_code == 400
    assert rows(desk) == []


def test_a_length_cannot_be_changed_later(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser)
    answer = patch(browser, where, 0, b"x", **{"Upload-Length": "1"})
    assert code(answer) == "upload_not_understood"
    (row,) = rows(desk)
    assert (row.length, row.offset) == (len(CONTENT), 0)


@pytest.mark.parametrize(
    "said",
    [
        "filename !!!!",
        "filename YQ",
        "filename YQ==,filename Yg==",
        "filename YR==",
        "filename  YQ==",
        "filename YQ== YQ==",
        "filename gICA",
        ",",
        "",
        "filename YQ==,",
        encoded(filename="../../etc/passwd"),
        encoded(filename="/etc/passwd"),
        encoded(filename="..\\..\\boot.ini"),
        encoded(filename="a\x00.pdf"),
        encoded(filename="a\r\nX: y"),
        encoded(filename="x" * 1001),
        encoded(filename="x" * 750_000),
        "k\xe4y YQ==",
    ],
    ids=range(18),
)
def test_metadata_of_another_form_is_not_taken(desk: SampleDesk, said: str) -> None:
    headers = TUS | {"Upload-Length": "5", "Upload-Metadata": said.encode("latin-1")}
    answer = desk.browser().post(OURS, headers=headers)
    assert (answer.status_code, code(answer)) == (400, "upload_not_understood")
    assert (rows(desk), on_disk(desk)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Upload-Offset": "0"}, 415, "upload_type"),
        ({"Upload-Offset": "0", "Content-Type": "text/plain"}, 415, "upload_type"),
        ({"Content-Type": BYTES["Content-Type"]}, 400, "upload_not_understood"),
        ({**BYTES, "Upload-Offset": "-1"}, 400, "upload_not_understood"),
        ({**BYTES, "Upload-Offset": "1"}, 409, "upload_offset"),
        ({**BYTES, "Upload-Offset": "0", "Tus-Resumable": "0.2.2"}, 412, "upload_version"),
        (
            {**BYTES, "Upload-Offset": "0", "Upload-Checksum": "md5 xx"},
            400,
            "upload_not_understood",
        ),
        ({**BYTES, "Upload-Offset": "0", "Upload-Checksum": "sha1"}, 400, "upload_not_understood"),
        (
            {**BYTES, "Upload-Offset": "0", "Upload-Checksum": "sha1 YQ=="},
            400,
            "upload_not_understood",
        ),
    ],
)
def test_a_request_of_another_form_writes_nothing(
    desk: SampleDesk, headers: dict[str, str], status: int, said: str
) -> None:
    browser = desk.browser()
    where = create(browser)
    answer = browser.patch(where, content=b"bytes", headers=TUS | headers)
    assert (answer.status_code, code(answer)) == (status, said)
    assert offset_of(browser, where) == 0
    assert on_disk(desk) == []


def test_more_bytes_than_were_said_are_not_taken(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser, 10)
    assert code(patch(browser, where, 0, b"x" * 11)) == "upload_too_long"
    chunked = browser.patch(
        where, content=iter([b"x" * 11]), headers=BYTES | {"Upload-Offset": "0"}
    )
    assert code(chunked) == "upload_too_long"
    assert offset_of(browser, where) == 0
    assert patch(browser, where, 0, b"y" * 10).status_code == 204
    assert desk.vault.holds(hashlib.sha256(b"y" * 10).hexdigest())
    assert code(patch(browser, where, 10, b"x")) == "upload_offset"


def test_a_draft_has_its_quota(desk: SampleDesk) -> None:
    desk.sending = Sending(max_file_bytes=100, max_draft_bytes=150, max_draft_files=3)
    browser = desk.browser()
    create(browser, 100)
    full = browser.post(OURS, headers=TUS | {"Upload-Length": "51"})
    assert (full.status_code, code(full)) == (413, "draft_full")
    create(browser, 20)
    create(browser, 20)
    assert code(browser.post(OURS, headers=TUS | {"Upload-Length": "1"})) == "draft_full"
    assert len(rows(desk)) == 3


def test_a_stranger_proves_their_address_before_much_is_taken(desk: SampleDesk) -> None:
    desk.sending = Sending(unproven_bytes=100)
    browser = desk.browser()
    create(browser, 60)
    answer = browser.post(OURS, headers=TUS | {"Upload-Length": "41"})
    assert (answer.status_code, code(answer)) == (403, "address_not_proven")
    with desk.database.write() as connection:
        connection.execute(sa.update(drafts).values(email_proven_at=desk.now))
    create(browser, 41)


def test_without_room_nothing_is_taken_and_it_mends_itself(desk: SampleDesk) -> None:
    free = desk.vault.free_bytes()
    desk.minimum_free_bytes = free * 2
    browser = desk.browser()
    answer = browser.post(OURS, headers=TUS | {"Upload-Length": "5"})
    assert (answer.status_code, code(answer)) == (507, "no_room")
    assert (rows(desk), on_disk(desk)) == ([], [])
    desk.minimum_free_bytes = 1
    browser = desk.browser()
    where = create(browser, 5)
    assert patch(browser, where, 0, b"bytes").status_code == 204


# -- whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_another_persons_upload_is_as_if_it_did_not_exist(desk: SampleDesk, method: str) -> None:
    where = create(desk.browser())
    stranger = desk.browser()
    create(stranger)
    headers = BYTES | {"Upload-Offset": "0"}
    theirs = stranger.request(method, where, headers=headers, content=b"x")
    unknown = stranger.request(method, f"{OURS}/{'0' * 32}", headers=headers, content=b"x")
    odd = stranger.request(method, f"{OURS}/..%2f..%2fcasebridge.db", headers=headers)
    assert theirs.status_code == unknown.status_code == 404
    assert odd.status_code == 404
    assert theirs.content == unknown.content
    without = {"x-request-id"}
    assert {k: v for k, v in theirs.headers.items() if k not in without} == {
        k: v for k, v in unknown.headers.items() if k not in without
    }
    assert rows(desk)[0].offset == 0


@pytest.mark.slow
def test_the_cookie_is_the_drafts_and_no_scripts(desk: SampleDesk) -> None:
    def said(desk: SampleDesk) -> str:
        answer = desk.browser().post(OURS, headers=TUS | {"Upload-Length": "5"})
        return str(answer.headers["set-cookie"])

    assert said(desk).startswith("casebridge_draft=")
    for word in ("HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={14 * 86_400}"):
        assert word in said(desk)
    assert "Secure" not in said(desk)
    desk.service = desk.service.model_copy(update={"base_url": "https://gw.example"})
    assert said(desk).startswith("__Host-casebridge_draft=")
    assert "Secure" in said(desk)
    with desk.database.read() as connection:
        kept = connection.scalars(sa.select(drafts.c.token_sha256)).all()
    assert not [one for one in kept if one in said(desk)]


def test_a_cookie_that_is_not_of_our_making_begins_another_draft(desk: SampleDesk) -> None:
    browser = desk.browser(cookies={"casebridge_draft": "abc"})
    answer = browser.post(OURS, headers=TUS | {"Upload-Length": "5"})
    assert "casebridge_draft=abc" not in answer.headers["set-cookie"]
    assert answer.status_code == 201


def test_a_draft_that_was_sent_is_nobodys_any_more(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser)
    with desk.database.write() as connection:
        connection.execute(sa.update(drafts).values(sent_at=desk.now))
    assert code(patch(browser, where, 0, CONTENT)) == "not_allowed"
    create(browser)  # with a cookie of its own
    with desk.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(drafts)) == 2


@pytest.mark.slow
def test_an_upload_outlasts_the_session_that_it_was_begun_in(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    name = next(iter(desk.sample.accounts))
    browser = desk.signed_in(name)
    where = create(browser)
    with desk.database.read() as connection:
        assert connection.scalar(sa.select(drafts.c.account_id)) == desk.sample.accounts[name]
    for _ in range(4):
        desk.pass_time(minutes=20)  # no activity of a person: it signs nobody in for longer
        sent = offset_of(browser, where)
        assert patch(browser, where, sent, CONTENT[sent : sent + 1000]).status_code == 204
    assert browser.get("/packages").status_code == 303
    assert offset_of(browser, where) == 4000
    elsewhere = desk.signed_in(name)
    assert offset_of(elsewhere, where) == 4000
    left = elsewhere.get("/packages").text
    elsewhere.post("/sign-out", data={"csrf": csrf(left)})
    assert elsewhere.head(where, headers=TUS).status_code == 404
    others = [one for one in desk.sample.accounts if one != name]
    assert desk.signed_in(others[0]).head(where, headers=TUS).status_code == 404
    desk.close()


def test_who_signs_in_keeps_the_draft_that_they_began_as_a_stranger(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    name = next(iter(desk.sample.accounts))
    browser = desk.browser()
    where = create(browser)
    path = desk.link(name)
    browser.post(path, data={"csrf": csrf(browser.get(path).text)})
    assert offset_of(browser, where) == 0
    create(browser)
    assert {row.draft_id for row in rows(desk)} == {rows(desk)[0].draft_id}
    assert offset_of(desk.signed_in(name), where) == 0
    desk.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8080"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://www.gw.example"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://127.0.0.1:8080"}, True),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, True),
    ],
)
def test_no_other_sites_page_can_upload(
    desk: SampleDesk, headers: dict[str, str], is_ours: bool
) -> None:
    answer = desk.browser().post(OURS, headers=TUS | {"Upload-Length": "5"} | headers)
    assert answer.status_code == (201 if is_ours else 403)
    asked = desk.browser().options(
        OURS,
        headers={**headers, "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name in asked.headers if name.startswith("access-control")]


# -- time ------------------------------------------------------------------------------------------


def test_what_is_abandoned_runs_out(desk: SampleDesk) -> None:
    def swept() -> int:
        with desk.database.write() as connection:
            gone = drafting.sweep(connection, now=desk.now, days=desk.sending.draft_days)
        return gone + uploading.clear(desk.database, desk.vault)

    browser = desk.browser()
    stopped, whole = create(browser), create(browser, 5)
    patch(browser, stopped, 0, CONTENT[:1000])
    patch(browser, whole, 0, b"bytes")
    desk.pass_time(hours=47)
    patch(browser, stopped, 1000, CONTENT[1000:2000])
    desk.pass_time(hours=47)
    assert (swept(), offset_of(browser, stopped)) == (0, 2000)
    desk.pass_time(hours=2)
    assert browser.head(stopped, headers=TUS).status_code == 404
    assert swept() == 2
    assert [row.length for row in rows(desk)] == [5]
    assert on_disk(desk) == [hashlib.sha256(b"bytes").hexdigest()]
    desk.pass_time(days=14)
    assert swept() == 2
    assert rows(desk) == []
    assert browser.head(whole, headers=TUS).status_code == 404


def test_a_file_left_by_a_crash_before_it_was_a_blob_becomes_one(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser, 5)
    patch(browser, where, 0, b"bytes")
    sha256 = hashlib.sha256(b"bytes").hexdigest()
    file = desk.vault.upload(where.rpartition("/")[2])
    for by_looking in (False, True):
        blob = next(iter(file.parents[1].glob(f"??/{sha256}")))
        blob.rename(file)
        assert not desk.vault.holds(sha256)
        if by_looking:
            assert offset_of(browser, where) == 5
        else:
            assert uploading.clear(desk.database, desk.vault) == 0
        assert desk.vault.holds(sha256)
        assert list(desk.vault.uploads()) == []


def test_what_lies_behind_the_offset_is_cut_off_and_the_hash_comes_from_the_disk(
    desk: SampleDesk,
) -> None:
    browser = desk.browser()
    where = create(browser)
    patch(browser, where, 0, CONTENT[:5000])
    file = desk.vault.upload(where.rpartition("/")[2])
    with file.open("ab") as stream:
        stream.write(b"of a request that nobody was answered")
    again = desk.browser(cookies=dict(browser.cookies))  # a server that has just started
    assert offset_of(again, where) == 5000
    assert patch(again, where, 5000, CONTENT[5000:]).status_code == 204
    assert desk.vault.holds(hashlib.sha256(CONTENT).hexdigest())


def test_bytes_that_the_disk_has_lost_are_never_passed_over(desk: SampleDesk) -> None:
    browser = desk.browser()
    where = create(browser)
    patch(browser, where, 0, CONTENT[:5000])
    file = desk.vault.upload(where.rpartition("/")[2])
    with file.open("r+b") as stream:
        stream.truncate(4999)
    answer = patch(browser, where, 5000, CONTENT[5000:])
    assert (answer.status_code, code(answer)) == (410, "upload_lost")
    assert browser.head(where, headers=TUS).status_code == 410  # a client then begins anew
    file.unlink()
    assert browser.head(where, headers=TUS).status_code == 410
    assert browser.delete(where, headers=TUS).status_code == 204
    assert rows(desk) == []


def test_a_disk_that_fills_up_in_the_middle_is_said_and_mends_itself(
    desk: SampleDesk, small_disk: Path
) -> None:
    desk.vault = Vault(small_disk / "vault")
    desk.vault.prepare()
    content, filler = bytes(range(256)) * 10_000, small_disk / "filler"
    browser = desk.browser()
    where = create(browser, len(content))
    assert patch(browser, where, 0, content[:500_000]).status_code == 204

    def body() -> Iterator[bytes]:
        yield content[500_000:600_000]
        filler.write_bytes(bytes(desk.vault.free_bytes() - 700_000))
        yield content[600_000:]

    full = browser.patch(where, content=body(), headers=BYTES | {"Upload-Offset": "500000"})
    assert (full.status_code, code(full)) == (507, "no_room")
    (file,) = [desk.vault.upload(name) for name in desk.vault.uploads()]
    assert file.stat().st_size == 500_000, "what nobody was told of takes no room"
    at = offset_of(browser, where)
    assert code(patch(browser, where, at, content[at:])) == "no_room", "before a byte is taken"
    filler.unlink()
    assert patch(browser, where, at, content[at:]).status_code == 204
    assert desk.vault.holds(hashlib.sha256(content).hexdigest())
