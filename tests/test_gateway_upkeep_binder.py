"""Binders by the real engine: asked for on the page, made once, downloaded, and made anew."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jinja2
import pypdf
import pytest
import sqlalchemy as sa
import structlog

from config.settings import Conversion, Settings
from converters.fault import SandboxMissing
from converters.workshop import Workshop
from gateway.moving.sweep import is_referenced
from gateway.upkeep.binder import Binders
from portal import binder
from portal.tables import binders, parts
from tests.binding import InProcess
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds
from tests.record_sample import Part, pdf

pytestmark = pytest.mark.slow

BASE = "/p/7KQ4-M2XD"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path / "desk")
    yield opened
    opened.database.close()


@pytest.fixture
def chore(desk: SampleDesk, workshop: Workshop, tmp_path: Path) -> Binders:
    folder = tmp_path / "binders"
    return Binders(desk.database, desk.vault, workshop, Settings(), folder, lambda: desk.now)


@pytest.fixture
def quick(chore: Binders) -> Binders:
    """Return one without a sandbox, for tests that are about the record and the pages."""
    return with_breaks(chore)


def press(browser: TestClient, base: str = BASE) -> None:
    answer = browser.post(f"{base}/binder", data={"csrf": csrf(browser.get(base).text)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/binder")


def made(chore: Binders) -> int:
    count = 0
    while chore.work(threading.Event()):
        count += 1
    return count


class Breaks(InProcess):
    """Has the first jobs end in these faults, one each, whatever they are of."""

    def __init__(self, *faults: Exception) -> None:
        super().__init__()
        self._faults = list(faults)

    def job(self, job: dict[str, Any], files: Sequence[Path], into: Path) -> dict[str, Any]:
        if self._faults:
            raise self._faults.pop(0)
        return super().job(job, files, into)


def with_breaks(chore: Binders, *faults: Exception) -> Binders:
    """Return a chore whose first jobs end in faults."""
    return replace(chore, workshop=cast("Workshop", Breaks(*faults)))


def two_packages(desk: SampleDesk) -> None:
    """Have two packages be asked for, by somebody who may see both."""
    sample = desk.sample
    letter = sample.letter("ABCD2345")
    sample.package(letter)
    (only,) = sample.parts(
        "ABCD2345", letter, [Part("own.pdf", content=pdf("own"), filed_name="own.pdf")]
    )
    sample.file(letter, "24-001234", "Dana Reyes", [only])
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    press(dana, "/p/ABCD-2345")


def rows(desk: SampleDesk) -> list[sa.Row[tuple[object, ...]]]:
    with desk.database.read() as connection:
        return list(connection.execute(sa.select(binders).order_by(binders.c.id)))


def test_a_package_is_asked_for_and_followed_and_downloaded_and_each_of_that_is_recorded(
    desk: SampleDesk, chore: Binders
) -> None:
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    assert kinds(desk)[-1][1] == "binder.asked"
    waiting = dana.get(f"{BASE}/binder").text
    assert "It is being made" in waiting
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert dana.get(f"{BASE}/binder/pdf").status_code == 303, "there is nothing to download yet"
    assert made(chore) == 1
    assert f'href="{BASE}/binder/pdf"' in dana.get(f"{BASE}/binder").text
    assert f'href="{BASE}/binder/pdf"' in dana.get(BASE).text
    answer = dana.get(f"{BASE}/binder/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert 'filename="7KQ4-M2XD.pdf"' in answer.headers["content-disposition"]
    _, kind, detail = kinds(desk)[-1]
    assert kind == "binder.downloaded"
    assert set(detail["parts"]) <= set(desk.sample.part_ids["7KQ4M2XD"])
    assert len(detail["parts"]) == detail["files"]
    assert "downloaded all documents as one PDF" in dana.get(BASE).text
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    text = [page.extract_text() for page in read.pages]
    assert "Deposition of Dr. Smith" in "".join(text)
    assert "7KQ4-M2XD" in text[0]
    assert not list(chore.folder.iterdir()), "nothing is left where it was made"


def test_what_has_no_pages_has_a_sheet_that_says_why(desk: SampleDesk, chore: Binders) -> None:
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    made(chore)
    read = pypdf.PdfReader(io.BytesIO(dana.get(f"{BASE}/binder/pdf").content))
    absent = [text for page in read.pages if "Not in this PDF" in (text := page.extract_text())]
    assert len(absent) == 2
    assert "'records.pdf' needs a password to open." in absent[0]
    assert "We could not turn 'budget.xlsx' into a PDF." in absent[1]


def test_a_document_that_acts_is_in_without_what_acts(desk: SampleDesk, chore: Binders) -> None:
    number = desk.sample.part_ids["7KQ4M2XD"][1]
    with desk.database.write() as connection:
        found = sa.update(parts).where(parts.c.id == number)
        connection.execute(found.values(remarks=["pdf_script"]))
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    made(chore)
    read = pypdf.PdfReader(io.BytesIO(dana.get(f"{BASE}/binder/pdf").content))
    text = "\n".join(page.extract_text() for page in read.pages)
    assert "Its scripts, actions and attached files are not in these pages" in text
    assert "Deposition of Dr. Smith" in text


def test_pressed_by_two_it_is_made_once(desk: SampleDesk, quick: Binders) -> None:
    for name in ("Dana Reyes", "Olu Adeyemi", "Dana Reyes"):
        press(desk.signed_in(name))
    assert len(rows(desk)) == 1
    assert made(quick) == 1
    assert desk.signed_in("Olu Adeyemi").get(f"{BASE}/binder/pdf").status_code == 200
    assert made(quick) == 0


def test_of_a_package_that_changed_another_is_made(desk: SampleDesk, quick: Binders) -> None:
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    made(quick)
    number = desk.sample.part_ids["7KQ4M2XD"][4]
    with desk.database.write() as connection:
        found = sa.update(parts).where(parts.c.id == number)
        connection.execute(found.values(fate="filed", reason=None))
    assert dana.get(f"{BASE}/binder/pdf").status_code == 303, "the old one is not of it any more"
    assert "the package has changed since" in dana.get(f"{BASE}/binder").text
    press(dana)
    made(quick)
    assert len({row.pdf_sha256 for row in rows(desk)}) == 2


def test_one_that_changes_before_it_is_made_is_not_made(desk: SampleDesk, quick: Binders) -> None:
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    number = desk.sample.part_ids["7KQ4M2XD"][4]
    with desk.database.write() as connection:
        connection.execute(sa.update(parts).where(parts.c.id == number).values(reason=None))
    made(quick)
    assert rows(desk) == []


def test_reading_a_package_changes_nothing_of_it(desk: SampleDesk, quick: Binders) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    press(olu)
    made(quick)
    desk.signed_in("Dana Reyes").get(BASE)
    assert olu.get(f"{BASE}/binder/pdf").status_code == 200


def test_who_may_not_see_the_package_gets_the_same_as_for_none(
    desk: SampleDesk, quick: Binders
) -> None:
    press(desk.signed_in("Dana Reyes"))
    made(quick)
    lee = desk.signed_in("Ada Oyelaran-Whitcombe")
    token = csrf(lee.get("/packages").text)
    for base in (BASE, "/p/ZZZZ-ZZZZ"):
        for answer in (
            lee.get(f"{base}/binder"),
            lee.get(f"{base}/binder/pdf"),
            lee.post(f"{base}/binder", data={"csrf": token}),
        ):
            assert answer.status_code == 404
            assert answer.text == lee.get(base).text
            assert kinds(desk)[-1][1] == "access.refused"
    assert desk.browser().get(f"{BASE}/binder/pdf").headers["location"] == "/sign-in"


def test_it_holds_what_whoever_asks_may_see_and_no_more(desk: SampleDesk, quick: Binders) -> None:
    sample = desk.sample
    letter = sample.letter("ABCD2345")
    sample.package(letter)
    own, other = sample.parts(
        "ABCD2345",
        letter,
        [
            Part("own.pdf", content=pdf("for Dana"), filed_name="own.pdf"),
            Part("other.pdf", content=pdf("for Lee"), filed_name="other.pdf"),
        ],
    )
    sample.file(letter, "24-001234", "Dana Reyes", [own])
    sample.file(letter, "23-004410", "Ada Oyelaran-Whitcombe", [other])
    base, seen = "/p/ABCD-2345", {}
    for name in ("Dana Reyes", "Ada Oyelaran-Whitcombe", "Olu Adeyemi"):
        browser = desk.signed_in(name)
        press(browser, base)
        assert made(quick) == 1, "each may see something else"
        read = pypdf.PdfReader(io.BytesIO(browser.get(f"{base}/binder/pdf").content))
        text = "".join(page.extract_text() for page in read.pages)
        seen[name] = ("for Dana" in text, "other.pdf" in text, "for Lee" in text)
    assert seen == {
        "Dana Reyes": (True, False, False),
        "Ada Oyelaran-Whitcombe": (False, True, True),
        "Olu Adeyemi": (True, True, True),
    }


@pytest.mark.parametrize("least", [{"binder_pages": 5}, {"max_output_bytes": 10}])
def test_one_that_is_too_long_is_said_and_can_be_asked_for_again(
    desk: SampleDesk, workshop: Workshop, tmp_path: Path, least: dict[str, Any]
) -> None:
    few = Settings(conversion=Conversion(**least))
    short = Binders(desk.database, desk.vault, workshop, few, tmp_path / "few", lambda: desk.now)
    dana = desk.signed_in("Dana Reyes")
    press(dana)
    made(short)
    page = dana.get(f"{BASE}/binder").text
    assert "These documents are too many pages or bytes for one PDF" in page
    press(dana)
    assert rows(desk)[0].failure is None


def test_told_to_end_it_is_left_to_the_next_start(desk: SampleDesk, quick: Binders) -> None:
    press(desk.signed_in("Dana Reyes"))
    stop = threading.Event()
    stop.set()
    assert not quick.work(stop)
    assert rows(desk)[0].made_at is None
    assert made(quick) == 1


@pytest.mark.parametrize(
    "fault",
    [
        OSError(28, "7KQ4M2XD.pdf"),
        FileNotFoundError("7KQ4M2XD.pdf"),
        KeyError("7KQ4M2XD"),
        ValueError("7KQ4M2XD"),
        jinja2.UndefinedError("7KQ4M2XD"),
    ],
)
def test_whatever_breaks_one_fails_it_and_the_next_is_made(
    desk: SampleDesk, quick: Binders, fault: Exception
) -> None:
    two_packages(desk)
    with structlog.testing.capture_logs() as log:
        assert made(with_breaks(quick, fault)) == 2
    assert [row.failure for row in rows(desk)] == ["binder_failed", None]
    (line,) = (one for one in log if one["event"] == "binder.failed")
    assert line["fault"] == type(fault).__name__
    assert "7KQ4M2XD" not in str(log), "it is logged by its class, and not by what it says"
    page = desk.signed_in("Dana Reyes").get(f"{BASE}/binder").text
    assert "The documents could not be made one PDF" in page
    press(desk.signed_in("Dana Reyes"))
    assert made(quick) == 1, "and can be asked for again"


def test_without_a_sandbox_all_of_them_wait(desk: SampleDesk, quick: Binders) -> None:
    two_packages(desk)
    late = with_breaks(quick, SandboxMissing("none", "install it"))
    with pytest.raises(SandboxMissing):
        late.work(threading.Event())
    assert [row.failure for row in rows(desk)] == [None, None]
    assert made(late) == 2


def test_it_is_kept_for_some_days_and_then_swept(desk: SampleDesk, quick: Binders) -> None:
    press(desk.signed_in("Dana Reyes"))
    made(quick)
    sha256 = rows(desk)[0].pdf_sha256
    with desk.database.write() as connection:
        assert is_referenced(connection, sha256)
        assert binder.sweep(connection, now=desk.now, days=7) == 0
        desk.pass_time(days=8)
        assert binder.sweep(connection, now=desk.now, days=7) == 1
        assert not is_referenced(connection, sha256)
