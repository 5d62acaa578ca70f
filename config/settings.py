"""The settings: the typed shape of casebridge.toml. An unknown key or bad value stops the start."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

CONFIG_FOLDER = Path(__file__).parent
DEFAULT_FILE = CONFIG_FOLDER / "casebridge.toml"

_Positive = Annotated[int, Field(gt=0)]
_Port = Annotated[int, Field(ge=0, le=65535)]


class SettingsFault(Exception):
    """The settings cannot be used. `problems` names each bad key and says the fix, a line each."""

    def __init__(self, file: Path, problems: tuple[str, ...]) -> None:
        super().__init__(f"{file}: " + "; ".join(problems))
        self.file = file
        self.problems = problems


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def zone_named(name: str) -> str:
    """Return the name of a time zone. Raises ValueError where the IANA list does not have it."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("name a zone of the IANA list, such as America/New_York") from error
    return name


def _no_blank(words: tuple[str, ...]) -> tuple[str, ...]:
    if not all(word.strip() for word in words):
        raise ValueError("leave no blank one: it would be found everywhere")
    return words


class Service(_Section):
    """Who runs this gateway, as its letters and pages name them."""

    organisation: str = "Sample Mutual"
    phone: str = "+1 555 0100"
    base_url: str = "http://127.0.0.1:8080"
    time_zone: str = "America/New_York"
    calendar: str = ""
    operations_address: str = "operations@casebridge.example"

    @field_validator("operations_address")
    @classmethod
    def _one_address(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", value):
            raise ValueError("write it as name@domain")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return zone_named(value)

    @field_validator("base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^/\s]+", value):
            raise ValueError("write it as https://host or http://host:port, with no path")
        return value


class Storage(_Section):
    """Where the database and the vault live."""

    path: Path = Path("var")
    sweep_after_hours: _Positive = 24
    minimum_free_bytes: _Positive = 268435456
    # Within what a door gathers before it writes (gateway/smtp/reception.py): no more memory.
    pouch_bytes: int = Field(default=65_536, ge=0, le=262_144)


class Intake(_Section):
    """What the doors take."""

    address: str = "claims@casebridge.example"
    rehearsal: str = "try"
    max_message_bytes: _Positive = 150_000_000
    max_recipients: _Positive = 100

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


class SmtpTls(_Section):
    """TLS at the SMTP door."""

    starttls: Literal["offered", "required", "off"] = "offered"
    certificate_file: str = ""
    key_file: str = ""

    @model_validator(mode="after")
    def _key_goes_along(self) -> Self:
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file go together: set both or neither")
        return self


class Smtp(_Section):
    """The SMTP door."""

    host: str = "127.0.0.1"
    port: _Port = 2525
    hostname: str = "casebridge.example"
    max_connections: _Positive = 200
    idle_seconds: _Positive = 300
    tls: SmtpTls = SmtpTls()


class Lmtp(_Section):
    """The LMTP door, for a mail server in front."""

    socket: str = ""
    socket_group: str = ""
    host: str = ""
    port: _Port = 24

    @property
    def is_open(self) -> bool:
        """Whether it listens anywhere."""
        return bool(self.socket or self.host)


class Mailbox(_Section):
    """A mailbox on another mail server that the IMAP door reads."""

    name: str
    host: str
    port: _Port = 993
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


class Imap(_Section):
    """The IMAP door."""

    poll_seconds: _Positive = 60
    call_seconds: _Positive = 30
    retry_seconds: _Positive = 20
    piece_bytes: Annotated[int, Field(ge=1024, le=16777216)] = 1048576
    mailboxes: tuple[Mailbox, ...] = ()

    @field_validator("mailboxes")
    @classmethod
    def _names_differ(cls, value: tuple[Mailbox, ...]) -> tuple[Mailbox, ...]:
        if len({mailbox.name for mailbox in value}) < len(value):
            raise ValueError("give each mailbox a name of its own")
        return value


class Web(_Section):
    """The pages."""

    host: str = "127.0.0.1"
    port: _Port = 8080
    session_minutes: _Positive = 30
    link_minutes: _Positive = 720


class Sending(_Section):
    """Drafts of the web form, and the files that are uploaded to them."""

    max_file_bytes: _Positive = 2_147_483_648
    max_draft_bytes: _Positive = 6_442_450_944
    max_draft_files: _Positive = 300
    unproven_bytes: _Positive = 100_000_000
    draft_days: _Positive = 14
    upload_hours: _Positive = 48
    idle_seconds: _Positive = 60
    code_minutes: _Positive = 10
    code_tries: _Positive = 5
    codes_an_hour: _Positive = 5
    codes_an_hour_of_a_network: _Positive = 60
    drafts_an_hour: _Positive = 120

    @model_validator(mode="after")
    def _fit_in_each_other(self) -> Self:
        if self.max_file_bytes > self.max_draft_bytes:
            raise ValueError("a file fits in a draft: keep max_file_bytes below max_draft_bytes")
        return self


class Trust(_Section):
    """Whose mail counts as proven, and whose way back as encrypted."""

    loopback_is_proven: bool = True
    sample_accounts: bool = True


class ProofRelay(_Section):
    """A mail server in front of us whose word about a sender counts."""

    networks: tuple[str, ...] = ()
    is_lmtp: bool = False
    authserv_id: str
    hops: Annotated[int, Field(ge=1, le=10)] = 1

    @field_validator("networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                ipaddress.ip_network(one)
            except ValueError as error:
                raise ValueError("write a network as 192.0.2.0/24 or 2001:db8::/48") from error
        return value

    @field_validator("authserv_id")
    @classmethod
    def _plain_identifier(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", value):
            raise ValueError("write the first word of its Authentication-Results, a host name")
        return value

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not self.networks and not self.is_lmtp:
            raise ValueError("set networks, or is_lmtp: nobody would be this relay")
        return self


class Proof(_Section):
    """How it is proven who sent a message, before it is accepted."""

    mode: Literal["off", "mark", "enforce"] = "mark"
    nameservers: tuple[str, ...] = ()
    seconds: _Positive = 5
    max_bytes: _Positive = 33554432
    processes: _Positive = 2
    most_received: _Positive = 25
    relays: tuple[ProofRelay, ...] = ()

    @field_validator("nameservers")
    @classmethod
    def _nameservers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            nameserver(one)
        return value


def nameserver(text: str) -> tuple[str, int]:
    """Return the address and port of a name server: 192.0.2.53, 192.0.2.53:5300, [2001:db8::]:53.

    Raises ValueError.
    """
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)|([0-9a-fA-F:]+))(?::(\d{1,5}))?", text)
    host = match and next((one for one in match.groups()[:3] if one), None)
    try:
        ipaddress.ip_address(host or "")
    except ValueError as error:
        raise ValueError("write the address of a name server, such as 192.0.2.53") from error
    assert match is not None, "an address was in it"
    return host or "", int(match[4] or 53)


class Cases(_Section):
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

    @field_validator("labels", "others")
    @classmethod
    def _words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _no_blank(value)

    @model_validator(mode="after")
    def _example_fits(self) -> Self:
        try:
            fits = re.fullmatch(self.pattern, self.example)
        except re.error as error:
            raise ValueError(f"pattern is not a regular expression: {error}") from error
        if not fits:
            raise ValueError("example does not fit pattern: correct one of them")
        return self


class Urgency(_Section):
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
        return _no_blank(value)


class Directory(_Section):
    """The folder that the insurer's system exports the directory to, and what an export may do."""

    folder: str = ""
    marker: str = ""
    settled_seconds: _Positive = 30
    poll_seconds: _Positive = 30
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


class Names(_Section):
    """What the portal takes as a file name."""

    forbidden: str = "@#%<>',\""
    max_bytes: Annotated[int, Field(ge=32, le=255)] = 255


class Reading(_Section):
    """Limits on taking one message apart, in the reader's sandbox."""

    processes: _Positive = 2
    max_parts: _Positive = 1000
    max_depth: _Positive = 40
    max_header_bytes: _Positive = 262144
    max_seconds: _Positive = 60
    max_memory_bytes: _Positive = 1073741824
    open_archives: bool = True
    max_archive_members: _Positive = 500
    max_archive_bytes: _Positive = 268435456
    max_archive_ratio: _Positive = 100
    max_archive_depth: _Positive = 3


class Conversion(_Section):
    """Limits on turning one file into a PDF, in an engine's sandbox."""

    render_processes: _Positive = 2
    office_processes: _Positive = 1
    max_seconds: _Positive = 120
    max_memory_bytes: _Positive = 1610612736
    max_output_bytes: _Positive = 524288000


class Road(_Section):
    """The worker that carries letters down the road."""

    workers: _Positive = 8
    poll_seconds: Annotated[float, Field(gt=0)] = 0.05
    sweep_seconds: _Positive = 30
    max_attempts: _Positive = 5


class Triage(_Section):
    """Letters that wait for a person: how they are worked on, asked about and answered."""

    undo_seconds: _Positive = 60
    claim_minutes: _Positive = 10
    poll_seconds: Annotated[float, Field(gt=0)] = 0.2
    answer_days: _Positive = 14
    answer_tries_an_hour: _Positive = 10


class Holds(_Section):
    """Letters that wait for a person."""

    alarm_days: Annotated[tuple[_Positive, ...], Field(min_length=1)] = (3, 10)
    alarm_seconds: _Positive = 600


class Relay(_Section):
    """The mail server that takes our mails and sends them on."""

    host: str = ""
    port: _Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: str = ""
    user: str = ""
    password_file: str = ""
    seconds: _Positive = 60

    @model_validator(mode="after")
    def _password_is_safe(self) -> Self:
        if bool(self.user) != bool(self.password_file):
            raise ValueError("user and password_file go together: set both or neither")
        if self.user and self.security == "none":
            raise ValueError("a password needs security: set it to starttls or tls")
        return self


class Outbound(_Section):
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


class Receipts(_Section):
    """When a sender hears of a letter, and how often."""

    patience_seconds: _Positive = 120
    singles: _Positive = 5
    singles_minutes: _Positive = 10
    digest_minutes: _Positive = 60
    unproven_mails: _Positive = 10
    unproven_minutes: _Positive = 180


class Logs(_Section):
    """The log on standard error."""

    format: Literal["json", "console"] = "json"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """Everything that can be set. Frozen; built once, in the assembly, and handed in from there.

    An environment variable CASEBRIDGE_<SECTION>__<KEY> goes before the file.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="CASEBRIDGE_", env_nested_delimiter="__"
    )

    service: Service = Service()
    storage: Storage = Storage()
    intake: Intake = Intake()
    smtp: Smtp = Smtp()
    lmtp: Lmtp = Lmtp()
    imap: Imap = Imap()
    web: Web = Web()
    sending: Sending = Sending()
    trust: Trust = Trust()
    proof: Proof = Proof()
    cases: Cases = Cases()
    urgency: Urgency = Urgency()
    directory: Directory = Directory()
    names: Names = Names()
    reading: Reading = Reading()
    conversion: Conversion = Conversion()
    road: Road = Road()
    holds: Holds = Holds()
    triage: Triage = Triage()
    outbound: Outbound = Outbound()
    receipts: Receipts = Receipts()
    logs: Logs = Logs()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, then what `load` was given. No .env file, no secrets folder."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="after")
    def _trust_stays_on_loopback(self) -> Self:
        # Safety rules 4 and 11: what only loopback may have must not be reachable from elsewhere.
        if self.trust.loopback_is_proven and not is_loopback(self.smtp.host):
            raise ValueError(
                "trust.loopback_is_proven needs smtp.host on loopback: set it to false"
            )
        if self.trust.sample_accounts and not is_loopback(self.web.host):
            raise ValueError("trust.sample_accounts needs web.host on loopback: set it to false")
        return self


def is_loopback(host: str) -> bool:
    """Say whether an address or host name to listen on can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settings_file() -> Path:
    """Name the settings file: CASEBRIDGE_SETTINGS, else the one in config/."""
    return Path(os.environ.get("CASEBRIDGE_SETTINGS", DEFAULT_FILE))


def load(file: Path | None = None) -> Settings:
    """Read the settings file (default: `settings_file()`).

    Raises SettingsFault, naming every bad key, where it cannot be read or used.
    """
    file = file or settings_file()
    try:
        return Settings(**tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise SettingsFault(
            file, ("the file is not there: name another with --settings",)
        ) from error
    except ValidationError as error:
        raise SettingsFault(file, faults_of(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsFault(file, (f"not readable as TOML: {error}",)) from error


def faults_of(error: ValidationError) -> tuple[str, ...]:
    """Say each bad key with its fix, a line each."""
    return tuple(
        f"{'.'.join(str(step) for step in one['loc']) or 'settings'}: "
        + (
            "no such setting: remove it or correct its name"
            if one["type"] == "extra_forbidden"
            else one["msg"].removeprefix("Value error, ")
        )
        for one in error.errors()
    )
