"""Handing a package on by its page: by those who may, once, and seen in its history."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from portal.tables import documents, reassignments, submissions
from tests.desk import SampleDesk, TestClient, csrf, filled_desk, kinds

PAGE = "/p/7KQ4-M2XD"
ADA = "Ada Oyelaran-Whitcombe"


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path_factory.mktemp("reassign"))
    yield opened
    opened.close()


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


def divide(desk: SampleDesk) -> list[int]:
    """Divide the package in two linked submissions, as the road files them."""
    with desk.database.write() as connection:
        first = connection.execute(sa.select(submissions).order_by(submissions.c.id)).first()
        assert first is not None
        given = {**first._mapping, "sequence": 2, "narrative": "Part 2 of 2. The same words."}
        del given["id"]
        second = connection.execute(
            submissions.insert().values(given).returning(submissions.c.id)
        ).scalar_one()
        connection.execute(
            submissions.update()
            .where(submissions.c.id == first.id)
            .values(narrative="Part 1 of 2. The same words.")
        )
        last = sa.select(sa.func.max(documents.c.id)).where(documents.c.submission_id == first.id)
        connection.execute(
            documents.update()
            .where(documents.c.id == last.scalar_subquery())
            .values(submission_id=second)
        )
        return [first.id, second]


def test_linked_parts_are_shown_as_such_and_lead_to_each_other(desk: SampleDesk) -> None:
    first, second = divide(desk)
    page = desk.signed_in("Dana Reyes").get(PAGE).text
    said = words(page)
    for place, other in ((1, second), (2, first)):
        assert f"Part {place} of 2 of what was filed to case 24-001234" in said
        assert re.search(rf"documents? filed to case 24-001234 ?, part {place} of 2", said)
        assert f'<a href="#part-{other}">Go to part {3 - place} of 2</a>' in page
        assert f'id="part-{other}"' in page
    assert "The same words." in said
    assert "2. The same words." not in said
    glance = said[said.index("At a glance") :]
    assert glance.count("24-001234") == 1
    assert page.count('class="hand-on"') == 1, "they are handed on together"


def test_linked_parts_are_handed_on_together_and_back(desk: SampleDesk) -> None:
    both = divide(desk)
    dana = desk.signed_in("Dana Reyes")
    assert hand_on(desk, dana, ADA) == (303, "/packages")

    def theirs() -> list[int | None]:
        with desk.database.read() as connection:
            query = sa.select(submissions.c.consultant_id).where(submissions.c.id.in_(both))
            return list(connection.scalars(query))

    assert theirs() == [desk.sample.consultants[ADA]] * 2
    assert dana.get(PAGE).status_code == 404
    said = words(desk.signed_in("Olu Adeyemi").get(PAGE).text)
    assert said.count(f"decided: the package went from Dana Reyes to {ADA}") == 1
    ada = desk.signed_in(ADA)
    assert "Part 2 of 2" in words(ada.get(PAGE).text)
    assert hand_on(desk, ada, "Dana Reyes") == (303, "/packages")
    assert theirs() == [desk.sample.consultants["Dana Reyes"]] * 2


def test_a_package_in_parts_is_one_row_with_its_case_once(desk: SampleDesk) -> None:
    divide(desk)
    listed = desk.signed_in("Dana Reyes").get("/packages").text
    assert listed.count('href="/p/7KQ4-M2XD"') == 1
    row = listed[listed.index('href="/p/7KQ4-M2XD"') :].partition("</tr>")[0]
    assert row.count("24-001234") <= 1
