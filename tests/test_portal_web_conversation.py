"""What later messages bring to a package and say about it, on its page, and who sees that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal import binder, healing, hiding, rights
from portal.dossier import dossier
from portal.opened import was_opened
from portal.piece import pieces_of
from portal.tables import letters, outbox, submissions
from tests.desk import SampleDesk, csrf, filled_desk, kinds, spoken
from tests.filling_in import words
from tests.record_sample import ARRIVED, NOW, Part, pdf

FIRST, LATER = "/p/9ABC-DEF2", "/p/9ABC-DEF3"
LATER_AT = ARRIVED + timedelta(hours=1)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    yield opened
    opened.close()


def joined(desk: SampleDesk, case: str = "24-001234", consultant: str = "Dana Reyes") -> list[int]:
    """File a letter with a locked part, and add to it what heals that; return both parts."""
    sample = desk.sample
    firm = sample.firms["Baker & Holt LLP"]
    first = sample.letter("9ABCDEF2", "filed_in_part", reason="file_password", firm_id=firm)
    sample.package(first)
    held = Part("records.pdf", filed_name="records.pdf", fate="held", reason="file_password")
    (old,) = sample.parts("9ABCDEF2", first, [held])
    sample.file(first, case, consultant, [old], read_at=NOW)
    later = sample.letter("9ABCDEF3", firm_id=firm, arrived_at=LATER_AT)
    sample.package(later, narrative="Now without the lock.")
    better = Part("records.pdf", content=pdf("Records"), filed_name="records (2).pdf")
    (new,) = sample.parts("9ABCDEF3", later, [better])
    with desk.database.write() as connection:
        healing.join(connection, later, first, [new], now=LATER_AT)
        healing.heal(connection, {old: new}, now=LATER_AT)
    return [old, new]


def test_the_page_shows_what_came_later_and_what_it_heals(desk: SampleDesk) -> None:
    _, new = joined(desk)
    browser = desk.signed_in("Dana Reyes")
    page = words(spoken(browser.get(FIRST).text))
    assert "Filed since" in page
    assert "Replaced" in page
    assert "In its place came 'records (2).pdf'" in page
    assert "came with 9ABC-DEF3" in page
    assert "Now without the lock." in page
    assert "A better copy came of records.pdf" in page
    assert "A reply brought documents to this package" in page
    answer = browser.get(f"{FIRST}/documents/{new}/original")
    assert answer.content == pdf("Records")
    whole = browser.get(f"{FIRST}/documents/all").content
    assert b"records (2).pdf" in whole


def test_the_later_letter_points_to_the_package(desk: SampleDesk) -> None:
    joined(desk)
    page = words(spoken(desk.signed_in("Dana Reyes").get(LATER).text))
    assert "It is in the package of 9ABC-DEF2" in page
    assert "1 document in that package" in page


def test_the_package_is_unread_again_and_the_later_letter_is_no_row_of_its_own(
    desk: SampleDesk,
) -> None:
    joined(desk)
    browser = desk.signed_in("Dana Reyes")
    listed = browser.get("/packages?show=new").text
    assert "9ABC-DEF2" in listed
    assert "9ABC-DEF3" not in listed
    assert "9ABC-DEF3" in browser.get("/packages?find=9ABC-DEF3").text
    with desk.database.read() as connection:
        read = connection.scalars(
            sa.select(submissions.c.read_at)
            .join(letters, letters.c.id == submissions.c.letter_id)
            .where(letters.c.receipt == "9ABCDEF2")
        ).all()
    assert read == [None]


def test_what_joined_a_restricted_package_is_seen_by_those_who_see_that(desk: SampleDesk) -> None:
    case = next(number for number in desk.sample.cases if number == "24-001300")
    with desk.database.write() as connection:
        connection.execute(
            sa.text("UPDATE cases SET restricted = 1 WHERE number = :n"), {"n": case}
        )
    _, new = joined(desk, case, "Ada Oyelaran-Whitcombe")
    olu, ada = desk.signed_in("Olu Adeyemi"), desk.signed_in("Ada Oyelaran-Whitcombe")
    for page in (FIRST, LATER, f"{LATER}/documents/{new}/original"):
        assert olu.get(page).status_code == 404
        assert ada.get(page).status_code == 200
    with desk.database.read() as connection:
        for name, sees in (("Olu Adeyemi", False), ("Ada Oyelaran-Whitcombe", True)):
            who = rights.viewer(connection, desk.sample.accounts[name], NOW.date())
            listed = connection.scalars(
                sa.select(letters.c.receipt).where(rights.visible(who))
            ).all()
            assert ("9ABCDEF3" in listed) is sees


# -- what its sender asks to delete ----------------------------------------------------------------


def asked(desk: SampleDesk, *, may_hide: bool = True, opened: bool = False) -> int:
    """File a letter with two documents, and ask to delete the first of them."""
    sample = desk.sample
    first = sample.letter("9ABCDEF2", firm_id=sample.firms["Baker & Holt LLP"])
    sample.package(first)
    two = [
        Part(name, content=pdf(name), filed_name=name, made=pdf(name))
        for name in ("smith.pdf", "index.pdf")
    ]
    part, other = sample.parts("9ABCDEF2", first, two)
    sample.file(first, "24-001234", "Dana Reyes", [part, other])
    mail = sample.letter("9ABCDEF3", "set_aside", reason="asks_to_delete", arrived_at=LATER_AT)
    sample.package(mail, narrative="DELETE smith.pdf\nIt is of another patient.")
    if opened:
        dana = desk.signed_in("Dana Reyes")
        assert dana.get(f"{FIRST}/documents/{part}/original").status_code == 200
    with desk.database.write() as connection:
        connection.execute(letters.update().where(letters.c.id == mail).values(home_id=first))
        piece = pieces_of(connection, first)[part]
        hiding.ask(
            connection,
            first,
            [piece],
            mail_id=mail,
            by="pat.lee@bakerholt.example",
            reason="It is of another patient.",
            may_hide=may_hide,
            now=LATER_AT,
        )
    return part


def test_a_download_says_what_it_held_and_opens_no_more_than_that(desk: SampleDesk) -> None:
    part = asked(desk)
    dana = desk.signed_in("Dana Reyes")
    assert dana.get(f"{FIRST}/documents/all").status_code == 200
    (detail,) = [detail for _, kind, detail in kinds(desk) if kind == "package.downloaded"]
    index = desk.sample.part_ids["9ABCDEF2"][1]
    assert detail == {"files": 2, "parts": [index]}
    with desk.database.read() as connection:
        first = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "9ABCDEF2"))
        assert first is not None
        there = pieces_of(connection, first)
        assert was_opened(connection, first, [there[index]])
        assert not was_opened(connection, first, [there[part]])


def test_what_is_hidden_is_handed_out_in_no_form(desk: SampleDesk) -> None:
    part = asked(desk)
    browser = desk.signed_in("Dana Reyes")
    page = words(spoken(browser.get(FIRST).text))
    assert "Hidden" in page
    assert "by pat.lee@bakerholt.example" in page
    assert "It is of another patient." in page
    assert "Hidden, since nobody had opened it: smith.pdf" in page
    assert "DELETE smith.pdf" not in page, "it is no message beside"
    for form in ("original", "pdf", "view", "text", "pages", "pages/1.webp"):
        assert browser.get(f"{FIRST}/documents/{part}/{form}").status_code == 404
    whole = browser.get(f"{FIRST}/documents/all").content
    assert b"index.pdf" in whole
    assert b"smith.pdf" not in whole
    with desk.database.read() as connection:
        who = rights.viewer(connection, desk.sample.accounts["Dana Reyes"], NOW.date())
        bound = binder.documents(dossier(connection, who, "9ABCDEF2"))
    assert [one.filed_name for one in bound] == ["index.pdf"]


def test_its_consultant_brings_it_back_and_whoever_asked_is_told(desk: SampleDesk) -> None:
    part = asked(desk)
    browser = desk.signed_in("Dana Reyes")
    show = f"{FIRST}/documents/{part}/show"
    page = browser.get(FIRST).text
    standing = page.partition('class="standing')[2].partition("</section>")[0]
    assert "The sender asks to delete 1 document." in words(spoken(standing))
    assert '<a href="#erasures">' in standing
    form = {"csrf": csrf(page)}
    assert browser.post(show, data=form).status_code == 303
    assert "The sender asks to delete" not in browser.get(FIRST).text
    assert browser.get(f"{FIRST}/documents/{part}/original").status_code == 200
    assert "brought back smith.pdf" in words(spoken(browser.get(FIRST).text))
    assert browser.post(show, data=form).status_code == 403, "it is in sight by now"
    with desk.database.read() as connection:
        told = connection.execute(
            sa.select(outbox).where(outbox.c.subject.startswith("A document of yours is shown"))
        ).one()
    assert told.recipient == "pat.lee@bakerholt.example"
    assert "smith" not in told.text


def test_nobody_else_brings_it_back(desk: SampleDesk) -> None:
    part = asked(desk)
    lee = desk.signed_in("Lee Park")
    form = {"csrf": csrf(lee.get("/packages").text)}
    assert lee.post(f"{FIRST}/documents/{part}/show", data=form).status_code == 404


def test_a_consultant_of_another_case_of_it_does_not_bring_it_back(desk: SampleDesk) -> None:
    part = asked(desk)
    with desk.database.read() as connection:
        first = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "9ABCDEF2"))
    assert first is not None
    desk.sample.file(first, "24-001300", "Lee Park", [])
    lee = desk.signed_in("Lee Park")
    page = lee.get(FIRST).text
    assert "smith.pdf" not in page
    assert "Asked to delete" not in page
    form = {"csrf": csrf(page)}
    assert lee.post(f"{FIRST}/documents/{part}/show", data=form).status_code == 403
    assert "Bring it back" in desk.signed_in("Dana Reyes").get(FIRST).text


def again(desk: SampleDesk, part: int) -> bool:
    """Ask once more, by another mail, and say whether it is hidden."""
    mail = desk.sample.letter("9ABCDEF4", "set_aside", reason="asks_to_delete")
    desk.sample.package(mail, narrative="DELETE smith.pdf")
    with desk.database.write() as connection:
        first = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "9ABCDEF2"))
        assert first is not None
        return hiding.ask(
            connection,
            first,
            [pieces_of(connection, first)[part]],
            mail_id=mail,
            by="ann.cole@bakerholt.example",
            reason="Please.",
            may_hide=True,
            now=LATER_AT,
        )


def asked_by(desk: SampleDesk) -> list[tuple[str, bool]]:
    """Return who asked for what, as the page has it, and whether it is hidden."""
    with desk.database.read() as connection:
        first = connection.scalar(sa.select(letters.c.id).where(letters.c.receipt == "9ABCDEF2"))
        assert first is not None
        return [
            (one.by.partition("@")[0], one.is_hidden) for one in hiding.asked_of(connection, first)
        ]


def test_whoever_asks_again_is_noted_and_the_first_one_stands(desk: SampleDesk) -> None:
    part = asked(desk)
    assert again(desk, part)
    assert asked_by(desk) == [("pat.lee", True)]
    page = words(spoken(desk.signed_in("Dana Reyes").get(FIRST).text))
    assert page.count("asked us to delete smith.pdf") == 2


def test_what_could_not_be_hidden_at_first_is_hidden_by_the_next_request(desk: SampleDesk) -> None:
    part = asked(desk, may_hide=False)
    assert again(desk, part)
    assert asked_by(desk) == [("ann.cole", True)]


@pytest.mark.slow
def test_what_a_person_brought_back_stays_in_sight_whoever_asks_again(desk: SampleDesk) -> None:
    part = asked(desk)
    browser = desk.signed_in("Dana Reyes")
    form = {"csrf": csrf(browser.get(FIRST).text)}
    assert browser.post(f"{FIRST}/documents/{part}/show", data=form).status_code == 303
    assert not again(desk, part)
    assert asked_by(desk) == [("pat.lee", False)]


@pytest.mark.parametrize("how", [{"opened": True}, {"may_hide": False}])
def test_what_was_opened_or_may_not_be_hidden_is_only_asked_for(
    desk: SampleDesk, how: dict[str, bool]
) -> None:
    part = asked(desk, **how)
    browser = desk.signed_in("Dana Reyes")
    page = words(spoken(browser.get(FIRST).text))
    assert "It is in sight" in page
    assert "Bring it back" not in page
    assert browser.get(f"{FIRST}/documents/{part}/original").status_code == 200


def test_the_mail_that_asks_is_on_no_shelf(desk: SampleDesk) -> None:
    asked(desk)
    browser = desk.signed_in("Olu Adeyemi")
    assert "9ABC-DEF3" not in browser.get("/not-submissions").text
    page = words(spoken(browser.get(LATER).text))
    assert "In another package" in page
    assert "It is in the package of 9ABC-DEF2" in page
    assert "File after all" not in page


# -- what later messages say -----------------------------------------------------------------------


def test_messages_stand_on_the_page_the_newest_last(desk: SampleDesk) -> None:
    sample = desk.sample
    first = sample.letter("9ABCDEF2")
    sample.package(first)
    sample.file(first, "24-001234", "Dana Reyes", [])
    for number, said in enumerate(("The hearing has moved.", "x" * 600, "<b>Last</b>"), 3):
        at = ARRIVED + timedelta(hours=number)
        mail = sample.letter(
            f"9ABCDEF{number}", "set_aside", reason="message", arrived_at=at, home_id=first
        )
        sample.package(mail, narrative=said)
    browser = desk.signed_in("Dana Reyes")
    page = browser.get(FIRST).text
    places = [page.index(one) for one in ("The hearing has", "x" * 600, "&lt;b&gt;Last&lt;/b&gt;")]
    assert places == sorted(places)
    assert '3 messages came later. <a href="#messages">Read them</a>' in spoken(page)
    assert page.count("Pat Lee &lt;pat.lee@bakerholt.example&gt;") >= 3
    assert browser.get(LATER).status_code == 200
    assert desk.signed_in("Lee Park").get(LATER).status_code == 404


def test_packages_that_follow_each_other_link_each_other_for_whoever_sees_both(
    desk: SampleDesk,
) -> None:
    sample = desk.sample
    first = sample.letter("9ABCDEF2")
    later = sample.letter("9ABCDEF3", follows_id=first)
    for letter, consultant in ((first, "Dana Reyes"), (later, "Ada Oyelaran-Whitcombe")):
        sample.package(letter)
        sample.file(letter, "24-001234", consultant, [])
    olu, dana = desk.signed_in("Olu Adeyemi"), desk.signed_in("Dana Reyes")
    assert "More came in answer to it: 9ABC-DEF3" in words(spoken(olu.get(FIRST).text))
    assert "It came in answer to 9ABC-DEF2" in words(spoken(olu.get(LATER).text))
    assert "9ABC-DEF3" not in dana.get(FIRST).text


def test_what_repeats_the_messages_before_it_is_marked_there_and_on_its_own_page(
    desk: SampleDesk,
) -> None:
    joined(desk)
    sample, why = desk.sample, "says the same as the messages of its sender before it"
    repeated: dict[str, object] = {"code": "repeats_itself", "fields": {}, "part": None}
    for receipt, problems in (("9ABCDEF4", list[object]()), ("9ABCDEF5", [repeated])):
        again = sample.letter(receipt, "set_aside", reason="message", home_id=1)
        sample.package(again, narrative="We have received your mail.", problems=problems)
    with desk.database.write() as connection:
        first = sa.select(letters.c.id).where(letters.c.receipt == "9ABCDEF2").scalar_subquery()
        theirs = letters.update().where(letters.c.receipt.in_(("9ABCDEF4", "9ABCDEF5")))
        connection.execute(theirs.values(home_id=first))
    browser = desk.signed_in("Dana Reyes")
    assert words(spoken(browser.get(FIRST).text)).count(why) == 1
    assert why not in words(spoken(browser.get("/p/9ABC-DEF4").text))
    assert why in words(spoken(browser.get("/p/9ABC-DEF5").text))
