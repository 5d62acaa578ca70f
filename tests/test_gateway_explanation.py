"""The JSON contract of `casebridge explain`, docs/rules.md, "What stays stable"."""

from __future__ import annotations

import json

from converters.grounds import By, Grounds
from gateway.explanation import explanation, grounds
from gateway.road.package import (
    Candidate,
    Fate,
    Forwarded,
    Pdf,
    Resolution,
    Seen,
    SetApart,
    Trouble,
)
from gateway.telling.mail import Mail
from tests.packages import DOCX, SHA256, package, part


def test_what_was_passed_on_says_by_whom_and_that_it_is_not_proven() -> None:
    passed_on = Forwarded(
        by="Dana Reyes",
        address="dana@mutual.example",
        how="inline",
        sender="pat@bakerllp.example",
        firm_id=1,
        firm_name="Baker LLP",
    )
    trail = explanation(package(forwarded=passed_on), Mail("Filed", "We received"))
    assert trail["forwarded"] == {
        "said": "forwarded by Dana Reyes, not proven",
        "by": "Dana Reyes",
        "address": "dana@mutual.example",
        "how": "inline",
        "sender": "pat@bakerllp.example",
        "firm": "Baker LLP",
        "message_id": None,
    }
    assert "forwarded" not in explanation(package(), Mail("Filed", "We received"))


def test_the_trail_has_exactly_the_fields_of_the_contract() -> None:
    trail = explanation(
        package(
            part(
                "2", "notes.docx", DOCX, filed_name="notes.docx", pdf=Pdf(1, "ef", 3, 900, "x", ())
            ),
            part("3", "a.exe", fate=Fate.REFUSED, reason="file_type_blocked", container="2"),
            set_apart=(SetApart("signature", "Regards,\nPat"),),
            elsewhere=(Seen("dropbox", "content_is_a_link", "www.dropbox.com/s/a", 2),),
            narrative="word " * 150,
            narrative_overflow=True,
            troubles=(Trouble("case_closed"), Trouble("document_names_other_case", {}, "2")),
            resolution=Resolution(
                case_number="24-001234",
                found_in="subject",
                consultant_name="Dana Reyes",
                how="case",
                candidates=(Candidate("24\u2013001234", "24-001234", "subject", "It was taken."),),
            ),
        ),
        Mail("Filed", "We received"),
    )
    assert len(trail.pop("narrative")) <= 500
    assert trail == {
        "message_id": "<1@bakerllp.example>",
        "sender": {
            "header_from": "Pat Ames <pat@bakerllp.example>",
            "envelope_from": "pat@bakerllp.example",
            "proof": "loopback",
        },
        "subject": "Report",
        "narrative_overflow": True,
        "message_pdf": False,
        "case": {
            "number": "24-001234",
            "found_in": "subject",
            "candidates": [
                {
                    "text": "24\u2013001234",
                    "number": "24-001234",
                    "found_in": "subject",
                    "why": "It was taken.",
                }
            ],
        },
        "consultant": {"name": "Dana Reyes", "how": "case"},
        "urgent": None,
        "set_apart": [{"what": "signature", "characters": 12, "begins": "Regards, Pat"}],
        "elsewhere": [
            {
                "rule": "dropbox",
                "problem": "content_is_a_link",
                "seen": "www.dropbox.com/s/a",
                "n": 2,
            }
        ],
        "problems": ["case_closed", "document_names_other_case", "file_type_blocked"],
        "parts": [
            {
                "path": "2",
                "original_name": "notes.docx",
                "filed_name": "notes.pdf",
                "declared_type": DOCX,
                "detected_type": DOCX,
                "bytes": 1000,
                "sha256": SHA256,
                "fate": "converted",
                "reason": None,
                "pdf": {"pages": 3, "bytes": 900},
                "container": None,
            },
            {
                "path": "3",
                "original_name": "a.exe",
                "filed_name": None,
                "declared_type": "application/pdf",
                "detected_type": "application/pdf",
                "bytes": 1000,
                "sha256": SHA256,
                "fate": "refused",
                "reason": "file_type_blocked",
                "pdf": None,
                "container": "2",
            },
        ],
        "receipt": {"subject": "Filed", "text": "We received"},
    }
    json.dumps(trail)


def test_an_engineer_reads_what_showed_a_type_and_what_speaks_against_it() -> None:
    plain = part("2", "a.docx", DOCX, grounds=Grounds(By.STRUCTURE))
    assert grounds(plain) == f"{DOCX} by what is in it"
    odd = part(
        "3",
        "a.jpg",
        declared_type="image/jpeg",
        detected_type="application/pdf",
        grounds=Grounds(By.BYTES, ("declared", "name"), "application/zip"),
        flags=frozenset({"polyglot", "words"}),
    )
    assert grounds(odd) == (
        "application/pdf by its bytes, against its declared type (image/jpeg), against its name, "
        "valid as application/zip too [polyglot]"
    )
