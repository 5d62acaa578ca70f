"""Who is told, by which way, how often, and how long people have."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.sections.section import Port, Positive, Section


class Triage(Section):
    """Letters that wait for a person: how they are worked on, asked about and answered."""

    undo_seconds: Positive = 60
    claim_minutes: Positive = 10
    poll_seconds: Annotated[float, Field(gt=0)] = 0.2
    answer_days: Positive = 14
    answer_tries_an_hour: Positive = 10


class Holds(Section):
    """Letters that wait for a person."""

    alarm_days: Annotated[tuple[Positive, ...], Field(min_length=1)] = (3, 10)
    alarm_seconds: Positive = 600


class Relay(Section):
    """The mail server that takes our mails and sends them on."""

    host: str = ""
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    user: str = ""
    password_file: str = ""
    seconds: Positive = 60

    @model_validator(mode="after")
    def _password_is_safe(self) -> Self:
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file go together: set both or neither")
        if self.user and self.security == "none":
            raise ValueError("a password needs security: set it to starttls or tls")
        return self


class Outbound(Section):
    """How receipts and notices leave: as .eml files in a folder below storage.path, or by relay."""

    delivery: Literal["folder", "relay"] = "folder"
    folder: str = "outbox"
    poll_seconds: Annotated[float, Field(gt=0)] = 0.5
    relay: Relay = Relay()

    @model_validator(mode="after")
    def _relay_is_named(self) -> Self:
        if self.delivery == "relay" and not self.relay.host:
            raise ValueError("delivery by relay needs relay.host: name your mail server")
        return self

    @property
    def is_encrypted(self) -> bool | None:
        """Whether the way back is encrypted as far as we see; None where it is our own folder."""
        return None if self.delivery == "folder" else self.relay.security != "none"


class Receipts(Section):
    """When a sender hears of a letter, and how often."""

    patience_seconds: Positive = 120
    singles: Positive = 5
    singles_minutes: Positive = 10
    digest_minutes: Positive = 60
    unproven_mails: Positive = 10
    unproven_minutes: Positive = 180
    proven_mails: Positive = 30
    proven_minutes: Positive = 60
    repeats: Annotated[int, Field(ge=2)] = 3
    repeats_minutes: Positive = 15
    repeats_hours: Positive = 24
