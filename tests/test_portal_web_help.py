"""The help page: every problem by its code, limits and types from the settings, for everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from config import media
from config.calendar import Hours
from config.problems import catalogue
from config.settings import Intake
from portal.opening import opening
from portal.web.help import kinds
from portal.web.pages import TEMPLATES
from tests.desk import SampleDesk, filled_desk

HELP_LINK = '<a href="/help"'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("desk"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(desk: SampleDesk) -> str:
    answer = desk.browser().get("/help")
    assert answer.status_code == 200
    return str(answer.text)


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#39;", "'").split())


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_problem_has_its_place_with_its_own_words(page: str, code: str) -> None:
    (section,) = re.findall(rf'<section id="{code}".*?</section>', page, re.DOTALL)
    row, said = catalogue()[code], _words(section)
    # What stands between the fields stands here, in order.
    literal = [re.escape(one.strip()) for one in re.split(r"\{\w+\}", f"{row.title} {row.fix}")]
    assert re.search(r".*?".join(one for one in literal if one), said), said
    assert "{" not in said
    assert code in said
    if row.smtp is not None:
        assert f"Mail servers are told {row.smtp[:9]}" in said


def test_the_problems_stand_in_order_and_once(page: str) -> None:
    codes = re.findall(r'<section id="(\w+)"', page)
    ours = [code for code, row in catalogue().items() if row.told == "operators"]
    assert len(ours) >= 8
    assert codes == [*sorted(catalogue().keys() - set(ours)), *sorted(ours)]


def test_limits_address_and_hours_are_those_of_the_settings(page: str) -> None:
    said = _words(page)
    assert Intake().address in said
    assert "150 MB as sent" in said
    assert "claims+24-001234@casebridge.example" in said
    assert "Monday to Friday, 8:00 am to 6:00 pm Eastern" in said
    assert "Call +1 555 0100" in said


def test_what_a_reply_does_is_said(page: str) -> None:
    said = _words(page)
    assert "Reply with DELETE and its name, for example DELETE smith.pdf" in said
    assert "Reply with a good copy. It takes the place of the one that failed." in said
    assert f"Write to {Intake().rehearsal_address} ." in said
    assert "2 GB each, 24 GB or 300 files together" in said


def test_every_type_of_the_catalogue_is_named_under_what_is_done_with_it(page: str) -> None:
    groups = kinds(media.catalogue())
    named = {group.heading: dict(group.kinds) for group in groups}
    assert ".docx" in named["Turned into PDF"]["Word document"]
    assert named["Opened"]["Email message"] == ".eml"
    assert named["Opened"]["ZIP archive"] == ".zip"
    assert ".exe" in " ".join(named["Not filed"].values())
    rows = {row.label for name, row in media.catalogue().types.items() if name != "*"}
    assert {label for group in groups for label, _ in group.kinds} == rows
    for label in rows:
        assert label in _words(page)


def test_who_is_signed_in_stays_so_on_it(desk: SampleDesk) -> None:
    page = desk.signed_in("Dana Reyes").get("/help").text
    assert "Dana Reyes" in page
    assert 'aria-current="page">Help' in page


def test_help_is_at_the_same_place_of_every_page(desk: SampleDesk) -> None:
    # WCAG 2.2, 3.2.6: every page is the base's, and its footer is nowhere replaced.
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text()
        # One that begins with an underscore is a piece that a page includes.
        if template.name not in {"base.html", "macros.html"} and template.name[0] != "_":
            assert text.startswith('{% extends "base.html" %}'), template.name
            assert "<footer" not in text
    browser = desk.signed_in("Olu Adeyemi")
    for path in ("/packages", "/p/7KQ4-M2XD", "/outbox", "/help", "/p/0000-0000"):
        footer = browser.get(path).text.partition('<footer class="foot">')[2]
        assert re.match(r'\s*<div class="foot-in">\s*<p>' + HELP_LINK, footer), path


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (Hours(), ("Monday to Friday, 8:00 am to 6:00 pm",)),
        (
            Hours(saturday=("09:00-12:30",)),
            ("Monday to Friday, 8:00 am to 6:00 pm", "Saturday, 9:00 am to 12:30 pm"),
        ),
        (
            Hours(
                monday=("00:00-24:00",),
                tuesday=("00:00-24:00",),
                wednesday=(),
                thursday=("08:00-12:00", "13:00-24:00"),
                friday=(),
            ),
            (
                "Monday and Tuesday, day and night",
                "Thursday, 8:00 am to 12:00 pm and 1:00 pm to midnight",
            ),
        ),
    ],
)
def test_opening_hours_in_words(hours: Hours, said: tuple[str, ...]) -> None:
    assert opening(hours) == said
