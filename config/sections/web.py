"""The pages, and the form behind them."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from config.sections.section import Port, Positive, Section


class Web(Section):
    """The pages."""

    host: str = "127.0.0.1"
    port: Port = 8080
    session_minutes: Positive = 30
    link_minutes: Positive = 720


class Sending(Section):
    """Drafts of the web form, and the files that are uploaded to them."""

    max_file_bytes: Positive = 2_147_483_648
    max_draft_bytes: Positive = 25_769_803_776
    max_draft_files: Positive = 300
    unproven_bytes: Positive = 100_000_000
    draft_days: Positive = 14
    upload_hours: Positive = 48
    idle_seconds: Positive = 60
    code_minutes: Positive = 10
    code_tries: Positive = 5
    codes_an_hour: Positive = 5
    codes_an_hour_of_a_network: Positive = 60
    drafts_an_hour: Positive = 120
    link_days: Positive = 14

    @model_validator(mode="after")
    def _fit_in_each_other(self) -> Self:
        if self.max_file_bytes > self.max_draft_bytes:
            raise ValueError("a file fits in a draft: keep max_file_bytes below max_draft_bytes")
        return self
