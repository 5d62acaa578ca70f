"""Paper: the receipt as a PDF that a screen reader can read, made once and in nobody's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdf
import pytest

from config.settings import Service
from converters.workshop import Workshop
from gateway.moving.checkpoints import Kept
from gateway.paper import Paper
from gateway.stores import Stores
from gateway.telling.receipt import receipt
from portal.web.desk import NotPrinted
from tests.carrying import NOW
from tests.packages import part
from tests.test_gateway_telling_receipt import filed

pytestmark = pytest.mark.slow


@pytest.fixture
def paper(workshop: Workshop, stores: Stores, tmp_path: Path) -> Paper:
    return Paper(workshop, Kept(stores.database, stores.vault, lambda: NOW), tmp_path / "paper")


def test_the_receipt_is_a_tagged_pdf_with_its_words_title_and_language(
    paper: Paper, stores: Stores
) -> None:
    mail = receipt(filed(part("2", "Smith #2.pdf", "Smith 2.pdf")), "7KQ4M2XD", Service())
    assert mail.html is not None
    made = paper(mail.html, mail.subject, "Receipt 7KQ4-M2XD.pdf")
    with stores.vault.open(made.sha256) as content:
        document = pypdf.PdfReader(content)
        root: dict[str, Any] = dict(document.root_object)
        assert root["/MarkInfo"].get_object() == {"/Marked": True}
        assert "/StructTreeRoot" in root
        assert root["/Lang"] == "en"
        assert document.metadata is not None
        assert document.metadata.title == mail.subject
        said = " ".join("".join(page.extract_text() for page in document.pages).split()).casefold()
    for line in mail.text.splitlines():
        for word in line.split():
            assert word.strip('".:').casefold() in said or word.startswith("http"), word
    assert paper(mail.html, mail.subject, "x.pdf").sha256 == made.sha256, "made once"


def test_where_others_print_for_long_it_says_so(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.paper._PATIENCE_SECONDS", 0.05)
    with paper._turn, pytest.raises(NotPrinted):
        paper("<p>x</p>", "x", "x.pdf")


def test_what_the_engine_cannot_print_is_said(paper: Paper) -> None:
    with pytest.raises(NotPrinted):
        paper("x" * 9_000_000, "x", "x.pdf")
