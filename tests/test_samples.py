"""The sample letters are what the first run promises: real files, and every fault once."""

from __future__ import annotations

import io
import zipfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pikepdf
import pillow_heif
import pytest
from PIL import Image

from samples.make import FOLDER, INTAKE

SAMPLES = sorted(FOLDER.glob("*.eml"))


def read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=default)


MESSAGES = {path.stem: read(path) for path in SAMPLES}


def files(ending: str) -> list[bytes]:
    return [
        cast("bytes", part.get_payload(decode=True))
        for message in MESSAGES.values()
        for part in message.walk()
        if (part.get_filename() or "").lower().endswith(ending)
    ]


def subject_and_words(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return f"{message['Subject']}\n{body.get_content()}"


def test_there_are_at_least_eight_and_they_are_plain_mail() -> None:
    assert len(SAMPLES) >= 8
    for path, message in zip(SAMPLES, MESSAGES.values(), strict=True):
        assert b"\n" not in path.read_bytes().replace(b"\r\n", b""), "line ends as on the wire"
        assert message["To"] == INTAKE
        assert message["From"].addresses[0].domain.endswith(".example")
        assert not message.defects


def test_the_pdfs_open() -> None:
    assert files(".pdf")
    for content in files(".pdf"):
        with pikepdf.open(io.BytesIO(content)) as pdf:
            assert pdf.pages


def test_the_word_and_opendocument_files_are_real() -> None:
    (word,), (text,) = files(".docx"), files(".odt")
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(word)).namelist()
    kind = zipfile.ZipFile(io.BytesIO(text)).read("mimetype")
    assert kind == b"application/vnd.oasis.opendocument.text"


def test_one_photograph_is_a_heic_and_one_lies_on_its_side() -> None:
    (heic,), (jpeg,) = files(".heic"), files(".jpg")
    assert pillow_heif.open_heif(io.BytesIO(heic)).size[0] > 0
    assert Image.open(io.BytesIO(jpeg)).getexif()[0x0112] == 6


def test_a_forwarded_message_holds_an_attachment() -> None:
    forwarded = [
        part
        for message in MESSAGES.values()
        for part in message.walk()
        if part.get_content_type() == "message/rfc822"
    ]
    assert any(part.get_filename() for part in forwarded[0].walk())


@pytest.mark.parametrize("character", list("@#%<>',\""))
def test_a_name_holds(character: str) -> None:
    names = [part.get_filename() or "" for message in MESSAGES.values() for part in message.walk()]
    assert any(character in name for name in names)


def test_a_body_has_1_500_characters() -> None:
    bodies = [message.get_body(("plain",)) for message in MESSAGES.values()]
    lengths = [len(body.get_content().strip()) for body in bodies if body is not None]
    assert 1_500 <= max(lengths) < 1_600


def test_one_case_is_unknown_and_one_letter_names_two() -> None:
    texts = list(map(subject_and_words, MESSAGES.values()))
    assert any("24-999999" in text for text in texts)
    assert any("24-001234" in text and "24-001240" in text for text in texts)


def test_a_signature_logo_and_a_program() -> None:
    (message,) = (
        one for one in MESSAGES.values() if any(p.get_filename() == "logo.png" for p in one.walk())
    )
    (logo,) = (part for part in message.walk() if part.get_filename() == "logo.png")
    shown = message.get_body(("html",))
    assert shown is not None
    assert f"cid:{str(logo['Content-ID']).strip('<>')}" in shown.get_content()
    assert any(content.startswith(b"MZ") for content in files(".exe"))
