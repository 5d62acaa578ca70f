"""Outlook's .msg and winmail.dat, through the reader's job: words, parts and files out."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.reader.fault import Reason
from tests.outlook_files import (
    BINARY,
    LONG,
    STRING8,
    TIME,
    TRUTH,
    UNICODE,
    Attachment,
    Message,
    compound,
    msg,
    named,
    tnef,
    words,
)
from tests.test_gateway_reader_job import LIMITS, PDF, PLAIN, PNG, Answer, mail, paths, run
from tests.test_gateway_reader_rtf import WRAPPED, compressed

Read = Callable[[bytes], Answer]
APPOINTMENT = "00062002-0000-0000-c000-000000000046"
CONTACT = "00062004-0000-0000-c000-000000000046"
MSG, TNEF = "application/vnd.ms-outlook", "application/vnd.ms-tnef"
LARGE = random.Random(4).randbytes(300_000)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda raw: run(raw, tmp_path / "job")


def attached_as(name: str, media_type: str, content: bytes) -> bytes:
    return mail(
        "MIME-Version: 1.0",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        *PLAIN,
        "--b",
        f"Content-Type: {media_type}",
        f"Content-Disposition: attachment; filename={name}",
        "Content-Transfer-Encoding: 8bit",
        "",
        content,
        "--b--",
    )


def packed(content: bytes, *first: str) -> bytes:
    """Return a mail whose TNEF is all it has but for these lines."""
    return mail("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "", *first,
                "--b", "Content-Type: application/ms-tnef; name=winmail.dat",
                "Content-Transfer-Encoding: binary", "", content, "--b--")  # fmt: skip


def part(answer: Answer, path: str) -> dict[str, Any]:
    return next(each for each in answer["parts"] if each["path"] == path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_msg_by_itself_is_a_letter(read: Read) -> None:
    answer = read(
        msg(
            Message(
                words("Case 24-001234", "See the report.", p1035=(UNICODE, "<1@baker.example>"),
                      p0017=(LONG, 2), p1042=(UNICODE, "<T1@casebridge.example>")),
                recipients=[
                    {(0x3001, UNICODE): "Reyes, Dana", (0x39FE, UNICODE): "dana@desk.example",
                     (0x0C15, LONG): 1},
                    {(0x3001, UNICODE): "Lee", (0x3002, UNICODE): "EX",
                     (0x3003, UNICODE): "/O=X/CN=LEE", (0x0C15, LONG): 2},
                ],
                attachments=[
                    Attachment(named("a very long name of a report \u00a7 24.pdf"), PDF),
                    Attachment(named("scan.bin"), LARGE),
                ],
            )
        )
    )  # fmt: skip
    (said,) = answer["words"]
    assert said["subject"] == "Case 24-001234"
    assert said["header_from"] == '"Pat Lee" <pat@baker.example>'
    assert said["header_to"] == '"Reyes, Dana" <dana@desk.example>'
    assert said["date"] == "Wed, 04 Mar 2026 05:06:07 +0000"
    assert said["text"] == "See the report."
    assert answer["sender"] == "pat@baker.example"
    assert answer["message_id"] == "<1@baker.example>"
    assert answer["answered"] == ["T1@casebridge.example"]
    assert answer["importance"] == "importance"
    assert answer["addressed"] == [
        {"name": "Reyes, Dana", "address": "dana@desk.example"},
        {"name": "Lee", "address": None},
    ]
    assert paths(answer) == {
        "1": "words",
        "2": "application/pdf",
        "3": "application/octet-stream",
    }
    assert part(answer, "2")["name"] == "a very long name of a report \u00a7 24.pdf"
    assert part(answer, "2")["sha256"] == sha256(PDF)
    assert (part(answer, "3")["bytes"], part(answer, "3")["sha256"]) == (300_000, sha256(LARGE))


def test_a_msg_that_is_attached_is_opened(read: Read) -> None:
    inner = Message(words("Inner", "Deep words."), attachments=[Attachment(named("b.pdf"), PDF)])
    outer = Message(
        words("Outer", "Middle words."), attachments=[Attachment(named("x"), item=inner)]
    )
    answer = read(attached_as("fwd.msg", MSG, msg(outer)))
    assert paths(answer) == {
        "1": "words",
        "2": "opened",
        "2/1": "words",
        "2/2": "opened",
        "2/2/1": "words",
        "2/2/2": "application/pdf",
    }
    assert part(answer, "2")["detected_type"] == MSG
    assert part(answer, "2/2/2")["sha256"] == sha256(PDF)
    assert [(each["container"], each["subject"]) for each in answer["words"]] == [
        (None, "Report"), ("2", "Outer"), ("2/2", "Inner"),
    ]  # fmt: skip


def test_html_in_its_code_page_with_the_picture_that_it_shows(read: Read) -> None:
    page = '<p>\u043f\u0440\u0438\u0432\u0435\u0442 <img src="cid:logo@1"></p>'
    answer = read(
        msg(
            Message(
                words("s", "", p1013=(BINARY, page.encode("cp1251")), p3FDE=(LONG, 1251)),
                attachments=[
                    Attachment(named("logo.png", p3712=(UNICODE, "logo@1"), p7FFE=(TRUTH, 1)), PNG)
                ],
            )
        )
    )
    (said,) = answer["words"]
    assert said["text"].startswith("\u043f\u0440\u0438\u0432\u0435\u0442")
    assert not said["lossy"]
    assert said["images"] == {"logo@1": part(answer, "2")["file"]}
    assert part(answer, "2")["inline"]


def test_a_picture_by_an_identifier_that_no_mail_could_have(read: Read) -> None:
    page = '<p>x <img src="cid:\u00c5ngstr\u00f6m\u2028 1"></p>'
    answer = read(
        msg(
            Message(
                words("s", "", p1013=(UNICODE, page)),
                attachments=[
                    Attachment(named("a.png", p3712=(UNICODE, "\u00c5ngstr\u00f6m")), PNG),
                    Attachment(named("b.png", p3712=(UNICODE, "a\x85b\u2028c")), PNG),
                ],
            )
        )
    )
    assert [each["content_id"] for each in answer["parts"]] == [
        None, "\u00c5ngstr\u00f6m", "a b c",
    ]  # fmt: skip


def test_eight_bit_texts_in_the_code_page_of_the_message(read: Read) -> None:
    text = "\u65e5\u672c\u8a9e"
    answer = read(
        msg(
            Message(
                {(0x0037, STRING8): text.encode("cp932"), (0x1000, STRING8): text.encode("cp932"),
                 (0x3FF1, LONG): 0x0411, (0x3FDE, LONG): 50220},
                attachments=[Attachment({(0x3707, STRING8): text.encode("cp932")}, b"x")],
            )
        )
    )  # fmt: skip
    (said,) = answer["words"]
    assert (said["subject"], said["text"]) == (text, text)
    assert part(answer, "2")["name"] == text


def test_html_that_is_kept_in_rich_text(read: Read) -> None:
    answer = read(msg(Message(words("s", "", p1009=(BINARY, compressed(WRAPPED))))))
    (said,) = answer["words"]
    assert said["text"].startswith("Note the line break:\nsecond \u043f\u0440")
    assert paths(answer) == {"1": "words"}
    assert part(answer, "1")["declared_type"] == "text/html"


def test_rich_text_without_another_form_is_the_words(read: Read) -> None:
    rtf = compressed(rb"{\rtf1\ansi\ansicpg1252 Dear Dana,\par see it.}")
    answer = read(msg(Message(words("s", "", p1009=(BINARY, rtf)))))
    assert answer["words"][0]["text"] == "Dear Dana,\nsee it."


def test_a_picture_in_rich_text_is_not_lost(read: Read) -> None:
    rtf = rb"{\rtf1\ansi Look: {\pict\pngblip 89504e47}}"
    answer = read(msg(Message(words("s", "Look:", p1009=(BINARY, compressed(rtf))))))
    assert paths(answer) == {"1": "words", "2": "application/rtf"}
    assert part(answer, "2")["sha256"] == sha256(rtf)


def test_broken_rich_text_is_no_loss_beside_a_plain_one_alone(read: Read, tmp_path: Path) -> None:
    broken = compressed(b"{\\rtf1 many words}")[:-12]
    answer = read(msg(Message(words("s", "words", p1009=(BINARY, broken)))))
    assert answer["words"][0]["text"] == "words"
    raw = msg(Message(words("s", "", p1009=(BINARY, broken))))
    assert run(raw, tmp_path / "alone") == {"stopped": Reason.DAMAGED}


def test_an_object_is_the_file_that_it_wraps_or_one_of_its_own(read: Read) -> None:
    native = b"\x02\x00note.txt\0C:\\note.txt\0\x00\x00\x03\x00\x03\x00\x00\x00C:\0"
    native += len(b"my words").to_bytes(4, "little") + b"my words" + b"trailing"
    objects = [
        {"\x01Ole10Native": len(native).to_bytes(4, "little") + native},
        {"Package": b"PK\x03\x04" + LARGE},
        {"WordDocument": b"\xec\xa5" + bytes(5000), "1Table": b"t"},
    ]
    answer = read(
        msg(
            Message(
                words("s", "b"),
                attachments=[
                    Attachment({(0x3001, UNICODE): "Object", (0x3705, LONG): 6}, streams=each)
                    for each in objects
                ],
            )
        )
    )
    assert (part(answer, "2")["name"], part(answer, "2")["sha256"]) == (
        "note.txt", sha256(b"my words"),
    )  # fmt: skip
    assert part(answer, "3")["sha256"] == sha256(b"PK\x03\x04" + LARGE)
    assert part(answer, "4")["detected_type"] == "application/msword"


def test_a_file_in_the_cloud_is_elsewhere(read: Read) -> None:
    cloud = named("records.pdf", p370D=(UNICODE, "https://a.example/records.pdf"))
    answer = read(
        msg(Message(words("s", "b"), attachments=[Attachment({**cloud, (0x3705, LONG): 7})]))
    )
    assert part(answer, "2")["declared_type"] == "message/external-body"
    assert part(answer, "2")["name"] == "records.pdf"


def test_what_an_appointment_and_a_contact_say(tmp_path: Path) -> None:
    appointment = Message(
        {
            (0x001A, UNICODE): "IPM.Appointment",
            (0x0037, UNICODE): "Deposition",
            (0x1000, UNICODE): "Bring the chart.",
            ((APPOINTMENT, 0x820D), TIME): datetime(2026, 3, 4, 9, 30, tzinfo=UTC),
            ((APPOINTMENT, 0x8208), UNICODE): "Room 5",
        }
    )
    text = run(msg(appointment), tmp_path / "appointment")["words"][0]["text"]
    assert text == "Start: 4 March 2026, 09:30 UTC\nLocation: Room 5\n\nBring the chart."
    contact = Message(
        {
            (0x001A, UNICODE): "IPM.Contact",
            (0x3001, UNICODE): "Dr. Ng",
            (0x3A1C, UNICODE): "555 0100",
            ((CONTACT, 0x8083), UNICODE): "ng@clinic.example",
        }
    )
    text = run(msg(contact), tmp_path / "contact")["words"][0]["text"]
    assert text == "Name: Dr. Ng\nEmail: ng@clinic.example\nMobile telephone: 555 0100"


def test_what_was_signed_is_the_message(read: Read) -> None:
    signed = mail("MIME-Version: 1.0", "Content-Type: multipart/signed; boundary=s", "",
                  "--s", *PLAIN, "--s", "Content-Type: application/pkcs7-signature", "", "sig",
                  "--s--")  # fmt: skip
    item = Message(
        {**words("s", "cached"), (0x001A, UNICODE): "IPM.Note.SMIME.MultipartSigned"},
        attachments=[Attachment(named("smime.p7m", p370E=(UNICODE, "multipart/signed")), signed)],
    )
    answer = read(msg(item))
    assert answer["words"][0]["text"] == "Dear Dana, \u00a7 see the report."
    assert list(paths(answer)) == ["1.1", "1.2"]


def test_what_is_packed_comes_apart_within_its_message(read: Read) -> None:
    item = Message(
        words("Report", "Dear Dana, \u00a7 see the report."),
        attachments=[
            Attachment(named("report.pdf"), PDF),
            Attachment(named("x"), item=Message(words("Inner", "deep"), attachments=[
                Attachment(named("c.bin"), LARGE)])),
        ],
    )  # fmt: skip
    answer = read(packed(tnef(item), "--b", *map(str, PLAIN)))
    assert paths(answer) == {
        "1": "words",
        "2": "opened",
        "2/1": "alternative",
        "2/2": "application/pdf",
        "2/3": "opened",
        "2/3/1": "words",
        "2/3/2": "application/octet-stream",
    }
    assert [each["container"] for each in answer["words"]] == [None, "2/3"]
    assert part(answer, "2")["detected_type"] == TNEF
    assert part(answer, "2/2")["container"] == "2"
    assert part(answer, "2/2")["sha256"] == sha256(PDF)
    assert part(answer, "2/3/2")["sha256"] == sha256(LARGE)


def test_packed_words_are_the_message_where_it_has_none(read: Read) -> None:
    page = b'<p>Only here <img src="cid:logo@1"></p>'
    item = Message(
        words("Other subject", "", p1013=(BINARY, page), p3FDE=(LONG, 1252)),
        attachments=[Attachment(named("logo.png", p3712=(UNICODE, "logo@1")), PNG)],
    )
    answer = read(packed(tnef(item)))
    (said,) = answer["words"]
    assert (said["container"], said["path"], said["text"]) == (None, "1/1", "Only here")
    assert said["subject"] == "Report"
    assert said["images"] == {"logo@1": part(answer, "1/2")["file"]}


def test_packed_words_that_differ_are_kept_beside(read: Read) -> None:
    answer = read(packed(tnef(Message(words("s", "Something else entirely."))), "--b", *PLAIN))
    assert [(each["container"], each["text"][:9]) for each in answer["words"]] == [
        (None, "Dear Dana"), ("2", "Something"),
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [600, 2000])
def test_one_cut_short_stays_whole_and_is_told(tmp_path: Path, cut: int) -> None:
    item = Message(words("s", "b"), attachments=[Attachment(named("a.bin"), LARGE[:9000])])
    for name, media_type, content in (("m.msg", MSG, msg(item)), ("w.dat", TNEF, tnef(item))):
        answer = run(attached_as(name, media_type, content[:-cut]), tmp_path / name)
        assert part(answer, "2")["flags"] == ["damaged"]
        assert part(answer, "2")["sha256"] == sha256(content[:-cut])
        assert set(paths(answer)) == {"1", "2"}


def test_a_message_without_the_list_of_its_properties(read: Read) -> None:
    raw = compound({"__substg1.0_0037001F": "Case".encode("utf-16-le"),
                    "__substg1.0_1000001F": "words".encode("utf-16-le")})  # fmt: skip
    answer = read(attached_as("m.msg", "application/octet-stream", raw))
    assert part(answer, "2")["flags"] == ["opened"]
    assert [(each["subject"], each["text"]) for each in answer["words"]][1:] == [("Case", "words")]


def test_a_compound_file_that_is_no_message_is_no_letter(read: Read) -> None:
    assert read(compound({"WordDocument": bytes(5000)})) == {"stopped": Reason.DAMAGED}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_noise_in_them_never_gets_out(tmp_path: Path, seed: int) -> None:
    """Bytes changed at random: the job ends with an answer or a reason, and loses no part."""
    chance = random.Random(seed)
    item = Message(
        words("s", "b", p1009=(BINARY, compressed(WRAPPED))),
        recipients=[{(0x3001, UNICODE): "Lee"}],
        attachments=[
            Attachment(named("a.bin"), LARGE[:9000]),
            Attachment(named("x"), item=Message(words("i", "deep"))),
            Attachment({(0x3705, LONG): 6}, streams={"\x01Ole10Native": bytes(90)}),
        ],
    )
    for number in range(30):
        for name, content in (("m.msg", msg(item)), ("w.dat", tnef(item))):
            noisy = bytearray(content)
            for _ in range(chance.choice([1, 4, 40])):
                noisy[chance.randrange(len(noisy))] = chance.randrange(256)
            raw = attached_as(name, "application/octet-stream", bytes(noisy))
            answer = run(raw, tmp_path / f"{name}{number}", LIMITS)
            assert "stopped" in answer or {"1", "2"} <= set(paths(answer))
