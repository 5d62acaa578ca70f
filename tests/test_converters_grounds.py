"""Why a file is taken for its type: what showed it, what speaks against it, what else it is."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from config.media import catalogue
from converters.claims import Claims
from converters.detect import Detected, detect
from converters.grounds import By, Grounds
from tests.outlook_files import Attachment, Message, compound, msg, named, tnef, words
from tests.test_converters_detect import DOCX, a_docx, a_pdf, a_program, a_zip, an_image, of

OCTETS = "application/octet-stream"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENCRYPTED = compound({"EncryptedPackage": bytes(9000), "EncryptionInfo": bytes(200)})
KINDS = ("office", "images", "pdf", "text")


def a_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("report.pdf")
        content = a_pdf()
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def a_stored_zip(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def with_odd_types() -> bytes:
    """Return a workbook whose list of types says of an ending, first, that it is another one."""
    return a_zip({
        "[Content_Types].xml": (
            b'<Types><Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary'
            b'.macroEnabled.main"/><Override PartName="/wtf/workbook.xml" ContentType="application/'
            b'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
        ),
        "wtf/workbook.xml": b"<workbook/>",
    })  # fmt: skip


@pytest.mark.parametrize(
    ("content", "declared", "name", "media_type", "grounds"),
    [
        (a_pdf(), "application/pdf", "a.pdf", "application/pdf", Grounds()),
        (a_pdf(), "image/jpg", "a.pdf", "application/pdf", Grounds(against=("declared",))),
        (a_pdf(), OCTETS, "a.docx", "application/pdf", Grounds(against=("name",))),
        (a_pdf(), DOCX, "a.jpeg", "application/pdf", Grounds(against=("declared", "name"))),
        (a_docx(), OCTETS, "a.docx", DOCX, Grounds(By.STRUCTURE)),
        (a_docx(), "application/zip", "a", DOCX, Grounds(By.STRUCTURE, ("declared",))),
        (with_odd_types(), OCTETS, "a.xlsx", XLSX, Grounds(By.STRUCTURE)),
        (ENCRYPTED, OCTETS, "a.docx", DOCX, Grounds(By.NAME)),
        (ENCRYPTED, OCTETS, "a", "application/encrypted", Grounds(By.STRUCTURE)),
        (b"a,b\n1,2\n", OCTETS, "a.csv", "text/csv", Grounds(By.NAME)),
        (b"a,b\n1,2\n", "text/csv", "a.txt", "text/csv", Grounds(By.DECLARED)),
        (b"words\n", "image/png", "a.png", "text/plain", Grounds(against=("declared", "name"))),
        (a_program(), "application/pdf", "a.pdf",
         "application/vnd.microsoft.portable-executable", Grounds(against=("declared", "name"))),
        (an_image("JPEG"), "image/pjpeg", "a.jpe", "image/jpeg", Grounds()),
        (b"junk\x00\xff" * 9 + a_zip({"a.txt": b"words"}), OCTETS, "a.zip", "application/zip",
         Grounds(By.STRUCTURE)),
        (a_zip({"Index/Document.iwa": b"x", "Metadata/P.plist": b"x"}), OCTETS, "a.pages",
         "application/vnd.apple.pages", Grounds(By.NAME)),
        (a_zip({"index.apxl": b"x"}), OCTETS, "a", "application/vnd.apple.keynote",
         Grounds(By.STRUCTURE)),
        (compound({"VisioDocument": bytes(5000)}), OCTETS, "a.vsd", "application/vnd.visio",
         Grounds(By.STRUCTURE)),
        (msg(Message(words("s", "b"))), OCTETS, "a.doc", "application/vnd.ms-outlook",
         Grounds(By.STRUCTURE, ("name",))),
        (msg(Message(words("s", "b")))[:1200], OCTETS, "a.msg", "application/vnd.ms-outlook",
         Grounds(By.NAME)),
        (tnef(Message(words("s", "b"), attachments=[Attachment(named("a.pdf"), a_pdf())])),
         OCTETS, "winmail.dat", "application/vnd.ms-tnef", Grounds()),
        (a_tar(), OCTETS, "a.tar", "application/x-tar", Grounds()),
    ],
)  # fmt: skip
def test_what_showed_a_type_and_what_speaks_against_it(
    tmp_path: Path, content: bytes, declared: str, name: str, media_type: str, grounds: Grounds
) -> None:
    found = of(tmp_path, content, name, declared)
    assert (found.media_type, found.grounds) == (media_type, grounds)
    assert "polyglot" not in found.flags


PAGE = b"<html><body>" + b"words " * 20 + b"</body></html>\n"
GIF = an_image("GIF")


@pytest.mark.parametrize(
    ("content", "media_type", "also"),
    [
        (a_pdf() + a_zip({"a.txt": b"words"}), "application/pdf", "application/zip"),
        (PAGE + a_pdf(), "application/pdf", "text/html"),
        (GIF[:6] + b"/*" + GIF[8:] + b"*/=1;alert(1)", "image/gif", "text/javascript"),
        (an_image("JPEG") + a_zip({"a.txt": b"words"}), "image/jpeg", "application/zip"),
        (GIF[:-1] + b"<script>alert(1)</script>;", "image/gif", "text/html"),
        (a_stored_zip("a.txt", b"words\n" + a_pdf()), "application/zip", "application/pdf"),
        (a_stored_zip("report.pdf", a_pdf()), "application/zip", None),
    ],
)
def test_a_polyglot_is_named(
    tmp_path: Path, content: bytes, media_type: str, also: str | None
) -> None:
    found = of(tmp_path, content)
    assert (found.media_type, found.grounds.also) == (media_type, also)
    assert ("polyglot" in found.flags) == (also is not None)


@pytest.mark.corpus
@pytest.mark.skipif("CASEBRIDGE_CORPUS" not in os.environ, reason="CASEBRIDGE_CORPUS is not set")
def test_extensions_that_speak_against_what_was_found() -> None:
    """Each is printed with what was found by what; a file of office, image or PDF is never data."""
    corpus = Path(os.environ["CASEBRIDGE_CORPUS"])
    files = [file for kind in KINDS for file in sorted((corpus / kind).iterdir())]
    against: dict[str, Detected] = {}
    for file in files:
        found = detect(file, OCTETS, file.name)
        if "name" in found.grounds.against:
            against[file.name] = found
        row = Claims.of(OCTETS, file.name)
        known = {one.extension for one in catalogue().types.values() if one.engine == "image"}
        if row.extension in known | {".pdf"}:
            assert found.media_type != OCTETS, file.name
    print(f"{len(files)} files, {len(against)} under an extension that is not theirs")
    for name, found in against.items():
        print(f"  {name}: {found.media_type} by {found.grounds.by} {sorted(found.flags)}")
    assert {name: found.media_type for name, found in against.items()} == AGAINST


# Right by their bytes, each of them.
AGAINST = {
    # A workbook with macros that was renamed.
    "ArkCase__office__excel_2.xls": "application/vnd.ms-excel.sheet.macroEnabled.12",
    # DisplayWrite, of 1984: no program of today reads it, and its ending is Word's.
    "format-corpus__IBM_DisplayWrite__testIBMDisplayWrite40.doc": "application/octet-stream",
    "textract__tiff__raw_text.tiff": "image/png",
    # A graph's description in words; Word's templates have the same ending.
    "tika__test-documents__testGRAPHVIZdc.dot": "text/plain",
}
