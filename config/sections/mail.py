"""The doors for mail: whose addresses are ours, and where they listen."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from config.sections.section import Port, Positive, Section, is_loopback


class Intake(Section):
    """What the doors take."""

    address: str = "claims@casebridge.example"
    rehearsal: str = "try"
    max_message_bytes: Positive = 150_000_000
    max_recipients: Positive = 100
    import_ahead: Positive = 500

    @field_validator("address")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9._-]+@[a-z0-9.-]+", value):
            raise ValueError("write it in lower case as name@domain, without a plus tag")
        return value

    @field_validator("rehearsal")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", value):
            raise ValueError("write the name before the @ alone, in lower case, such as try")
        return value

    @model_validator(mode="after")
    def _rehearsal_is_another(self) -> Self:
        if self.rehearsal in {self.mailbox, "postmaster", "bounce"}:
            raise ValueError("rehearsal is taken for another mailbox: choose another name")
        return self

    @property
    def rehearsal_address(self) -> str:
        """The address that answers with the receipt that would have been sent."""
        return f"{self.rehearsal}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """The part before the @."""
        return self.address.partition("@")[0]

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.address.partition("@")[2]


class SmtpTls(Section):
    """TLS at the SMTP door."""

    starttls: Literal["offered", "required", "off"] = "offered"
    certificate_file: str = ""
    key_file: str = ""

    @model_validator(mode="after")
    def _key_goes_along(self) -> Self:
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file go together: set both or neither")
        return self


class Smtp(Section):
    """The SMTP door."""

    host: str = "127.0.0.1"
    port: Port = 2525
    hostname: str = "casebridge.example"
    max_connections: Positive = 200
    max_connections_of_client: Positive = 50
    idle_seconds: Positive = 300
    tls: SmtpTls = SmtpTls()


class Lmtp(Section):
    """The LMTP door, for a mail server in front."""

    socket: str = ""
    socket_group: str = ""
    host: str = ""
    port: Port = 24

    @property
    def is_open(self) -> bool:
        """Whether it listens anywhere."""
        return bool(self.socket or self.host)


class Mailbox(Section):
    """A mailbox on another mail server that the IMAP door reads."""

    name: str
    host: str
    port: Port = 993
    security: Literal["tls", "none"] = "tls"
    ca_file: str = ""
    user: str
    password_file: str = ""
    token_file: str = ""
    folder: str = "INBOX"
    taken_folder: str = "Casebridge-Taken"
    failed_folder: str = "Casebridge-Failed"
    is_trusted: bool = False

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
            raise ValueError("write it in small letters, digits and _, such as claims_boston")
        return value

    @field_validator("user", "folder", "taken_folder", "failed_folder")
    @classmethod
    def _printable(cls, value: str) -> str:
        # What ends a line or is not ASCII cannot stand in a command (RFC 3501, 9).
        if not value or not value.isascii() or not value.isprintable():
            raise ValueError("write it in printable ASCII; a folder in modified UTF-7 (RFC 3501)")
        return value

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if bool(self.password_file) == bool(self.token_file):
            raise ValueError("set password_file or token_file, one of the two")
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError("security none is for a host on loopback alone: set it to tls")
        if len({self.folder, self.taken_folder, self.failed_folder}) < 3:
            raise ValueError("folder, taken_folder and failed_folder are three folders")
        return self


class Imap(Section):
    """The IMAP door."""

    poll_seconds: Positive = 60
    call_seconds: Positive = 30
    retry_seconds: Positive = 20
    piece_bytes: Annotated[int, Field(ge=1024, le=16777216)] = 1048576
    mailboxes: tuple[Mailbox, ...] = ()

    @field_validator("mailboxes")
    @classmethod
    def _names_differ(cls, value: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        if len({mailbox.name for mailbox in value}) < len(value):
            raise ValueError("give each mailbox a name of its own")
        return value
