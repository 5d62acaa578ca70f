"""Elsewhere: what never came is seen, and what only looks like it is not."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from config import apart, media
from config.elsewhere import rules
from gateway.road.elsewhere import elsewhere
from gateway.road.file import final_state
from gateway.road.package import Fate, Package, Part
from gateway.road.sort import sort
from gateway.telling.tally import Tally
from tests.packages import PDF, package, part, words

BODY = part("1", None, "text/plain", flags=frozenset({"words"}))
REPORT = part("2", "report.pdf", PDF)
WORDS = "Here are the records of Mr Doe."


def seen(text: str = WORDS, *parts: Part, links: tuple[str, ...] = (), **changes: Any) -> Package:
    own = dataclasses.replace(words(text), links=links, **changes)
    sent = package(BODY, *parts, words=(own,))
    return elsewhere(sort(sent, media.catalogue(), apart.rules()), rules())


def told(carried: Package) -> list[tuple[str, object, object]]:
    return [(one.code, one.fields.get("n"), one.part) for one in carried.troubles]


SHARES = [
    ("OneDrive", "https://1drv.ms/b/s!AbCdEf"),
    ("OneDrive", "https://onedrive.live.com/?authkey=%21A&cid=1&id=1%2123"),
    ("OneDrive", "https://baker-my.sharepoint.com/:f:/g/personal/pat_baker_example/EabC?e=x"),
    ("SharePoint", "https://baker.sharepoint.com/:b:/s/Claims/Eabc?e=x"),
    ("SharePoint", "https://baker.sharepoint.com/sites/Claims/Shared%20Documents/records.pdf"),
    ("SharePoint", "https://b.sharepoint.com/sites/C/_layouts/15/guestaccess.aspx?share=Eabc"),
    ("Dropbox", "https://www.dropbox.com/s/a1b2/records.pdf?dl=0"),
    ("Dropbox", "https://www.dropbox.com/scl/fo/a1b2/h?rlkey=1&dl=0"),
    ("Dropbox", "https://www.dropbox.com/t/AbCd"),
    ("Box", "https://baker.app.box.com/s/a1b2c3"),
    ("Box", "https://app.box.com/file/123"),
    ("Google Drive", "https://drive.google.com/file/d/1AbC/view?usp=sharing"),
    ("Google Drive", "https://drive.google.com/drive/folders/1AbC"),
    ("Google Drive", "https://drive.google.com/open?id=1AbC"),
    ("Google Drive", "https://docs.google.com/document/d/1AbC/edit"),
    ("ShareFile", "https://baker.sharefile.com/d-s1a2b3"),
    ("ShareFile", "https://baker.sharefile.com/public/share/web-s1a2b3"),
    ("WeTransfer", "https://we.tl/t-AbC1"),
    ("WeTransfer", "https://wetransfer.com/downloads/abc/def"),
    ("Egnyte", "https://baker.egnyte.com/dl/AbC1"),
    ("iCloud Mail Drop", "https://www.icloud.com/attachment/?u=https%3A%2F%2Fcvws&uk=x"),
    ("a file sharing service", "https://spaces.hightail.com/receive/AbC"),
    ("a file sharing service", "https://cloud.hospital.example/index.php/s/aB3dE5gH7jK9mN1"),
    ("a file sharing service", "https://yadi.sk/d/AbC"),
    ("a file sharing service", "https://drive.proton.me/urls/ABC#x"),
]


@pytest.mark.parametrize(("place", "link"), SHARES)
def test_a_shared_file_is_known_written_out_behind_words_and_rewritten(
    place: str, link: str
) -> None:
    safe = f"https://nam12.safelinks.protection.outlook.com/?url={quote(link, safe='')}&data=05"
    for carried in (seen(f"{WORDS} {link}"), seen(links=(link,)), seen(links=(safe,))):
        assert told(carried) == [("content_is_a_link", 1, None)]
        assert carried.troubles[0].fields["place"] == place
        assert final_state(carried.but(narrative="x"))[0] == "filed_in_part"


@pytest.mark.parametrize(
    "link",
    [
        "https://www.bakerllp.example/attorneys/pat-ames",
        "https://www.dropbox.com/",
        "https://www.dropbox.com/request/AbC",
        "https://baker.sharefile.com/r-r1a2b3",
        "https://baker.sharefile.com/",
        "https://baker.sharefile.com/filedrop/dx1",
        "https://baker.sharepoint.com/",
        "https://baker.sharepoint.com/sites/Intranet",
        "https://www.linkedin.com/in/pat",
        "https://aka.ms/LearnAboutSenderIdentification",
        "https://maps.google.com/?q=Boston",
        "https://www.google.com/maps/place/x",
        "https://www.box.com/home",
        "https://wetransfer.com/",
        "https://drive.google.com/",
        "https://www.icloud.com/",
        "https://outlook.office.com/bookwithme/user/x",
        "https://teams.microsoft.com/l/meetup-join/19%3ameeting",
        "https://us02web.zoom.us/j/123?pwd=x",
        "https://protect-us.mimecast.com/s/x?domain=bakerllp.example",
        "https://onedrive.live.com/about/en-us/",
    ],
)
def test_a_link_that_shares_nothing_is_none(link: str) -> None:
    assert told(seen(f"{WORDS} {link}", links=(link,))) == []


def test_one_link_is_one_however_often_it_stands_there_and_several_are_counted() -> None:
    first, second = (f"https://www.dropbox.com/s/{one}/a.pdf?dl=0" for one in "ab")
    carried = seen(f"{WORDS} {first} {first}", links=(first, second))
    assert told(carried) == [("content_is_a_link", 2, None)]
    both = seen(f"{WORDS} {first} https://we.tl/t-abc")
    assert told(both) == [("content_is_a_link", 2, None)]
    assert both.troubles[0].fields["place"] == "Dropbox and WeTransfer"


def test_a_link_in_quoted_history_is_none_but_a_message_passed_on_is_what_it_says() -> None:
    link = "https://www.dropbox.com/s/a/a.pdf"
    assert told(seen(f"{WORDS}\n\n> {link}", new=WORDS)) == []
    passed_on = seen(f"---- Forwarded message ----\n{link}", new="")
    assert told(passed_on) == [("content_is_a_link", 1, None)]


def test_what_came_is_filed_and_counted_apart() -> None:
    carried = seen(f"{WORDS} https://www.dropbox.com/s/a/a.pdf", REPORT)
    named = tuple(dataclasses.replace(one, filed_name=one.original_name) for one in carried.parts)
    carried = carried.but(parts=named)
    assert final_state(carried) == ("filed_in_part", "content_is_a_link")
    tally = Tally(carried)
    assert (tally.wholes, tally.absent, tally.came) == (1, 1, 2)
    assert tally.needs_the_sender


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ("Proofpoint Encryption", "This message was secured by Proofpoint. Click to read it."),
        ("Zix", "You have received a ZixMail secure message. Secured by ZixCorp."),
        ("Cisco Secure Email", "You have received a Cisco Registered Envelope."),
        (
            "Microsoft Purview Message Encryption",
            "Pat Ames has sent you a protected message. Read the message.",
        ),
        ("a secure mail service", "You have received a secure message from County Hospital."),
        ("a secure mail service", "Sie haben eine verschlüsselte Nachricht erhalten."),
    ],
)
def test_a_notice_of_a_secret_mail_service_is_known_by_its_words(service: str, text: str) -> None:
    carried = seen(text)
    assert told(carried) == [("content_in_secure_portal", 1, None)]
    assert carried.troubles[0].fields["service"] == service


@pytest.mark.parametrize(
    ("name", "media_type", "glimpse", "code"),
    [
        ("securedoc.html", "text/html", "", "content_in_secure_portal"),
        ("securedoc_20261121T154200.html", "text/html", "", "content_in_secure_portal"),
        ("SecureMessageAtt.html", "text/html", "", "content_in_secure_portal"),
        ("message.rpmsg", "application/octet-stream", "", "content_in_secure_portal"),
        (
            "message_v2.rpmsg",
            "application/x-microsoft-rpmsg-message",
            "",
            "content_in_secure_portal",
        ),
        (
            "message.html",
            "text/html",
            "Encrypted message from Microsoft",
            "content_in_secure_portal",
        ),
        ("records.pdf-Attachment-Warning.txt", "text/plain", "", "attachment_removed_on_the_way"),
        ("VirusWarning.txt", "text/plain", "", "attachment_removed_on_the_way"),
        ("Malware Alert Text.txt", "text/plain", "", "attachment_removed_on_the_way"),
        ("Deleted: records.pdf", "text/x-moz-deleted", "", "attachment_removed_on_the_way"),
        (
            "note.txt",
            "text/plain",
            'The attachment "records.pdf" was removed by the mail gateway.',
            "attachment_removed_on_the_way",
        ),
    ],
)
def test_a_stub_is_filed_as_it_came_and_told(
    name: str, media_type: str, glimpse: str, code: str
) -> None:
    stub = part("2", name, media_type, glimpse=glimpse)
    carried = seen("See attached.", stub)
    assert told(carried) == [(code, 1, "2")]
    assert (carried.parts[1].fate, carried.parts[1].reason) == (Fate.FILED, code)
    if code == "attachment_removed_on_the_way" and "records" in name + glimpse:
        assert carried.troubles[0].fields["name"] == "records.pdf"
    named = tuple(dataclasses.replace(one, filed_name="x") for one in carried.parts[1:])
    tally = Tally(carried.but(parts=named))
    assert (tally.wholes, tally.came) == (0, 1), "a stub stands for one that did not come"


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ('The attachment "records.pdf" has been removed because of its type.', 1),
        ("A non-text attachment was scrubbed... Name: records.pdf Type: application/pdf", 1),
        ('[attachment "a.pdf" deleted by Pat Ames/Baker] [attachment "b.pdf" deleted by P/B]', 2),
        ("Warning: This message has had one or more attachments removed", 1),
        ("Der Anhang wurde aus Sicherheitsgründen entfernt.", 1),
    ],
)
def test_a_stub_in_the_words_is_told(text: str, n: int) -> None:
    assert told(seen(text)) == [("attachment_removed_on_the_way", n, None)]


PROMISES = [
    "Please find attached the records.",
    "Pls see attached.",
    "Attached is the report of Dr. Lee.",
    "Enclosed please find our motion.",
    "I have attached the records.",
    "I'm attaching the bills.",
    "The attached records are complete.",
    "Anbei erhalten Sie den Bericht.",
    "Den Bericht finden Sie im Anhang.",
    "Veuillez trouver ci-joint le rapport.",
    "Adjunto le remito el informe.",
    "Se adjunta el informe.",
    "Segue em anexo o relatório.",
    "In allegato il referto.",
    "Bijgevoegd vindt u het rapport.",
    "Vedlagt er rapporten.",
    "Rapporten bifogas; jag har bifogat den.",
    "W załączeniu przesyłam raport.",
    "Во вложении отчёт.",  # noqa: RUF001 -- Russian
    "報告書を添付いたします。",
    "请查收附件。",
]


@pytest.mark.parametrize("text", PROMISES)
def test_a_promise_without_a_document_is_told_and_with_one_it_is_not(text: str) -> None:
    carried = seen(text)
    assert told(carried) == [("attachment_missing", 1, None)]
    assert told(seen(text, REPORT)) == []
    linked = seen(f"{text} https://www.dropbox.com/s/a/a.pdf")
    assert [code for code, _, _ in told(linked)] == ["content_is_a_link"]


@pytest.mark.parametrize(
    "text",
    [
        "There is nothing attached to this message.",
        "I have not attached the records yet.",
        "The catheter was attached to the left arm.",
        "Do you have the records? No attachment came.",
        "We are strongly attached to the idea.",
        "The provider's full name is enclosed in parentheses.",
        "The wound was enclosed by a dressing.",
        "Which chart is that note actually attached to?",
        "You can open attachments in the portal.",
        "El director adjunto llama mañana.",
        "Die Unterlagen sind nicht beigefügt.",
        "Thank you for your call.",
    ],
)
def test_words_that_promise_nothing_are_none(text: str) -> None:
    assert told(seen(text)) == []


def test_a_logo_keeps_no_promise() -> None:
    logo = part("2", "logo.png", "image/png", bytes=900, pixels=(90, 30), content_id="l@a")
    own = dataclasses.replace(
        words("Please find attached the report."),
        images={"l@a": Path("p00009")},
        seen=frozenset({"l@a"}),
    )
    sent = package(BODY, logo, words=(own,))
    carried = elsewhere(sort(sent, media.catalogue(), apart.rules()), rules())
    assert carried.parts[1].reason == "decoration"
    assert told(carried) == [("attachment_missing", 1, None)]


def test_a_program_or_an_empty_file_has_a_problem_of_its_own() -> None:
    for odd in (part("2", "a.pdf", bytes=0), part("2", "a.exe", "application/x-dosexec")):
        assert [code for code, _, _ in told(seen("See attached.", odd))] != ["attachment_missing"]
