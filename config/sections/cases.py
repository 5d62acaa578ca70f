"""Case numbers, names, what is urgent, and the directory that they are looked up in."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from config.sections.section import Positive, Section, no_blank


class Cases(Section):
    """What a case number of ours looks like, and the words people write before one."""

    pattern: str = r"\d{2}-\d{6}"
    example: str = "24-001234"
    labels: tuple[str, ...] = (
        "case",
        "case no",
        "case number",
        "claim",
        "claim no",
        "claim number",
        "our file",
        "your file",
        "file no",
        "your ref",
        "our ref",
        "claim ref",
        "claim id",
        "aktenzeichen",
        "ihr zeichen",
        "schaden",
        "schadennummer",
        "schadensnummer",
        "sinistre",
        "siniestro",
        "sinistro",
        "expediente",
        "dossier",
        "schadenummer",
    )
    others: tuple[str, ...] = (
        "other carrier",
        "other insurer",
        "co-carrier",
        "excess carrier",
        "excess insurer",
        "primary carrier",
        "reinsurer",
        "co-defendant",
        "codefendant",
        "co-defendant's carrier",
        "codefendant's carrier",
        "medicare",
        "medicaid",
        "workers' compensation",
        "workers' comp",
    )
    legal_holds: tuple[str, ...] = ()

    @field_validator("labels", "others")
    @classmethod
    def _words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return no_blank(value)

    @model_validator(mode="after")
    def _example_fits(self) -> Self:
        try:
            fits = re.fullmatch(self.pattern, self.example)
        except re.error as error:
            raise ValueError(f"pattern is not a regular expression: {error}") from error
        if not fits:
            raise ValueError("example does not fit pattern: correct one of them")
        for number in self.legal_holds:
            if not re.fullmatch(self.pattern, number):
                raise ValueError(f"legal_holds names '{number}', which does not fit pattern")
        return self


class Urgency(Section):
    """What makes a package look urgent: a suggestion, never a decision."""

    words: tuple[str, ...] = (
        "time limit demand",
        "time-limited demand",
        "policy limits demand",
        "summons",
        "subpoena",
        "respond by",
        "response due",
        "answer due",
        "deadline",
        "statute of limitations",
        "fristsache",
        "fristablauf",
        "eilt",
    )
    importance_headers: bool = True

    @field_validator("words")
    @classmethod
    def _words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return no_blank(value)


class Directory(Section):
    """The folder that the insurer's system exports the directory to, and what an export may do."""

    folder: str = ""
    marker: str = ""
    settled_seconds: Positive = 30
    poll_seconds: Positive = 30
    at: str = ""
    max_removed_percent: Annotated[int, Field(ge=0, le=100)] = 20

    @field_validator("at")
    @classmethod
    def _time_of_day(cls, value: str) -> str:
        if value and not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("write it as 02:30, or leave it empty")
        return value

    @field_validator("marker")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if "/" in value or value in {".", ".."}:
            raise ValueError("write the name of a file in the folder, without a path")
        return value


class Names(Section):
    """What the portal takes as a file name."""

    forbidden: str = "@#%<>',\""
    max_bytes: Annotated[int, Field(ge=32, le=255)] = 255
