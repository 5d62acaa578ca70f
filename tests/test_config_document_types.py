"""The kinds of document: read strictly, and guessed from names as firms write them."""

from __future__ import annotations

import pytest

from config.document_types import DocumentTypesFault, document_types, read


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("Smith deposition #2 (final).pdf", "Deposition or transcript"),
        ("MedicalRecords_2024.pdf", "Medical records"),
        ("IMG_0042.HEIC", "Photograph or video"),
        ("ER-X-ray left.dcm", "Medical records"),
        ("UB-04 May.pdf", "Medical bill"),
        ("interrogatories.docx", "Discovery"),
        ("HIPAA authorization", "Authorization"),
        ("scan014.pdf", None),
        ("ordering.pdf", None),
        ("", None),
    ],
)
def test_a_type_is_guessed_from_whole_words(name: str, guess: str | None) -> None:
    assert document_types().guess(name) == guess


@pytest.mark.parametrize(
    "text", ["", '[a]\nwords = "b"', "[a]\nwords = []\nmore = 1", '[a]\nwords = ["B"]', "[a]"]
)
def test_a_list_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(DocumentTypesFault):
        read(text)
