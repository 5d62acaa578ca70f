"""The settings: the typed shape of casebridge.toml. An unknown key or bad value stops the start."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.sections.carrying import Conversion, Reading, Road, Scan
from config.sections.cases import Cases, Directory, Names, Urgency
from config.sections.devices import Devices, ListedDevice
from config.sections.house import Logs, Service, Storage
from config.sections.mail import Imap, Intake, Lmtp, Mailbox, Smtp, SmtpTls
from config.sections.section import is_loopback, zone_named
from config.sections.telling import Holds, Outbound, Receipts, Relay, Triage
from config.sections.trust import Proof, ProofRelay, Trust, nameserver
from config.sections.web import Sending, Web

# Each section by the one name that everybody knows it by.
__all__ = [
    "CONFIG_FOLDER",
    "DEFAULT_FILE",
    "Cases",
    "Conversion",
    "Devices",
    "Directory",
    "Holds",
    "Imap",
    "Intake",
    "ListedDevice",
    "Lmtp",
    "Logs",
    "Mailbox",
    "Names",
    "Outbound",
    "Proof",
    "ProofRelay",
    "Reading",
    "Receipts",
    "Relay",
    "Road",
    "Scan",
    "Sending",
    "Service",
    "Settings",
    "SettingsFault",
    "Smtp",
    "SmtpTls",
    "Storage",
    "Triage",
    "Trust",
    "Urgency",
    "Web",
    "faults_of",
    "is_loopback",
    "load",
    "nameserver",
    "settings_file",
    "zone_named",
]

CONFIG_FOLDER = Path(__file__).parent
DEFAULT_FILE = CONFIG_FOLDER / "casebridge.toml"


class SettingsFault(Exception):
    """The settings cannot be used. `problems` names each bad key and says the fix, a line each."""

    def __init__(self, file: Path, problems: tuple[str, ...]) -> None:
        super().__init__(f"{file}: " + "; ".join(problems))
        self.file = file
        self.problems = problems


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
    devices: Devices = Devices()
    cases: Cases = Cases()
    urgency: Urgency = Urgency()
    directory: Directory = Directory()
    names: Names = Names()
    reading: Reading = Reading()
    scan: Scan = Scan()
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


def settings_file() -> Path:
    """Name the settings file: CASEBRIDGE_SETTINGS, else the one in config/."""
    return Path(os.environ.get("CASEBRIDGE_SETTINGS", DEFAULT_FILE))


def load(file: Path | None = None) -> Settings:
    """Read the settings file (default: `settings_file()`).

    Raises SettingsFault, naming every bad key, where it cannot be read or used.
    """
    file = file or settings_file()
    if strange := _no_section(os.environ):
        raise SettingsFault(file, strange)
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
        + _from_where(one["loc"])
        for one in error.errors()
    )


def _no_section(environment: Iterable[str]) -> tuple[str, ...]:
    """Name the variables of sections that there are not: nobody would read them."""
    sections = tuple(f"CASEBRIDGE_{name.upper()}__" for name in Settings.model_fields)
    return tuple(
        f"{one}: there is no such section: remove the environment variable, or correct its name"
        for one in sorted(environment)
        if one.startswith("CASEBRIDGE_") and "__" in one and not one.upper().startswith(sections)
    )


def _from_where(steps: tuple[int | str, ...]) -> str:
    """Name the environment variable that a bad value came from, where one goes before the file."""
    variable = "CASEBRIDGE_" + "__".join(str(step).upper() for step in steps[:2])
    return f" (the environment variable {variable} sets it)" if variable in os.environ else ""
