"""The settings: the file is the manual, and what is wrong in it is said with its fix."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from config.settings import (
    DEFAULT_FILE,
    Mailbox,
    Settings,
    SettingsFault,
    is_loopback,
    load,
    nameserver,
)

MAILBOX = """
[[imap.mailboxes]]
name = "claims"
host = "imap.example.com"
user = "claims@example.com"
password_file = "/etc/casebridge/claims-password"
"""


RELAY = """
[[proof.relays]]
authserv_id = "mx.example.com"
"""


def test_the_relay_in_the_settings_file_is_one_with_every_key(tmp_path: Path) -> None:
    written = DEFAULT_FILE.read_text()
    start = written.index("# [[proof.relays]]")
    block = written[start : written.index("\n\n", start)]
    file = tmp_path / "casebridge.toml"
    file.write_text("\n".join(line.removeprefix("# ") for line in block.splitlines()))
    (keys,) = tomllib.loads(file.read_text())["proof"]["relays"]
    (relay,) = load(file).proof.relays
    assert keys == relay.model_dump(mode="json")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5300", ("192.0.2.53", 5300)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5300", ("2001:db8::53", 5300)),
    ],
)
def test_a_name_server(text: str, place: tuple[str, int]) -> None:
    assert nameserver(text) == place


def test_the_mailbox_in_the_settings_file_is_a_mailbox_with_every_key(tmp_path: Path) -> None:
    written = DEFAULT_FILE.read_text()
    start = written.index("# [[imap.mailboxes]]")
    block = written[start : written.index("\n\n", start)]
    file = tmp_path / "casebridge.toml"
    file.write_text("\n".join(line.removeprefix("# ") for line in block.splitlines()))
    keys = tomllib.loads(file.read_text())["imap"]["mailboxes"][0]
    (mailbox,) = load(file).imap.mailboxes
    # Beside what has to be said, each key stands there with its default.
    assert keys == mailbox.model_dump()
    assert keys | Mailbox(**tomllib.loads(MAILBOX)["imap"]["mailboxes"][0]).model_dump() == keys


def test_the_settings_file_is_the_typed_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    written = tomllib.loads(DEFAULT_FILE.read_text())
    typed = Settings().model_dump(mode="json")
    assert written == typed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[smtp]\nprot = 25", "smtp.prot: no such setting"),
        ("[smtpd]\nport = 25", "smtpd: no such setting"),
        ("[smtp]\nport = 99999", "smtp.port: Input should be less than or equal to 65535"),
        ("[smtp]\nhost = '0.0.0.0'", "trust.loopback_is_proven needs smtp.host on loopback"),
        ("[web]\nhost = '0.0.0.0'", "trust.sample_accounts needs web.host on loopback"),
        ("[cases]\nexample = 'X'", "example does not fit pattern"),
        ("[cases]\npattern = '('", "pattern is not a regular expression"),
        ("[service]\ntime_zone = 'Mars'", "name a zone of the IANA list"),
        ("[service]\nbase_url = 'claims'", "write it as https://host"),
        ("[intake]\naddress = 'A+b@c'", "without a plus tag"),
        ("[intake]\nrehearsal = 'claims'", "rehearsal is taken for another mailbox"),
        ("[intake]\nrehearsal = 'try@x'", "write the name before the @ alone"),
        ("[outbound]\ndelivery = 'relay'", "delivery by relay needs relay.host"),
        ("[outbound.relay]\nuser = 'a'", "user and password_file go together"),
        (
            "[outbound.relay]\nuser = 'a'\npassword_file = 'b'\nsecurity = 'none'",
            "a password needs security",
        ),
        ("[smtp.tls]\ncertificate_file = 'a'", "certificate_file and key_file go together"),
        (MAILBOX + "security = 'none'", "security none is for a host on loopback alone"),
        (MAILBOX + "token_file = 'b'", "set password_file or token_file, one of the two"),
        (MAILBOX + "folder = 'Casebridge-Taken'", "are three folders"),
        (MAILBOX + "failed_folder = 'Entwürfe'", "a folder in modified UTF-7"),
        (MAILBOX + MAILBOX, "give each mailbox a name of its own"),
        ("[proof]\nmode = 'on'", "proof.mode: Input should be 'off', 'mark' or 'enforce'"),
        ("[proof]\nnameservers = ['ns.example']", "write the address of a name server"),
        ("[proof]\nnameservers = ['192.0.2.256']", "write the address of a name server"),
        (RELAY + "networks = ['192.0.2.1/24']", "write a network as 192.0.2.0/24"),
        (RELAY, "set networks, or is_lmtp"),
        (RELAY.replace("mx", "m x") + "is_lmtp = true", "write the first word of its"),
        ("not toml", "not readable as TOML"),
    ],
)
def test_what_is_wrong_stops_the_start_and_says_the_fix(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "casebridge.toml"
    file.write_text(text)
    with pytest.raises(SettingsFault) as caught:
        load(file)
    assert any(said in problem for problem in caught.value.problems), caught.value.problems


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="the file is not there"):
        load(tmp_path / "none.toml")


def test_a_bad_value_of_the_environment_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "casebridge.toml"
    file.write_text("[web]\nport = 'x'\n")
    monkeypatch.setenv("CASEBRIDGE_SMTP__PORT", "abc")
    with pytest.raises(SettingsFault) as fault:
        load(file)
    said = dict(one.partition(": ")[::2] for one in fault.value.problems)
    assert said["smtp.port"].endswith(" (the environment variable CASEBRIDGE_SMTP__PORT sets it)")
    assert "environment" not in said["web.port"]


def test_a_variable_of_no_section_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "casebridge.toml"
    file.write_text("")
    monkeypatch.setenv("CASEBRIDGE_SMPT__PORT", "2525")
    with pytest.raises(SettingsFault, match="CASEBRIDGE_SMPT__PORT: there is no such section"):
        load(file)


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "casebridge.toml"
    file.write_text("[smtp]\nport = 1\nhostname = 'a.example'")
    monkeypatch.setenv("CASEBRIDGE_SMTP__PORT", "2600")
    settings = load(file)
    assert (settings.smtp.port, settings.smtp.hostname) == (2600, "a.example")


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("claims.example", False),
    ],
)
def test_loopback(host: str, answer: bool) -> None:
    assert is_loopback(host) is answer
