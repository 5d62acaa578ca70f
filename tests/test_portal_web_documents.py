"""Documents: viewed and downloaded under their filed names, streamed, recorded, never as a page."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portal.handout import Handout, safe_name
from portal.piece import PDF
from portal.tables import parts
from portal.vault import Vault
from portal.web.download import disposition, zipped
from tests.desk import SampleDesk, TestClient, filled_desk, kinds
from tests.record_rows import HOSTILE_NAME
from tests.record_sample import ARRIVED, Part, pdf

BASE = "/p/7KQ4-M2XD/documents"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("documents"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def dana(desk: SampleDesk) -> TestClient:
    return desk.signed_in("Dana Reyes")


def part(desk: SampleDesk, number: int, receipt: str = "7KQ4M2XD") -> int:
    return desk.sample.part_ids[receipt][number - 1]


def test_a_kept_pdf_is_viewed_in_the_browser(desk: SampleDesk, dana: TestClient) -> None:
    answer = dana.get(f"{BASE}/{part(desk, 2)}/view")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == PDF
    assert answer.headers["content-disposition"].startswith("inline; ")
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.content == pdf("Deposition of Dr. Smith", "Page 1")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert kinds(desk)[-1][1:] == ("document.viewed", {"part": part(desk, 2)})


def test_of_a_converted_document_the_pdf_is_viewed_and_both_are_downloaded(
    desk: SampleDesk, dana: TestClient
) -> None:
    number = part(desk, 3)
    made = pdf("Chronology", "corrected")
    assert dana.get(f"{BASE}/{number}/view").content == made
    answer = dana.get(f"{BASE}/{number}/pdf")
    assert answer.content == made
    assert (
        'attachment; filename="Chronology 24-001300.pdf"' in answer.headers["content-disposition"]
    )
    answer = dana.get(f"{BASE}/{number}/original")
    assert answer.content == b"PK docx"
    assert 'filename="Chronology 24-001300.docx"' in answer.headers["content-disposition"]
    assert answer.headers["content-type"] == "application/octet-stream"
    assert kinds(desk)[-1][1:] == (
        "document.downloaded",
        {"part": number, "form": "original"},
    )


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (1, "original"),  # the words of the message: the vault holds their PDF alone
        (5, "view"),  # waits for its password
        (5, "pdf"),
        (6, "view"),  # could not be converted
        (7, "original"),  # a program: sealed in the raw letter
        (7, "view"),
        (8, "original"),  # decoration
    ],
)
def test_what_there_is_not_is_not_there(
    desk: SampleDesk, dana: TestClient, number: int, form: str
) -> None:
    answer = dana.get(f"{BASE}/{part(desk, number)}/{form}")
    assert answer.status_code == 404
    assert kinds(desk)[-1][1] == "access.refused"
    assert f"/{part(desk, number)}/{form}" not in dana.get("/p/7KQ4-M2XD").text


def test_a_pdf_that_would_do_something_is_saved_and_not_shown(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    number = part(desk, 2)
    with desk.database.write() as connection:
        found = sa.update(parts).where(parts.c.id == number)
        connection.execute(found.values(remarks=["pdf_script"]))
    dana = desk.signed_in("Dana Reyes")
    page = dana.get("/p/7KQ4-M2XD").text
    assert f"/{number}/view" not in page
    assert "It holds a script or a form that runs" in page
    assert dana.get(f"{BASE}/{number}/view").status_code == 404
    answer = dana.get(f"{BASE}/{number}/original")
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.content == pdf("Deposition of Dr. Smith", "Page 1")
    desk.close()


def test_a_pdf_that_does_not_open_is_saved_and_not_shown(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    number = part(desk, 2)
    with desk.database.write() as connection:
        found = sa.update(parts).where(parts.c.id == number)
        connection.execute(found.values(reason="file_damaged"))
    dana = desk.signed_in("Dana Reyes")
    page = dana.get("/p/7KQ4-M2XD").text
    assert f"/{number}/view" not in page
    assert f"/{number}/original" in page
    assert dana.get(f"{BASE}/{number}/view").status_code == 404
    desk.close()


def test_a_repaired_copy_is_viewed_and_its_name_says_what_it_is(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    number = part(desk, 3)
    with desk.database.write() as connection:
        found = sa.update(parts).where(parts.c.id == number)
        changes = {"fate": "filed", "reason": "repaired", "filed_name": "Chronology.pdf"}
        connection.execute(found.values(detected_type=PDF, **changes))
    dana = desk.signed_in("Dana Reyes")
    page = dana.get("/p/7KQ4-M2XD").text
    assert "Damaged, and repaired: the original is kept beside it" in page
    assert "contents list" not in page
    assert dana.get(f"{BASE}/{number}/view").content == pdf("Chronology", "corrected")
    answer = dana.get(f"{BASE}/{number}/pdf")
    assert 'filename="Chronology (repaired).pdf"' in answer.headers["content-disposition"]
    original = dana.get(f"{BASE}/{number}/original")
    assert 'filename="Chronology.pdf"' in original.headers["content-disposition"]
    desk.close()


def test_a_refused_part_is_not_handed_out_even_where_the_vault_holds_it(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    with desk.database.write() as connection:
        connection.execute(sa.update(parts).where(parts.c.id == part(desk, 7)).values(stored=True))
    answer = desk.signed_in("Olu Adeyemi").get(f"{BASE}/{part(desk, 7)}/original")
    assert answer.status_code == 404
    desk.close()


def test_a_part_of_another_package_is_not_reached_through_this_one(
    desk: SampleDesk, dana: TestClient
) -> None:
    for foreign in (part(desk, 1, "RESTR1CT"), 999_999, 0, -1, 2**70):
        assert dana.get(f"{BASE}/{foreign}/original").status_code == 404


def test_every_form_asks_for_the_right(desk: SampleDesk) -> None:
    lee, nobody = desk.signed_in("Lee Park"), desk.browser()
    for path in [f"{BASE}/{part(desk, 3)}/{form}" for form in ("view", "pdf", "original")] + [
        f"{BASE}/all"
    ]:
        assert lee.get(path).status_code == 404
        assert kinds(desk)[-1][1] == "access.refused"
        assert nobody.get(path).headers["location"] == "/sign-in"


def test_a_web_page_is_only_ever_saved(desk: SampleDesk) -> None:
    operations = desk.signed_in("Olu Adeyemi")
    number = part(desk, 3, "BADBAD00")
    answer = operations.get(f"/p/BADB-AD00/documents/{number}/original")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert operations.get(f"/p/BADB-AD00/documents/{number}/view").status_code == 404


def test_a_hostile_name_stays_one_value_of_one_header(desk: SampleDesk) -> None:
    operations = desk.signed_in("Olu Adeyemi")
    answer = operations.get(f"/p/BADB-AD00/documents/{part(desk, 1, 'BADBAD00')}/original")
    value = answer.headers["content-disposition"]
    assert re.fullmatch(
        r"attachment; filename=\"[ !#-$&-:<-\[\]-~]*\"; filename\*=UTF-8''[A-Za-z0-9._~%-]*", value
    ), value
    assert unquote(value.rpartition("''")[2]) == safe_name(HOSTILE_NAME)


@given(st.text())
@pytest.mark.slow
def test_any_name_becomes_a_header_that_reads_back(name: str) -> None:
    value = disposition("attachment", name.encode("utf-8", "replace").decode())
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    told = unquote(value.rpartition("''")[2])
    assert told == safe_name(told)
    assert "/" not in told
    assert "\\" not in told
    assert told not in {"", ".", ".."}


def test_all_as_one_zip_under_the_filed_names(desk: SampleDesk, dana: TestClient) -> None:
    answer = dana.get(f"{BASE}/all")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="7KQ4-M2XD.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "Message.pdf",
            "Smith deposition 2 (final).pdf",
            "Chronology 24-001300.pdf",
            "Chronology 24-001300.docx",
            "IMG_2041.pdf",
            "IMG_2041.HEIC",
            "records.pdf",
            "budget.xlsx",
        ]
        assert archive.read("Chronology 24-001300.docx") == b"PK docx"
    _, kind, detail = kinds(desk)[-1]
    assert (kind, detail["files"]) == ("package.downloaded", 8)
    with desk.database.read() as connection:
        held = sa.select(parts.c.filed_name).where(parts.c.id.in_(detail["parts"]))
        assert len(set(connection.scalars(held))) == len(detail["parts"])


def test_a_zip_keeps_names_of_any_script_and_never_leaves_its_folder(desk: SampleDesk) -> None:
    answer = desk.signed_in("Olu Adeyemi").get("/p/BADB-AD00/documents/all")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
    assert "Größe 測試.pdf" in names
    assert not any("/" in name or "\\" in name or name.startswith(".") for name in names)


def test_a_letter_without_documents_has_no_zip(desk: SampleDesk) -> None:
    operations = desk.signed_in("Olu Adeyemi")
    assert operations.get("/p/N0TF-11ED/documents/all").status_code == 404
    assert "Download all" not in operations.get("/p/N0TF-11ED").text


def test_operations_read_the_documents_of_a_held_letter(desk: SampleDesk) -> None:
    operations = desk.signed_in("Olu Adeyemi")
    assert operations.get("/p/9HXW-3T5R/documents/all").status_code == 200
    number = part(desk, 2, "9HXW3T5R")
    assert operations.get(f"/p/9HXW-3T5R/documents/{number}/view").content == pdf("B")


@pytest.mark.slow
def test_memory_stays_flat_however_large_the_files(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    vault.prepare()
    with vault.draft() as draft:
        for number in range(96):
            draft.write(bytes([number]) * (1 << 20))
        blob = draft.keep()
    members = [Handout(f"{number}.pdf", blob.sha256, blob.bytes) for number in range(2)]
    tracemalloc.start()
    total = sum(len(chunk) for chunk in zipped(vault, members, ARRIVED))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 2 * blob.bytes
    assert peak < 4 << 20


def test_files_of_more_than_4_gib_need_zip64_and_have_it(tmp_path: Path) -> None:
    """The size is known before the first byte, so zipfile is told in time to write zip64."""
    vault = Vault(tmp_path / "vault")
    vault.prepare()
    blob = vault.add(io.BytesIO(b"small"))
    claims = Handout("large.pdf", blob.sha256, 5 << 30)
    data = b"".join(zipped(vault, [claims], ARRIVED))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.read("large.pdf") == b"small"
    assert data[4] == 45, "version needed to extract: 4.5, which is zip64"


def test_an_unfinished_download_closes_its_file(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault")
    vault.prepare()
    blob = vault.add(io.BytesIO(b"x" * (1 << 20)))
    opened: list[io.BufferedIOBase] = []
    plain_open = vault.open

    class Watched(Vault):
        def open(self, sha256: str) -> io.BufferedReader:
            stream = plain_open(sha256)
            assert isinstance(stream, io.BufferedReader)
            opened.append(stream)
            return stream

    chunks = zipped(Watched(tmp_path / "vault"), [Handout("a", blob.sha256, blob.bytes)], ARRIVED)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]  # it is a generator, as Starlette's is
    assert opened
    assert all(stream.closed for stream in opened)


def test_a_blob_that_is_gone_is_said_to_be_our_fault(tmp_path: Path) -> None:
    desk = filled_desk(tmp_path)
    browser = desk.signed_in("Dana Reyes")
    with desk.database.write() as connection:
        connection.execute(
            sa.update(parts).where(parts.c.id == part(desk, 2)).values(sha256="0" * 64)
        )
    for path in (f"{BASE}/{part(desk, 2)}/view", f"{BASE}/all"):
        answer = browser.get(path)
        assert answer.status_code == 500
        assert answer.headers["x-request-id"] in answer.text
        assert kinds(desk)[-1][1] == "account.signed_in", "nothing was shown, so no view"
    desk.close()


@pytest.mark.slow
def test_of_a_letter_that_went_to_two_cases_each_consultant_has_their_own_documents(
    tmp_path: Path,
) -> None:
    desk = filled_desk(tmp_path)
    sample = desk.sample
    letter = sample.letter("AAAA2222", "filed")
    sample.package(letter)
    names = ("Message.pdf", "Films.pdf", "Bills.pdf")
    words, his, hers = sample.parts(
        "AAAA2222", letter, [Part(name, content=pdf(name), filed_name=name) for name in names]
    )
    sample.file(letter, "24-001300", "Lee Park", [words, his])
    sample.file(letter, "24-001234", "Ada Oyelaran-Whitcombe", [words, hers])
    ours = {"Lee Park": {words, his}, "Ada Oyelaran-Whitcombe": {words, hers}}
    for name, visible in (*ours.items(), ("Olu Adeyemi", {words, his, hers})):
        client = desk.signed_in(name)
        page = client.get("/p/AAAA-2222").text
        for part_id, title in zip((words, his, hers), names, strict=True):
            seen = part_id in visible
            assert (title in page) is seen
            for form in ("view", "pdf", "original"):
                answer = client.get(f"/p/AAAA-2222/documents/{part_id}/{form}")
                assert (answer.status_code == 200) is seen
        assert ("filed to another case" in page) is (len(visible) == 2)
        archive = zipfile.ZipFile(io.BytesIO(client.get("/p/AAAA-2222/documents/all").content))
        assert len(archive.namelist()) == len(visible)
    desk.close()
