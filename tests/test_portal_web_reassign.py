"""Handing a package on by its page: by those who may, once, and seen in its history."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from portal.tables import reassignments, submissions
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds

PAGE = "/p/7KQ4-M2XD"


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("reassign"))
    yield opened
    opened.database.close()


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the form."""
    form = re.search(r'<form class="hand-on".*?</form>', page, re.DOTALL)
    assert form, "no form"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def hand_on(desk: SampleDesk, browser: TestClient, whom: str, **changes: str) -> tuple[int, str]:
    form = fields(browser.get(PAGE).text) | {"to": str(desk.sample.consultants[whom])} | changes
    answer = browser.post(f"{PAGE}/reassign", data=form)
    return answer.status_code, answer.headers.get("location", "")


def holder(desk: SampleDesk) -> tuple[int | None, object]:
    with desk.database.read() as connection:
        query = sa.select(submissions.c.consultant_id, submissions.c.read_at).order_by(
            submissions.c.id
        )
        row = connection.execute(query).first()
    assert row is not None
    return row.consultant_id, row.read_at


def words(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_operations_hand_it_on_and_the_page_says_so(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    assert hand_on(desk, olu, "Lee Park") == (303, PAGE)
    assert holder(desk) == (desk.sample.consultants["Lee Park"], None)
    said = words(olu.get(PAGE).text)
    went = "went from Dana Reyes to Lee Park"
    assert f"The package {went} because a person at the insurer handed it on." in said
    assert f"Olu Adeyemi decided: the package {went}" in said
    (event,) = [one for one in kinds(desk) if one[1] == "submission.reassigned"]
    assert event[0] == f"account:{desk.sample.accounts['Olu Adeyemi']}"
    with desk.database.read() as connection:
        (row,) = connection.execute(sa.select(reassignments)).all()
    assert (row.why, row.account_id) == ("staff", desk.sample.accounts["Olu Adeyemi"])


@pytest.mark.slow
def test_a_consultant_who_hands_it_on_sees_it_no_more(desk: SampleDesk) -> None:
    dana = desk.signed_in("Dana Reyes")
    assert hand_on(desk, dana, "Ada Oyelaran-Whitcombe") == (303, "/packages")
    assert dana.get(PAGE).status_code == 404
    assert desk.signed_in("Ada Oyelaran-Whitcombe").get(PAGE).status_code == 200


@pytest.mark.slow
def test_a_form_that_another_overtook_changes_nothing(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    old = fields(olu.get(PAGE).text)
    assert hand_on(desk, olu, "Lee Park")[0] == 303
    ada = str(desk.sample.consultants["Ada Oyelaran-Whitcombe"])
    assert olu.post(f"{PAGE}/reassign", data=old | {"to": ada}).status_code == 403
    assert holder(desk)[0] == desk.sample.consultants["Lee Park"]


def test_to_whom_it_is_already_changes_nothing(desk: SampleDesk) -> None:
    olu = desk.signed_in("Olu Adeyemi")
    assert hand_on(desk, olu, "Dana Reyes") == (303, PAGE)
    with desk.database.read() as connection:
        assert connection.execute(sa.select(reassignments)).all() == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"csrf": "x"}, 403),
        ({"to": "999"}, 404),
        ({"to": ""}, 403),
        ({"submission": "999"}, 404),
        ({"from": "x"}, 403),
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(
    desk: SampleDesk, changes: dict[str, str], status: int
) -> None:
    before = holder(desk)
    olu = desk.signed_in("Olu Adeyemi")
    assert hand_on(desk, olu, "Lee Park", **changes)[0] == status
    assert holder(desk) == before


@pytest.mark.slow
def test_who_may_not_see_it_may_not_hand_it_on(desk: SampleDesk) -> None:
    form = fields(desk.signed_in("Olu Adeyemi").get(PAGE).text)
    ada = desk.signed_in("Ada Oyelaran-Whitcombe")
    form |= {
        "csrf": csrf(ada.get("/packages").text),
        "to": str(desk.sample.consultants["Ada Oyelaran-Whitcombe"]),
    }
    before = holder(desk)
    assert ada.post(f"{PAGE}/reassign", data=form).status_code == 404
    assert holder(desk) == before
    assert kinds(desk)[-1][1] == "access.refused"
