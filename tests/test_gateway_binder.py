"""Binders by the real engine: asked for on the page, made once, downloaded, and made anew."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
import sqlalchemy as sa

from config.settings import Conversion, Settings
from converters.workshop import Workshop
from gateway.binder import Binders
from portal.tables import binders
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds

pytestmark = pytest.mark.slow

BASE = "/p/7KQ4-M2XD"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    made = Workshop(Conversion(render_processes=1), tmp_path_factory.mktemp("workshop"))
    made.start()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path / "desk")
    yield opened
    opened.database.close()


@pytest.fixture
def chore(desk: SampleDesk, workshop: Workshop, tmp_path: Path) -> Binders:
    folder = tmp_path / "binders"
    return Binders(desk.database, desk.vault, workshop, Settings(), folder, lambda: desk.now)


def press(browser: TestClient, base: str = BASE) -> None:
    answer = browser.post(f"{base}/binder", data={"csrf": csrf(browser.get(base).text)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/binder")


def made(chore: Binders) -> int:
    count = 0
    while chore.work(threading.Event()):
        count += 1
    return count


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
    assert kinds(desk)[-1][1] == "binder.downloaded"
    assert "downloaded all documents as one PDF" in dana.get(BASE).text
    read = pypdf.PdfReader(io.BytesIO(answer.content))
    text = [page.extract_text() for page in read.pages]
    assert "Deposition of Dr. Smith" in "".join(text)
    assert "7KQ4-M2XD" in text[0]
    assert not list(chore.folder.iterdir()), "nothing is left where it was made"
