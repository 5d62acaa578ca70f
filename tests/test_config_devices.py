"""Devices: which programs and mailboxes are a scanner's, and which settings name one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.devices import DevicesFault, forms, read
from config.settings import Devices, ListedDevice


@pytest.mark.parametrize(
    "program",
    [
        "Canon iR-ADV C5535",
        "Canon MFP",
        "RICOH Aficio MP C3004",
        "KONICA MINOLTA bizhub C360i",
        "Xerox WorkCentre 7845",
        "KYOCERA TASKalfa 3253ci",
        "HP LaserJet MFP M428",
        "Brother MFC-L8900CDW",
        "Lexmark CX725",
        "SHARP MX-3071",
        "TOSHIBA e-STUDIO3515AC",
        "EPSON WF-C5790 Scan",
    ],
)
def test_what_a_scanner_calls_itself_is_known(program: str) -> None:
    assert forms().program.fullmatch(program)


@pytest.mark.parametrize(
    "program",
    [
        "Microsoft Outlook 16.0",
        "Apple Mail (2.3774.300.61.1.2)",
        "Mozilla Thunderbird 128.5",
        "iPhone Mail (21G93)",
        "Roundcube Webmail/1.6.9",
        "Zimbra 9.0",
        "Lotus Notes Release 9.0.1",
        "PHPMailer 6.9.1",
        "Canon Inc. Webmail",
        "",
    ],
)
def test_what_a_person_writes_with_is_no_scanner(program: str) -> None:
    assert forms().program.fullmatch(program) is None


@pytest.mark.parametrize(
    ("mailbox", "is_device"),
    [
        ("scanner", True),
        ("scanner-4", True),
        ("copier2", True),
        ("mfp.floor3", True),
        ("kopierer", True),
        ("scan-to-email", True),
        ("noreply-scan2email", True),
        ("bizhub", True),
        ("ricoh-17", True),
        ("rnp002673a1b2c3", True),
        ("scans", False),
        ("pat.scanner", False),
        ("scannell", False),
        ("noreply", False),
        ("records", False),
        ("canon", False),
        ("brother", False),
        ("sharp", False),
        ("sharp1", False),
        ("sharp.12", False),
        ("brother2", False),
        ("canon-7", False),
        ("hp12", False),
        ("drucker", False),
        ("drucker3", False),
        ("sharp-mfp", True),
        ("sharp.scan12", True),
        ("hpscanner2", True),
        ("brother-mfc", True),
        ("canon_copier1", True),
        ("toshiba4", True),
        ("office", False),
    ],
)
def test_a_mailbox_is_a_devices_only_by_its_whole_name(mailbox: str, *, is_device: bool) -> None:
    assert bool(forms().mailbox.fullmatch(mailbox)) is is_device


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("programs = ['a']", "a key is missing"),
        ("programs = ['a']\nmailboxes = []", "a list is empty"),
        ("programs = ['a(']\nmailboxes = ['b']", "not a pattern"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(text: str, why: str) -> None:
    with pytest.raises(DevicesFault, match=why):
        read(text)


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ([{"address": "Scans"}], "write it in lower case"),
        ([{"address": ""}], "write the address"),
        ([{"address": "a@b.example", "contact": "Pat Hall"}], "write it in lower case"),
        ([{"address": "a@b.example"}, {"address": "a@b.example"}], "list each device once"),
    ],
)
def test_a_device_that_is_listed_badly_stops_the_start(
    listed: list[dict[str, str]], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        Devices.model_validate({"listed": listed})


def test_the_annotated_block_of_the_settings_is_one_that_can_be_used() -> None:
    text = Path("config/casebridge.toml").read_text("utf-8")
    _, _, block = text.partition("# [[devices.listed]]\n")
    keys = [line.removeprefix("# ").split(" = ")[0] for line in block.splitlines()[:2]]
    assert keys == list(ListedDevice.model_fields)
