"""The directory's answers: whose address, which case, who may send, on which day."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from config.settings import CONFIG_FOLDER, Cases
from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores
from portal.directory import MAIL_ADDRESS, MAIL_DOMAIN, Consultant, Directory, Firm
from portal.directory_import import import_directory
from portal.tables import firms, identifiers

OF_COUNSEL = "of.counsel@bakerllp.example"


@pytest.fixture
def directory(stores: Stores) -> Directory:
    """The sample directory, loaded."""
    report = import_directory(
        stores.database, CONFIG_FOLDER / "directory", CaseShape.of(Cases()).normal
    )
    assert report.rejected == ()
    return Directory(stores.database)


def firm(directory: Directory, address: str) -> Firm:
    found = directory.firm_of(address)
    assert found is not None
    return found.firm


def found_by(directory: Directory, address: str) -> str | None:
    found = directory.firm_of(address)
    return None if found is None else found.by


def test_a_firm_is_known_by_its_domain_and_by_a_whole_address(directory: Directory) -> None:
    assert firm(directory, "anyone@bakerllp.example").name == "Baker LLP"
    assert firm(directory, "ortega.defense@postbox.example").name == "Ortega Defense Group"


def test_it_is_said_what_a_firm_was_found_by(stores: Stores, directory: Directory) -> None:
    assert found_by(directory, "anyone@bakerllp.example") == MAIL_DOMAIN
    assert found_by(directory, "ortega.defense@postbox.example") == MAIL_ADDRESS
    with stores.database.write() as connection:
        for name, address in (("Baker LLP", "pat@bakerllp.example"), ("Quill & Marsh", OF_COUNSEL)):
            firm_id = connection.scalar(sa.select(firms.c.id).where(firms.c.name == name))
            connection.execute(
                identifiers.insert().values(firm_id=firm_id, type=MAIL_ADDRESS, value=address)
            )
    # Their own domain is theirs as a whole; another firm's is theirs by this address alone.
    assert found_by(directory, "pat@bakerllp.example") == MAIL_DOMAIN
    assert found_by(directory, OF_COUNSEL) == MAIL_ADDRESS
    assert firm(directory, OF_COUNSEL).name == "Quill & Marsh"


@pytest.mark.parametrize(
    "address",
    [
        "other@postbox.example",
        "pat@mail.bakerllp.example",
        "pat@bakerllp.example.evil.example",
        "pat@xbakerllp.example",
        "bakerllp.example@evil.example",
        "0417@0417",
        "pat",
        "",
        "%@%",
    ],
)
def test_nobody_else_is(directory: Directory, address: str) -> None:
    assert directory.firm_of(address) is None


def test_a_whole_address_goes_before_its_domain(stores: Stores, directory: Directory) -> None:
    folder = stores.settings.storage.path / "folder"
    folder.mkdir()
    for file in (CONFIG_FOLDER / "directory").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "firms.csv").open("a") as firms:
        firms.write("Quill & Marsh,,email,Of.Counsel@BakerLLP.example\n")
    assert import_directory(stores.database, folder).rejected == ()
    assert firm(directory, "of.counsel@bakerllp.example").name == "Quill & Marsh"
    assert firm(directory, "pat@bakerllp.example").name == "Baker LLP"


def test_a_case_comes_with_its_consultant(directory: Directory) -> None:
    case = directory.case("24-001234")
    assert case is not None
    assert isinstance(case.consultant, Consultant)
    assert case.consultant.email == "dana.reyes@sample-mutual.example"
    assert not case.closed
    closed, nobodys, secret = map(directory.case, ("24-001402", "25-000345", "24-001488"))
    assert closed is not None
    assert closed.closed
    assert nobodys is not None
    assert nobodys.consultant is None
    assert secret is not None
    assert secret.restricted
    assert directory.case("24-009999") is None


def test_a_right_holds_from_its_first_to_its_last_day(directory: Directory) -> None:
    quill, case = firm(directory, "x@quillmarsh.example"), directory.case("24-001301")
    assert case is not None
    days = [date(2024, 2, 29), date(2024, 3, 1), date(2025, 6, 30), date(2025, 7, 1)]
    held = [directory.has_right(quill.id, case.id, day) for day in days]
    assert held == [False, True, True, False]
    orphan = directory.case("26-000031")
    assert orphan is not None
    assert not directory.has_right(quill.id, orphan.id, days[1])


def test_everybody_of_the_claims_desk_with_their_covers(directory: Directory) -> None:
    desk = {one.name: one for one in directory.consultants()}
    assert sorted(desk) == ["Dana Reyes", "Imani Okafor", "Lee Park", "Tomas Lindqvist"]
    tomas = desk["Tomas Lindqvist"]
    assert tomas.cover_on(date(2026, 11, 16)) == "imani.okafor@sample-mutual.example"
    assert tomas.cover_on(date(2026, 12, 1)) == "imani.okafor@sample-mutual.example"
    assert tomas.cover_on(date(2026, 11, 15)) is tomas.cover_on(date(2026, 12, 2)) is None
    assert desk["Lee Park"].cover_on(date(2026, 11, 20)) is None
    case = directory.case("26-000008")
    assert case is not None
    assert case.consultant == tomas


def test_mails_of_nobody_were_about_nothing(directory: Directory) -> None:
    assert directory.answered(()) == ()
    assert directory.answered(("unknown", "")) == ()
