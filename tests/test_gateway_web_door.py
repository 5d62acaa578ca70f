"""The web door: a draft becomes one letter, carried like any other, or it is not sent at all."""

from __future__ import annotations

import io
import threading
import zipfile
from datetime import timedelta
from email.message import EmailMessage

import pikepdf
import pytest
import sqlalchemy as sa

from converters.fault import JobDied
from gateway.intake import Intake, WallDown
from gateway.letter import Accepted, Along, Letter, Proof
from gateway.manifest import Manifest
from gateway.moving.sweep import is_referenced
from gateway.stores import Stores
from gateway.verification import damages, disagreements
from gateway.web_door import WebDoor
from portal import draft as drafting
from portal import link_draft, upload_link
from portal.draft import NoDraft
from portal.tables import (
    accounts,
    cases,
    documents,
    drafts,
    letters,
    outbox,
    parts,
    submissions,
    upload_link_drafts,
    upload_links,
    uploads,
)
from portal.upload import AddressNotProven, NotWhole
from tests.carrying import NOW, Carrier, ReaderHere
from tests.drafting import PAT, TEXT, Sender

pytestmark = pytest.mark.record


@pytest.fixture
def sender(sample_stores: Stores) -> Sender:
    return Sender(Carrier(sample_stores))


def pdf(password: str = "") -> bytes:
    made = io.BytesIO()
    locked = pikepdf.Encryption(owner=password, user=password) if password else False
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(made, encryption=locked)
    return made.getvalue()


def agrees(sender: Sender) -> bool:
    stores = sender.carrier.stores
    assert list(disagreements(stores.database)) == []
    assert list(damages(stores.database, stores.vault)) == []
    return True


def filed_under(sender: Sender) -> list[str]:
    with sender.carrier.stores.database.read() as connection:
        return list(
            connection.scalars(
                sa.select(cases.c.number)
                .join(submissions, submissions.c.case_id == cases.c.id)
                .order_by(submissions.c.id)
            )
        )


def test_a_draft_is_filed_to_the_case_that_was_typed(sender: Sender) -> None:
    draft = sender.draft({"case": " 24\u2013001234 ", "deadline": "2026-12-05"})
    sender.upload(draft, "report.pdf", pdf(), document_type="Expert report", description="Dr Lee's")
    sender.upload(draft, "notes.txt", b"notes", TEXT)
    assert sender.carried(draft) == "filed"
    (letter,) = sender.rows(letters)
    assert (letter.door, letter.sender, letter.proof, letter.form) == (
        "web",
        PAT,
        "code",
        "manifest",
    )
    assert filed_under(sender) == ["24-001234"]
    assert sender.fates() == [
        ("1", None, "filed", "narrative"),
        ("2", "report.pdf", "filed", None),
        ("3", "notes.txt", "converted", None),
    ]
    package = sender.package
    assert package.narrative == "The records of the visit."
    assert package.subject == "Documents about 24\u2013001234"
    assert package.header_from == f"Pat Hall <{PAT}>"
    assert package.urgent == "The form names a deadline: 5 December 2026."
    assert [(one["found_in"], one["number"]) for one in package.candidates] == [
        ("form", "24-001234")
    ]
    kinds = {(one.document_type, one.description) for one in sender.rows(documents)}
    assert ("Expert report", "Dr Lee's") in kinds
    mails = {(one.kind, one.recipient) for one in sender.rows(outbox)}
    assert mails == {("receipt", PAT), ("notice", "dana.reyes@sample-mutual.example")}
    assert agrees(sender)


def test_what_the_vault_has_is_not_added_again(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = sender.draft()
    sender.upload(draft, "report.pdf", pdf())
    sender.send(draft)
    added: list[object] = []
    vault = sender.carrier.stores.vault
    monkeypatch.setattr(type(vault), "add", lambda *_args, **_more: added.append(1))
    assert sender.carrier.carry() == "filed"
    assert added == []


def test_sent_twice_is_one_letter(sender: Sender) -> None:
    draft = sender.draft()
    sender.upload(draft, "report.pdf", pdf())
    together = threading.Barrier(4)
    receipts: list[str] = []

    def press() -> None:
        together.wait()
        receipts.append(sender.send(draft))

    tabs = [threading.Thread(target=press) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(receipts) == 4
    assert {*receipts, sender.send(draft)} == {one.receipt for one in sender.rows(letters)}
    assert len(sender.rows(letters)) == 1
    assert sender.carrier.carry() == "filed"
    assert sender.send(draft) == receipts[0]
    assert agrees(sender)


def test_the_same_files_in_another_draft_are_another_letter(sender: Sender) -> None:
    for _ in range(2):
        draft = sender.draft()
        sender.upload(draft, "report.pdf", pdf())
        assert sender.carried(draft) == "filed"
    assert len(sender.rows(letters)) == 2


def test_an_end_before_the_commit_leaves_the_draft_as_it_was(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = sender.draft()
    sender.upload(draft, "report.pdf", pdf())
    inserted = Intake._insert

    def ends(
        intake: Intake, connection: sa.Connection, letter: Letter, along: Along | None
    ) -> None:
        inserted(intake, connection, letter, along)
        raise sa.exc.OperationalError("COMMIT", {}, Exception("the power is gone"))

    monkeypatch.setattr(Intake, "_insert", ends)
    with pytest.raises(WallDown):
        sender.send(draft)
    assert sender.rows(letters) == []
    (row,) = sender.rows(drafts)
    assert (row.sent_at, row.letter_id) == (None, None)
    monkeypatch.undo()
    assert sender.carried(draft) == "filed"
    assert agrees(sender)


def test_a_file_that_another_tab_removes_meanwhile_is_not_sent(sender: Sender) -> None:
    draft = sender.draft()
    sender.upload(draft, "keep.txt", b"keep", TEXT)
    sender.upload(draft, "remove.txt", b"remove", TEXT)
    stores = sender.carrier.stores
    accept = stores.intake().accept
    tried: list[bytes] = []

    def other_tab_first(letter: Letter, along: Along | None = None) -> object:
        tried.append(bytes(letter.content or b""))
        with stores.database.write() as connection:
            connection.execute(sa.delete(uploads).where(uploads.c.name == "remove.txt"))
        return accept(letter, along)

    WebDoor(
        stores.database,
        stores.vault,
        other_tab_first,  # type: ignore[arg-type]  # it is the wall, and something before it
        stores.settings.intake.address,
        lambda: NOW,
    ).send(draft)
    named = [[one.name for one in Manifest.read(each).files] for each in tried]
    assert named == [["keep.txt", "remove.txt"], ["keep.txt"]]
    assert sender.carrier.carry() == "filed"
    assert agrees(sender)


def test_who_is_not_proven_sends_nothing(sender: Sender) -> None:
    draft = sender.draft(proven=False)
    with pytest.raises(AddressNotProven):
        sender.send(draft)
    proven = sender.draft()
    with sender.carrier.stores.database.write() as connection:
        other = {"way": "unknown", "email": "quinn@quillmarsh.example", "message": "Mine"}
        drafting.write(connection, proven, other, now=NOW)
    with pytest.raises(AddressNotProven):
        sender.send(proven)
    with pytest.raises(NoDraft):
        sender.send(proven + 1)
    assert sender.rows(letters) == []


@pytest.mark.slow
def test_a_file_that_is_not_whole_is_waited_for(sender: Sender) -> None:
    draft = sender.draft()
    sender.upload(draft, "half.pdf", pdf(), whole=False)
    with pytest.raises(NotWhole):
        sender.send(draft)
    assert sender.rows(letters) == []


def test_who_is_signed_in_needs_no_code(sender: Sender) -> None:
    draft = sender.draft({"email": "", "name": ""}, proven=False, account=PAT)
    sender.upload(draft, "report.pdf", pdf())
    assert sender.carried(draft) == "filed"
    (letter,) = sender.rows(letters)
    assert (letter.sender, letter.proof) == (PAT, Proof.ACCOUNT.value)


def test_what_one_of_the_staff_sends_is_filed_and_told_as_a_firms_is(sender: Sender) -> None:
    olu = "olu.adeyemi@sample-mutual.example"
    draft = sender.draft({"email": "", "name": ""}, proven=False, account=olu)
    sender.upload(draft, "report.pdf", pdf())
    assert sender.carried(draft) == "filed"
    (letter,) = sender.rows(letters)
    assert (letter.firm_id, letter.reason) == (None, None)
    assert filed_under(sender) == ["24-001234"]
    receipt, notice = sorted(sender.rows(outbox), key=lambda one: one.kind, reverse=True)
    assert (receipt.kind, receipt.recipient) == ("receipt", olu)
    assert receipt.subject.startswith("Filed: 1 document")
    assert (notice.kind, notice.recipient) == ("notice", "dana.reyes@sample-mutual.example")
    assert agrees(sender)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"case": "24-999999"}, "case_not_found"),
        ({"case": "24-001377"}, "case_not_found"),  # another firm's: the same answer
        ({"case": "the Hall matter"}, "case_format"),
        ({"way": "unknown"}, "consultant_unknown"),  # a number that was typed before is not meant
        ({"way": "consultant", "case": "", "consultant": "Dana Reyes"}, "consultant_unknown"),
        ({"email": "who@nowhere.example"}, "sender_not_known"),
    ],
)
def test_what_the_form_says_may_be_held(sender: Sender, typed: dict[str, str], code: str) -> None:
    draft = sender.draft(typed)
    sender.upload(draft, "report.pdf", pdf())
    assert sender.carried(draft) in {"needs_you", "with_us"}
    (letter,) = sender.rows(letters)
    assert letter.reason == code
    assert filed_under(sender) == []
    assert agrees(sender)


def test_the_typed_case_goes_before_the_message_and_is_never_replaced_by_it(sender: Sender) -> None:
    draft = sender.draft({"message": "As in case 24-001301."})
    assert sender.carried(draft) == "filed"
    assert filed_under(sender) == ["24-001234"]
    wrong = sender.draft({"case": "24-001377", "message": "As in case 24-001301."})
    assert sender.carried(wrong) == "needs_you"
    assert filed_under(sender) == ["24-001234"]


def test_a_consultant_chosen_on_the_form_takes_a_case_without_one(sender: Sender) -> None:
    chosen = {"way": "consultant", "consultant": "lee park"}
    draft = sender.draft(chosen | {"message": "Dear Dana,\nit is case 25-000345."})
    assert sender.carried(draft) == "filed"
    assert sender.package.consultant_how == "form"
    nobody = sender.draft(
        {"way": "consultant", "consultant": "Nobody Known", "message": "Case 25-000345."}
    )
    assert sender.carried(nobody) == "with_us"
    assert ("form", "Nobody Known") in {
        (one["found_in"], one["text"]) for one in sender.package.candidates
    }


def test_what_is_uploaded_comes_apart_as_in_a_message(sender: Sender) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.example", "c@d.example", "The scan"
    mail.set_content("See the scan of case 24-001240.")
    mail.add_attachment(pdf(), maintype="application", subtype="pdf", filename="scan.pdf")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("inside/one.txt", "one")
        archive.writestr("inside/mail.eml", mail.as_bytes())
    draft = sender.draft()
    sender.upload(draft, "Pack.zip", packed.getvalue(), "application/zip")
    sender.upload(draft, "mail.eml", mail.as_bytes(), "message/rfc822")
    assert sender.carried(draft) == "filed"
    assert filed_under(sender) == ["24-001234"]
    assert [(path, fate, reason) for path, _, fate, reason in sender.fates()] == [
        ("1", "filed", "narrative"),
        ("2", "left_out", "opened"),
        ("2/1", "converted", None),
        ("2/2", "left_out", "opened"),
        ("2/2/1", "filed", "narrative"),
        ("2/2/2", "filed", None),
        ("3", "left_out", "opened"),
        ("3/1", "filed", "narrative"),
        ("3/2", "filed", None),
    ]
    assert agrees(sender)


def test_each_file_has_its_own_fate(sender: Sender) -> None:
    draft = sender.draft({"message": ""})
    sender.upload(draft, "empty.pdf", b"", "application/pdf")
    sender.upload(draft, "setup.exe", b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0" + b"\0" * 200)
    sender.upload(draft, "locked.pdf", pdf("secret"), "application/pdf")
    sender.upload(draft, "../../notes\u202etxt.exe", b"notes", "text/html; charset=x")
    sender.upload(draft, "good.pdf", pdf(), "not a type")
    assert sender.carried(draft) == "filed_in_part"
    assert [(fate, reason) for _, _, fate, reason in sender.fates()] == [
        ("left_out", "file_empty"),
        ("refused", "file_type_blocked"),
        ("held", "file_password"),
        ("refused", "file_type_blocked"),
        ("filed", None),
    ]
    (program,) = [one for one in sender.rows(parts) if one.original_name == "setup.exe"]
    assert not program.stored
    with sender.carrier.stores.database.read() as connection:  # sealed in what was sent
        assert is_referenced(connection, program.sha256)
    assert agrees(sender)


def test_an_empty_draft_says_so(sender: Sender) -> None:
    assert sender.carried(sender.draft({"message": ""})) == "not_filed"
    (letter,) = sender.rows(letters)
    assert letter.reason == "no_content"
    assert agrees(sender)


@pytest.mark.slow
def test_three_hundred_files_are_one_letter(sender: Sender) -> None:
    draft = sender.draft()
    for number in range(300):
        sender.upload(draft, f"page {number % 7}.txt", b"page %d" % number, TEXT)
    assert sender.carried(draft) == "filed"
    filed = [one for one in sender.rows(parts) if one.filed_name is not None]
    assert len({one.filed_name for one in filed}) == 300
    assert [one.original_name for one in filed] == [f"page {n % 7}.txt" for n in range(300)]
    assert agrees(sender)


def test_a_file_that_cannot_be_taken_apart_is_held_alone(sender: Sender) -> None:
    draft = sender.draft()
    sender.upload(draft, "one.txt", b"one", TEXT)
    sender.upload(draft, "liar.txt", b"liar", TEXT)
    sender.upload(draft, "killer.txt", b"killer", TEXT)
    looked = iter(("one.txt", "liar.txt", "killer.txt"))

    def answers(answer: dict[str, object]) -> dict[str, object]:
        if (name := next(looked)) == "killer.txt":
            raise JobDied("memory")
        return answer | ({"parts": []} if name == "liar.txt" else {})

    sender.carrier.reader = ReaderHere(answers=answers)
    assert sender.carried(draft) == "filed_in_part"
    assert sender.fates()[1:] == [
        ("2", "one.txt", "converted", None),
        ("3", "liar.txt", "held", "archive_unsafe"),
        ("4", "killer.txt", "held", "archive_unsafe"),
    ]
    assert agrees(sender)


def test_a_letter_that_is_given_up_shows_its_files(sender: Sender) -> None:
    draft = sender.draft()
    sender.upload(draft, "report.pdf", pdf())
    sender.send(draft)
    assert sender.carrier.worker.give_up(1, 1)
    assert [(name, fate) for _, name, fate, _ in sender.fates()] == [
        (None, "held"),
        ("report.pdf", "held"),
    ]
    assert agrees(sender)


def test_a_manifest_has_one_form_for_one_content(sender: Sender) -> None:
    one = Manifest.of(1, {"message": "a\r\nb\0", "way": "number", "csrf": "x"}, ())
    assert one == Manifest.of(1, {"way": "number", "message": "a\nb"}, ())
    assert Manifest.read(one.written()) == one
    assert Manifest.of(2, {}, ()).written() != Manifest.of(1, {}, ()).written()
    assert Manifest.of(1, {"message": "\ud800"}, ()).fields == {"message": "?"}


def linked(sender: Sender, completed: int, *draft_ids: int) -> None:
    """Have drafts begun by one upload link of a letter."""
    with sender.carrier.stores.database.write() as connection:
        maker = connection.execute(
            sa.insert(accounts)
            .values(email="olu@insurer.example", name="Olu", role="operations")
            .returning(accounts.c.id)
        ).scalar_one()
        link = connection.execute(
            sa.insert(upload_links)
            .values(
                token_sha256="0" * 64,
                letter_id=completed,
                account_id=maker,
                case_number="24-001234",
                message="",
                made_at=NOW,
                expires_at=NOW + timedelta(days=1),
            )
            .returning(upload_links.c.id)
        ).scalar_one()
        connection.execute(
            sa.insert(upload_link_drafts),
            [{"draft_id": one, "link_id": link} for one in draft_ids],
        )


def test_a_draft_by_a_link_that_holds_no_more_is_not_sent_until_it_is_let_go(
    sender: Sender,
) -> None:
    first = sender.draft()
    sender.send(first)
    (completed,) = sender.rows(letters)
    by_link, too_late = sender.draft(), sender.draft()
    linked(sender, completed.id, by_link, too_late)
    receipt = sender.send(by_link)
    assert sender.send(by_link) == receipt, "sent again it is the same submission"
    with pytest.raises(upload_link.UploadLinkGone):
        sender.send(too_late)
    assert [one.receipt for one in sender.rows(letters)] == [completed.receipt, receipt]
    (used,) = sender.rows(upload_links)
    assert used.used_by_id == sender.rows(letters)[-1].id
    assert [one.recipient for one in sender.rows(outbox) if one.kind == "link_used"] == [
        "olu@insurer.example"
    ]
    with sender.carrier.stores.database.write() as connection:
        link_draft.let_go(connection, too_late)
    sender.send(too_late)
    assert len(sender.rows(letters)) == 3


def test_a_link_that_is_revoked_at_the_last_moment_sends_nothing(sender: Sender) -> None:
    sender.send(sender.draft())
    (completed,) = sender.rows(letters)
    draft = sender.draft()
    linked(sender, completed.id, draft)
    stores = sender.carrier.stores
    accept = stores.intake().accept

    def revoked_first(letter: Letter, along: Along | None = None) -> Accepted:
        with stores.database.write() as connection:
            connection.execute(sa.update(upload_links).values(revoked_at=NOW))
        return accept(letter, along)

    door = WebDoor(stores.database, stores.vault, revoked_first, "in@x.example", lambda: NOW)
    with pytest.raises(upload_link.UploadLinkGone):
        door.send(draft)
    assert len(sender.rows(letters)) == 1
