"""What the office engine may see: no declaration gets past, however it is put."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from converters import admission
from converters.fault import Damaged, NotTheType, TooLarge
from tests.outlook_files import compound
from tests.test_converters_detect import DOCX, a_docx, a_zip

ENTITIES = '<!DOCTYPE x [<!ENTITY e "words">]>'
MEMBERS = {"word/document.xml": b"<w:document/>", "word/empty.xml": b"", "word/a.png": b"\x89PNG"}


def look_at(tmp_path: Path, members: dict[str, bytes]) -> None:
    (tmp_path / "source").write_bytes(a_zip(members))
    admission._unpacks_safely(tmp_path / "source")


def test_an_honest_document_is_admitted(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(a_docx())
    descriptor = os.open(tmp_path / "source", os.O_RDONLY)
    assert admission.admit(descriptor, DOCX, tmp_path) == {"warnings": []}
    look_at(tmp_path, MEMBERS)
    look_at(tmp_path, {"Basic/M.xml": b'<!DOCTYPE m PUBLIC "-//O//DTD O 1.0//EN" "m.dtd"><m/>'})


def test_a_document_that_ends_in_another_is_no_archive(tmp_path: Path) -> None:
    broken = a_zip({"word/document.xml": b"<w:document/>"}).replace(b"PK\1\2", b"PK\7\7")
    (tmp_path / "source").write_bytes(compound({"WordDocument": bytes(5000) + broken}))
    descriptor = os.open(tmp_path / "source", os.O_RDONLY)
    assert admission.admit(descriptor, "application/msword", tmp_path) == {"warnings": []}


@pytest.mark.parametrize("name", ["word/document.xml", "_rels/.rels", "word/main.bin", "xl/a.vml"])
@pytest.mark.parametrize(
    "content",
    [
        (ENTITIES + "<a>&e;</a>").encode(),
        f"<!--{'x' * 300_000}-->{ENTITIES}<a/>".encode(),
        f"{' ' * 300_000}{ENTITIES}<a/>".encode(),
        f"<?x {'y' * 300_000}?>{ENTITIES}<a/>".encode(),
        (ENTITIES + "<a/>").encode("utf-16"),
        f'<?xml version="1.0" encoding="UTF-16"?>{ENTITIES}<a/>'.encode("utf-16-be"),
        b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x [+ADwAIQ-ENTITY e "w">]><a/>',
        b'<!DOCTYPE x [<!ATTLIST a b CDATA "words">]><a/>',
        b"<not XML",
    ],
    ids=range(9),
)
def test_declarations_are_found_wherever_they_stand(
    tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(NotTheType):
        look_at(tmp_path, {**MEMBERS, name: content})


@pytest.mark.slow
def test_a_flood_under_any_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        look_at(tmp_path, {"word/main.bin": b"<a>" + b" " * (201 << 20)})
    with pytest.raises(TooLarge):
        look_at(tmp_path, {f"{number}.txt": b"" for number in range(20_001)})


def test_a_member_that_does_not_unpack_is_damage(tmp_path: Path) -> None:
    broken = bytearray(a_zip({"a.xml": b"<!-- " + os.urandom(900)}))
    broken[60:600] = b"\xff" * 540
    (tmp_path / "source").write_bytes(broken)
    with pytest.raises(Damaged):
        admission._unpacks_safely(tmp_path / "source")
