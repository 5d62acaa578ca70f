"""Exports of a sample record: the four files, as the insurer's system would write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HEADERS = {
    "consultants.csv": "email,name,cover_email,cover_from,cover_until",
    "firms.csv": "firm,office,identifier_type,identifier",
    "cases.csv": "number,state,consultant_email,restricted",
    "rights.csv": "firm,case_number,from,until",
}
NAMES = {
    "dana": "Dana Reyes",
    "lee": "Lee Park",
    "ada": "Ada Oyelaran-Whitcombe",
}


def export(folder: Path, cases: Mapping[str, str]) -> Path:
    """Write an export: the consultants of `tests.record_sample`, and cases with whose they are."""
    folder.mkdir(exist_ok=True)
    lines = {
        "consultants.csv": [f"{one}@sample.example,{name},,," for one, name in NAMES.items()],
        "firms.csv": ["Baker & Holt LLP,,mail domain,bakerholt.example"],
        "cases.csv": [
            f"{number},open,{whose}@sample.example," if whose else f"{number},open,,"
            for number, whose in cases.items()
        ],
        "rights.csv": [f"Baker & Holt LLP,{number},," for number in cases],
    }
    for file, header in HEADERS.items():
        (folder / file).write_text("\n".join([header, *lines[file], ""]))
    return folder
