"""The name of a document's PDF."""

from __future__ import annotations

import pytest

from portal.pdf_name import pdf_name, split


@pytest.mark.parametrize(
    ("filed", "stem", "extension"),
    [
        ("notes.docx", "notes", ".docx"),
        ("Smith v. Jones", "Smith v. Jones", ""),
        ("a.b.JPEG", "a.b", ".JPEG"),
        ("README", "README", ""),
        (".pdf", ".pdf", ""),
        ("a.", "a.", ""),
        ("x.morethantenletters", "x.morethantenletters", ""),
        ("文件.heic", "文件", ".heic"),
    ],
)
def test_the_stem_is_the_documents_own(filed: str, stem: str, extension: str) -> None:
    assert split(filed) == (stem, extension)
    assert pdf_name(filed) == f"{stem}.pdf"
