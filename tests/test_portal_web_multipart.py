"""A form with files, streamed: what a browser sends is taken, and nothing else leaves a byte."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from config.settings import Sending
from portal import draft as drafting
from portal import upload as uploading
from portal.draft import Owner
from portal.tables import drafts
from portal.upload import AddressNotProven, DraftFull, FileTooLarge
from portal.vault import DiskFull
from portal.web.faults import FormStale
from portal.web.multipart import FormNotUnderstood, SentForm, receive_multipart
from portal.web.sender import draft_of
from tests.desk import SampleDesk, TestClient, open_desk

TOKEN = "t" * 43
BOUNDARY = "----WebKitFormBoundaryAbC123"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
FAULTS = (FormStale, FormNotUnderstood, FileTooLarge, DraftFull, AddressNotProven, DiskFull)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    desk = open_desk(tmp_path)
    yield desk
    desk.close()


def form_page(desk: SampleDesk) -> TestClient:
    """The pages with one more, that takes such a form and says what came of it."""
    app: FastAPI = desk.app()

    async def take(request: Request) -> Response:
        at, form = request.app.state.desk, SentForm()
        draft, owner = draft_of(Owner(TOKEN, None), at)
        fault = None
        try:
            await receive_multipart(request, at, draft, owner, form)
        except FAULTS as raised:
            fault = type(raised).__name__
        names = [one.name for one in form.uploads]
        return JSONResponse({"fault": fault, "fields": form.fields, "files": names})

    app.add_api_route("/test-form", take, methods=["POST"])
    return TestClient(app, base_url=desk.service.base_url)


def part(disposition: str, content: bytes, *headers: str) -> bytes:
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content + b"\r\n"


def csrf_part(token: str = TOKEN) -> bytes:
    return part('form-data; name="csrf"', drafting.form_token(token).encode())


END = f"--{BOUNDARY}--\r\n".encode()


def send(desk: SampleDesk, body: bytes, **headers: str) -> Any:
    answer = form_page(desk).post(
        "/test-form", content=body, headers={"Content-Type": FORM} | headers
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def files(desk: SampleDesk) -> list[uploading.Upload]:
    with desk.database.read() as connection:
        return list(uploading.of(connection, connection.scalar(sa.select(drafts.c.id)) or 0))


def blobs(desk: SampleDesk) -> list[str]:
    return [blob.sha256 for blob in desk.vault.blobs()]


def nothing_is_left(desk: SampleDesk, tmp_path: Path) -> bool:
    return not files(desk) and not blobs(desk) and not list((tmp_path / "vault/drafts").iterdir())


def test_fields_and_files_come_whole(desk: SampleDesk) -> None:
    large = bytes(range(256)) * 20_000 + b"\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n--"
    body = (
        csrf_part()
        + part('form-data; name="message"', "Größe ok".encode())
        + part(
            'form-data; name="files"; filename="a %22b%22;c.pdf"',
            large,
            "Content-Type: application/pdf",
        )
        + part('form-data; name="files"; filename="ä.txt"', b"text", "Content-Type: TEXT/plain")
        + part('form-data; name="more"; filename=""', b"", "Content-Type: application/octet-stream")
        + END
    )
    said = send(desk, body)
    assert said["fault"] is None
    assert said["fields"] == {"csrf": drafting.form_token(TOKEN), "message": "Größe ok"}
    first, second = files(desk)
    assert (first.name, first.declared_type) == ('a "b";c.pdf', "application/pdf")
    assert (first.sha256, first.length) == (hashlib.sha256(large).hexdigest(), len(large))
    assert (second.name, second.declared_type, second.offset) == ("ä.txt", "text/plain", 4)
    with desk.vault.open(first.sha256 or "") as stream:
        assert stream.read() == large


def test_what_httpx_writes_is_taken_as_well(desk: SampleDesk) -> None:
    answer = form_page(desk).post(
        "/test-form",
        data={"csrf": drafting.form_token(TOKEN)},
        files=[("files", ("one.pdf", b"1" * 100_000)), ("files", ("two.pdf", b""))],
    )
    assert answer.json()["files"] == ["one.pdf", "two.pdf"]


def test_nothing_goes_to_a_folder_for_temporary_files(
    desk: SampleDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "nobody-may-write-here"
    monkeypatch.setattr(tempfile, "tempdir", str(folder))  # any use of it is a fault
    body = csrf_part() + part('form-data; name="f"; filename="a"', b"x" * 3_000_000) + END
    assert send(desk, body)["files"] == ["a"]


A_FILE = part('form-data; name="f"; filename="a.pdf"', b"bytes")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (A_FILE + END, "FormStale"),
        (csrf_part("u" * 43) + A_FILE + END, "FormStale"),
        (part('form-data; name="message"', b"x") + END, "FormStale"),
        (b"", "FormNotUnderstood"),
        (b"x" * 100, "FormNotUnderstood"),
        (b"\r\n" * 500_000 + csrf_part() + A_FILE + END, "FormNotUnderstood"),
        (csrf_part(), "FormNotUnderstood"),
        (csrf_part() + A_FILE[:-4], "FormNotUnderstood"),
        (
            csrf_part() + part('form-data; name="f"; filename="../a"', b"x") + END,
            "FormNotUnderstood",
        ),
        (
            csrf_part() + part('form-data; name="f"; filename="a%0D%0Ab"', b"x") + END,
            "FormNotUnderstood",
        ),
        (
            csrf_part() + part("form-data; name=\"f\"; filename*=UTF-8''a", b"x") + END,
            "FormNotUnderstood",
        ),
        (csrf_part() + part("attachment; filename=a", b"x") + END, "FormNotUnderstood"),
        (csrf_part() + part("form-data", b"x") + END, "FormNotUnderstood"),
        (
            csrf_part()
            + part(
                'form-data; name="f"; filename="a"', b"eA==", "Content-Transfer-Encoding: base64"
            )
            + END,
            "FormNotUnderstood",
        ),
        (csrf_part() + part('form-data; name="m"', b"\xff") + END, "FormNotUnderstood"),
        (csrf_part() + part('form-data; name="m"', b"x" * 200_000) + END, "FormNotUnderstood"),
        (
            csrf_part() + part('form-data; name="m"', b"x", *[f"X-{n}: y" for n in range(9)]) + END,
            "FormNotUnderstood",
        ),
        (
            csrf_part() + part('form-data; name="m"', b"x", "X: " + "y" * 9000) + END,
            "FormNotUnderstood",
        ),
        (
            csrf_part() + part('form-data; name="m"', b"x", "Content-Disposition: form-data") + END,
            "FormNotUnderstood",
        ),
        (csrf_part() + part('form-data; name="m"', b"x") * 1500 + END, "FormNotUnderstood"),
    ],
    ids=range(20),
)
def test_a_form_that_no_browser_of_theirs_sends_leaves_nothing(
    desk: SampleDesk, tmp_path: Path, body: bytes, fault: str
) -> None:
    assert send(desk, body)["fault"] == fault
    assert nothing_is_left(desk, tmp_path)


def test_a_million_headers_end_the_form_at_once(desk: SampleDesk, tmp_path: Path) -> None:
    many = csrf_part() + f"--{BOUNDARY}\r\n".encode() + b"a: b\r\n" * 1_000_000
    assert send(desk, many + b"\r\nx\r\n" + END)["fault"] == "FormNotUnderstood"
    assert nothing_is_left(desk, tmp_path)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'x' * 71}",
        f"multipart/form-data; charset=utf-8; boundary={BOUNDARY}",
        f"multipart/mixed; boundary={BOUNDARY}",
        "application/x-www-form-urlencoded",
        "multipart/form-data" + "; a=b" * 100_000,
    ],
    ids=range(7),
)
def test_another_type_is_not_taken(desk: SampleDesk, tmp_path: Path, kind: str) -> None:
    said = send(desk, csrf_part() + A_FILE + END, **{"Content-Type": kind})
    assert said["fault"] == "FormNotUnderstood"
    assert nothing_is_left(desk, tmp_path)


@pytest.mark.parametrize("length", [None, "-1", "1e3"])
def test_a_body_of_no_length_is_not_taken(desk: SampleDesk, length: str | None) -> None:
    headers = {"Content-Type": FORM}
    content: Any = iter([csrf_part() + A_FILE + END]) if length is None else csrf_part() + END
    if length is not None:
        headers["Content-Length"] = length
    answer = form_page(desk).post("/test-form", content=content, headers=headers)
    assert answer.json()["fault"] == "FormNotUnderstood"


def test_another_sites_page_cannot_send_it(desk: SampleDesk, tmp_path: Path) -> None:
    said = send(desk, csrf_part() + A_FILE + END, **{"Sec-Fetch-Site": "cross-site"})
    assert said["fault"] == "FormStale"
    assert nothing_is_left(desk, tmp_path)


def test_a_file_over_the_limit_is_not_kept_and_what_came_before_is(desk: SampleDesk) -> None:
    desk.sending = Sending(max_file_bytes=2_000_000)
    typed = part('form-data; name="message"', b"typed")
    big = part('form-data; name="f"; filename="big"', b"x" * 2_000_001)
    said = send(desk, csrf_part() + typed + A_FILE + big + END)
    assert said["fault"] == "FileTooLarge"
    assert (said["fields"]["message"], said["files"]) == ("typed", ["a.pdf"])
    assert [one.name for one in files(desk)] == ["a.pdf"]
    assert blobs(desk) == [hashlib.sha256(b"bytes").hexdigest()]


def test_what_the_length_says_is_refused_before_a_byte_is_taken(
    desk: SampleDesk, tmp_path: Path
) -> None:
    body = csrf_part() + part('form-data; name="f"; filename="a"', b"x" * 3_000_000) + END
    desk.sending = Sending(unproven_bytes=1_000_000)
    assert send(desk, body)["fault"] == "AddressNotProven"
    limits = {"max_file_bytes": 10**6, "max_draft_bytes": 10**6}
    desk.sending = Sending(**limits)
    assert send(desk, body)["fault"] == "DraftFull"
    desk.sending = Sending()
    desk.minimum_free_bytes = 2**62
    assert send(desk, body)["fault"] == "DiskFull"
    assert nothing_is_left(desk, tmp_path)
