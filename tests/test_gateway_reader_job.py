"""The reader's job, whole: raw bytes in, words, parts and files out."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import Reading
from gateway.reader import job

LIMITS = {"max_parts": 100, "max_depth": 12, "max_header_bytes": 20_000}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# One pixel and 600 by 400, as their headers say.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

Answer = dict[str, Any]
Read = Callable[[bytes], Answer]


def run(raw: bytes, folder: Path, limits: Mapping[str, int] = LIMITS) -> Answer:
    folder.mkdir(parents=True)
    file = folder.parent / f"{folder.name}.raw"
    file.write_bytes(raw)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return job.run(dict(limits), [descriptor], folder)
    finally:
        os.close(descriptor)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda raw: run(raw, tmp_path / "job")


def mail(*lines: str | bytes) -> bytes:
    head = [b"From: Pat Lee <pat@baker.example>", b"Subject: Report"]
    return b"\r\n".join(
        [*head, *(line.encode() if isinstance(line, str) else line for line in lines)]
    )


def paths(answer: Answer) -> dict[str, str]:
    """Return what each part is: its role, or its type where it has none."""
    roles = {"words", "alternative", "opened"}
    return {
        part["path"]: next(iter(roles & set(part["flags"])), part["detected_type"])
        for part in answer["parts"]
    }


PLAIN = ("Content-Type: text/plain; charset=utf-8", "", "Dear Dana, § see the report.")
HTML = ("Content-Type: text/html; charset=utf-8", "", "<p>Dear Dana, § see the <b>report</b>.</p>")
FILE = (
    "Content-Type: application/pdf",
    'Content-Disposition: attachment; filename="report.pdf"',
    "Content-Transfer-Encoding: base64",
    "",
    base64.encodebytes(PDF),
)


def test_whom_it_is_for_what_it_answers_and_how_it_is_marked(read: Read) -> None:
    answer = read(
        mail(
            "To: =?utf-8?Q?Reyes,_Dana?= <claims@casebridge.example>",
            "Cc: Lee.Park@desk.example",
            "In-Reply-To: <Token-1@casebridge.example>",
            "References: <1@a.example>",
            " <Token-1@casebridge.example>",
            "X-Priority: 1 (Highest)",
            *PLAIN,
        )
    )
    assert answer["addressed"] == [
        {"name": "Reyes, Dana", "address": "claims@casebridge.example"},
        {"name": "", "address": "lee.park@desk.example"},
    ]
    assert answer["answered"] == ["Token-1@casebridge.example", "1@a.example"]
    assert answer["importance"] == "x-priority"


def group(kind: str, boundary: str, *parts: tuple[str | bytes, ...]) -> tuple[str | bytes, ...]:
    lines: list[str | bytes] = [f"Content-Type: multipart/{kind}; boundary={boundary}", ""]
    for part in parts:
        lines += [f"--{boundary}", *part]
    return (*lines, f"--{boundary}--")


def test_a_plain_message_is_its_own_only_part(read: Read) -> None:
    answer = read(mail("To: claims@casebridge.example", "Date: Mon, 5 May 2025", *PLAIN))
    words = answer["words"][0]
    assert answer["sender"] == "pat@baker.example"
    assert (words["path"], words["text"]) == ("1", "Dear Dana, § see the report.")
    assert (words["header_to"], words["subject"]) == ("claims@casebridge.example", "Report")
    assert paths(answer) == {"1": "words"}
    assert words["html"] is None


def test_alternatives_have_one_text_and_keep_the_html_for_the_pdf(
    read: Read, tmp_path: Path
) -> None:
    answer = read(mail(*group("alternative", "a", PLAIN, HTML)))
    words = answer["words"][0]
    assert paths(answer) == {"1": "words", "2": "alternative"}
    assert words["text"] == "Dear Dana, § see the report."
    assert "<b>report</b>" in (tmp_path / "job" / words["html"]).read_text(encoding="utf-8")


def test_html_alone_becomes_text(read: Read) -> None:
    answer = read(mail(*HTML))
    assert answer["words"][0]["text"] == "Dear Dana, § see the report."
    assert paths(answer) == {"1": "words"}


@pytest.mark.parametrize(
    "stub", ["", "Your mail program does not show HTML.", "View this email in your browser"]
)
def test_a_stub_instead_of_the_plain_text_is_none(read: Read, stub: str) -> None:
    answer = read(mail(*group("alternative", "a", ("Content-Type: text/plain", "", stub), HTML)))
    assert paths(answer) == {"1": "alternative", "2": "words"}
    assert "Dear Dana" in answer["words"][0]["text"]


def test_groups_inside_groups_are_numbered_as_imap_does(read: Read) -> None:
    inner = group("related", "r", group("alternative", "a", PLAIN, HTML))
    answer = read(mail(*group("mixed", "m", inner, FILE)))
    assert paths(answer) == {"1.1.1": "words", "1.1.2": "alternative", "2": "application/pdf"}


def test_an_attachment_is_decoded_to_a_file_with_its_hash(read: Read, tmp_path: Path) -> None:
    part = read(mail(*group("mixed", "m", PLAIN, FILE)))["parts"][1]
    assert (tmp_path / "job" / part["file"]).read_bytes() == PDF
    assert (part["bytes"], part["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert part["name"] == "report.pdf"


def test_a_pdf_in_an_alternative_is_a_document_all_the_same(read: Read) -> None:
    # Apple Mail: the file stands between two pieces of HTML, which are one body.
    pieces = group("mixed", "m", HTML, FILE, ("Content-Type: text/html", "", "<p>Pat</p>"))
    answer = read(mail(*group("alternative", "a", PLAIN, pieces)))
    assert paths(answer) == {
        "1": "words",
        "2.1": "alternative",
        "2.2": "application/pdf",
        "2.3": "alternative",
    }


def test_text_on_both_sides_of_a_file_is_one_text(read: Read) -> None:
    answer = read(mail(*group("mixed", "m", PLAIN, FILE, ("Content-Type: text/plain", "", "Pat"))))
    assert paths(answer) == {"1": "words", "2": "application/pdf", "3": "words"}
    assert answer["words"][0]["text"] == "Dear Dana, § see the report.\n\nPat"


def test_a_message_that_is_an_attachment_has_no_words(read: Read) -> None:
    answer = read(mail(*FILE))
    assert paths(answer) == {"1": "application/pdf"}
    assert answer["words"][0]["path"] == ""


@pytest.mark.parametrize(
    "field",
    ["Content-Disposition: attachment", 'Content-Type: text/plain; name="notes.txt"'],
)
def test_a_named_or_attached_text_is_a_document(read: Read, field: str) -> None:
    answer = read(mail(*group("mixed", "m", PLAIN, (field, "", "notes"))))
    assert paths(answer) == {"1": "words", "2": "text/plain"}


def test_a_pdf_that_calls_itself_text_is_a_document(read: Read) -> None:
    scan = ("Content-Type: text/plain", "Content-Transfer-Encoding: base64", "")
    answer = read(mail(*group("mixed", "m", PLAIN, (*scan, base64.encodebytes(PDF)))))
    assert paths(answer) == {"1": "words", "2": "application/pdf"}


def test_a_stray_nul_makes_a_text_no_file(read: Read) -> None:
    words = read(mail("", "Dear Dana,\r\nthe report\0 follows tomorrow.\r\n"))["words"][0]
    assert words["text"] == "Dear Dana,\nthe report follows tomorrow."


def attached(depth: int) -> tuple[str | bytes, ...]:
    inner = group("mixed", f"i{depth}", PLAIN, FILE if depth == 1 else attached(depth - 1))
    return ("Content-Type: message/rfc822", "", f"Subject: level {depth}", *inner)


def test_attached_messages_are_opened_at_every_depth(read: Read) -> None:
    answer = read(mail(*group("mixed", "m", PLAIN, attached(3))))
    assert paths(answer) == {
        "1": "words",
        "2": "opened",
        "2/1": "words",
        "2/2": "opened",
        "2/2/1": "words",
        "2/2/2": "opened",
        "2/2/2/1": "words",
        "2/2/2/2": "application/pdf",
    }
    containers = [part["container"] for part in answer["parts"]]
    assert containers == [None, None, "2", "2", "2/2", "2/2", "2/2/2", "2/2/2"]
    said = [(words["container"], words["path"], words["subject"]) for words in answer["words"]]
    assert said == [
        (None, "1", "Report"),
        ("2", "2/1", "level 3"),
        ("2/2", "2/2/1", "level 2"),
        ("2/2/2", "2/2/2/1", "level 1"),
    ]


def test_of_an_attached_message_it_is_said_who_wrote_it_and_what_it_answers(read: Read) -> None:
    inner = (
        "Content-Type: message/rfc822",
        "",
        "From: Pat Hall <PAT@baker.example>",
        "To: Dana <dana@mutual.example>",
        "Date: Mon, 5 May 2025 10:00:00 +0200",
        "Message-ID: <1@baker.example>",
        "In-Reply-To: <2@mutual.example>",
        "Subject: inner",
        "",
        "hello",
    )
    answer = read(mail("Subject: outer", *group("mixed", "a", ("", "see below"), inner)))
    assert answer["attached"] == [
        {
            "container": "2",
            "message_id": "<1@baker.example>",
            "sent_at": "2025-05-05T08:00:00+00:00",
            "sender": "pat@baker.example",
            "answered": ["2@mutual.example"],
            "addressed": [{"name": "Dana", "address": "dana@mutual.example"}],
        }
    ]


def test_of_hundreds_of_attached_messages_the_first_twenty_are_described(read: Read) -> None:
    parts = [("Content-Type: message/rfc822", "", "From: a@b.example", "", "x")] * 25
    answer = read(mail(*group("mixed", "a", *parts)))
    assert [one["container"] for one in answer["attached"]] == [f"{n}" for n in range(1, 21)]
    assert len(answer["words"]) == 26


@pytest.mark.parametrize(
    ("field", "is_one"),
    [
        ("X-MS-Journal-Report:", True),
        ("X-MS-Exchange-Organization-Journal-Report: ", True),
        ("Subject: X-MS-Journal-Report", False),
    ],
)
def test_a_journal_report_says_that_it_is_one(read: Read, field: str, *, is_one: bool) -> None:
    assert read(mail(field, "", "Sender: a@b.example"))["signs"]["journal"] is is_one


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64"),
        (
            'Content-Type: application/octet-stream; name="Fwd.eml"',
            "Content-Transfer-Encoding: base64",
        ),
    ],
)
def test_an_encoded_message_is_opened_and_its_file_not_kept(
    read: Read, tmp_path: Path, fields: tuple[str, ...]
) -> None:
    raw = mail("To: x@y.example", *group("mixed", "i", PLAIN, FILE))
    answer = read(mail(*group("mixed", "m", PLAIN, (*fields, "", base64.encodebytes(raw)))))
    assert paths(answer) == {"1": "words", "2": "opened", "2/1": "words", "2/2": "application/pdf"}
    part = answer["parts"][1]
    assert (part["sha256"], part["file"]) == (hashlib.sha256(raw).hexdigest(), None)
    kept = {part["file"] for part in answer["parts"]} - {None}
    assert {path.name for path in (tmp_path / "job").iterdir()} == kept


@pytest.mark.parametrize("media_type", ["message/partial", "message/external-body"])
def test_what_is_not_whole_is_not_opened_whatever_its_name(read: Read, media_type: str) -> None:
    inner = (*group("mixed", "i", PLAIN, FILE), "")
    part = (f'Content-Type: {media_type}; name="Fwd.eml"', "", mail("To: x@y.example", *inner))
    answer = read(mail(*group("mixed", "m", PLAIN, part)))
    assert [part["path"] for part in answer["parts"]] == ["1", "2"]
    assert answer["parts"][1]["declared_type"] == media_type
    assert answer["parts"][1]["file"] is not None


@pytest.mark.parametrize("before", [PLAIN, HTML, FILE])
def test_a_part_behind_a_boundary_that_nobody_named_is_flagged(
    read: Read, before: tuple[str | bytes, ...]
) -> None:
    answer = read(mail(*group("mixed", "m", (*before, "--other", *FILE, "--other--"))))
    assert [part["path"] for part in answer["parts"] if "ambiguous" in part["flags"]] == ["1"]


def test_a_file_that_quotes_a_message_is_not_flagged(read: Read) -> None:
    log = ('Content-Type: text/plain; name="mail.log"', "", "it said", "--other", *FILE)
    answer = read(mail(*group("mixed", "m", PLAIN, log)))
    assert [part["flags"] for part in answer["parts"]] == [["words"], []]


def test_a_message_part_that_holds_no_message_is_a_document(read: Read) -> None:
    part = ("Content-Type: message/rfc822", "", "just some text")
    answer = read(mail(*group("mixed", "m", PLAIN, part)))
    assert "opened" not in answer["parts"][1]["flags"]
    assert answer["parts"][1]["file"] is not None


def test_pictures_that_the_html_shows_are_known_by_their_content_id(read: Read) -> None:
    html = ("Content-Type: text/html", "", '<p>x<img src="cid:logo%40a"><img src="cid:none"></p>')
    picture = ("Content-Type: image/png", "Content-Transfer-Encoding: base64")
    shown = (*picture, "Content-ID: <logo@a>", "", base64.encodebytes(PNG))
    other = (*picture, "Content-ID: <other@a>", "", base64.encodebytes(PNG))
    answer = read(mail(*group("related", "r", html, shown, other)))
    assert answer["words"][0]["images"] == {"logo@a": answer["parts"][1]["file"]}
    assert [part["inline"] for part in answer["parts"]] == [False, True, False]
    assert answer["parts"][1]["pixels"] == (1, 1)


@pytest.mark.parametrize(
    ("content_type", "raw", "text", "lossy"),
    [
        ("text/plain; charset=x-gbk", "你好".encode("gbk"), "你好", False),
        ("text/plain; charset=us-ascii", "Müller".encode(), "Müller", False),
        ("text/plain", b"caf\xe9 and more", "café and more", True),
        ("text/plain; format=flowed", b"one \r\ntwo", "one two", False),
        ("text/html", '<meta charset="koi8-r">Привет'.encode("koi8-r"), "Привет", False),
    ],
)
def test_text_is_decoded_and_marked_where_bytes_did_not_fit(
    read: Read, content_type: str, raw: bytes, text: str, lossy: bool
) -> None:
    words = read(mail(f"Content-Type: {content_type}", "", raw))["words"][0]
    assert (words["text"], words["lossy"]) == (text, lossy)


def test_new_words_stand_apart_from_history(read: Read) -> None:
    body = "Here it is.\r\n\r\nOn 5/5/2025 10:00 AM, Dana wrote:\r\n> Where is it?\r\n"
    words = read(mail("", body))["words"][0]
    assert (words["new"], "Where is it?" in words["text"]) == ("Here it is.", True)


@pytest.mark.slow
def test_a_body_of_many_megabytes_is_a_document_and_its_beginning_the_words(read: Read) -> None:
    answer = read(mail("Content-Type: text/plain", "", "a line of text\r\n" * 200_000))
    assert paths(answer) == {"1": "text/plain"}
    assert answer["words"][0]["path"] == "1"
    assert 500 < len(answer["words"][0]["text"]) <= 1 << 20


def test_a_multipart_without_any_boundary_is_never_a_message_without_attachments(
    read: Read,
) -> None:
    lines = ("Content-Type: multipart/mixed; boundary=x", "", "text", "--", "Content-Type: a/b", "")
    assert read(mail(*lines)) == {"stopped": "undivided"}


def test_a_multipart_that_is_plainly_text_is_text_and_flagged(read: Read) -> None:
    answer = read(mail("Content-Type: multipart/mixed; boundary=x", "", "Only this text."))
    assert (answer["words"][0]["text"], answer["ambiguous"]) == ("Only this text.", True)


def test_an_inner_group_that_cannot_be_divided_is_kept_and_flagged(read: Read) -> None:
    inner = ("Content-Type: multipart/mixed; boundary=x", "", "something")
    part = read(mail(*group("mixed", "m", PLAIN, inner)))["parts"][1]
    assert (part["path"], "ambiguous" in part["flags"], part["bytes"]) == ("2", True, 9)


def test_an_empty_message_is_read(read: Read) -> None:
    answer = read(b"")
    assert (answer["sender"], answer["words"][0]["text"]) == (None, "")


def test_the_limits_have_their_names(read: Read) -> None:
    parts = group("mixed", "m", *[PLAIN] * 200)
    assert read(mail(*parts)) == {"stopped": "too_many_parts"}


def test_two_subjects_are_told_the_first_is_shown_and_the_others_are_kept(read: Read) -> None:
    more = ("Subject: 24-009999", "Subject: Report", "subject: =?utf-8?q?24-00?=\r\n =?utf-8?q?5?=")
    answer = read(mail(*more, *PLAIN))
    words = answer["words"][0]
    assert (words["subject"], answer["ambiguous"]) == ("Report", True)
    assert words["other_subjects"] == "24-009999\n24-005"


def test_a_subject_too_long_to_be_shown_is_kept_whole(tmp_path: Path) -> None:
    raw = b"Subject: " + b"x" * 5000 + b" 24-001240\r\n\r\nwords"
    words = run(raw, tmp_path / "job")["words"][0]
    assert len(words["subject"]) == 2000
    assert words["other_subjects"].endswith(" 24-001240")


OTHER_HTML = ("Content-Type: text/html", "", "<p>Case 24-00<b>12</b>40</p><blockquote type=cite>x")


def test_the_other_alternative_keeps_its_new_words(read: Read) -> None:
    plain = ("Content-Type: text/plain", "", "Case 24-001234")
    words = read(mail(*group("alternative", "a", plain, OTHER_HTML)))["words"][0]
    assert (words["text"], words["other"]) == ("Case 24-001234", "Case 24-001240")


def test_a_stub_beside_html_keeps_its_words_too(read: Read) -> None:
    stub = ("Content-Type: text/plain", "", "Case 24-001234: view it in your browser")
    words = read(mail(*group("alternative", "a", stub, OTHER_HTML)))["words"][0]
    assert words["new"] == "Case 24-001240"
    assert words["other"].startswith("Case 24-001234")


def test_every_further_alternative_keeps_its_new_words(read: Read) -> None:
    plain = [("Content-Type: text/plain", "", f"Case 24-00{n}") for n in (1234, 1235)]
    watch = ("Content-Type: text/watch-html", "", "<b>Case</b> 24-001236")
    answer = read(mail(*group("alternative", "a", *plain, OTHER_HTML, watch)))
    assert answer["words"][0]["other"] == "Case 24-001240\n\nCase 24-001235\n\nCase 24-001236"
    assert list(paths(answer).values()) == ["words", *["alternative"] * 3]


def test_alternatives_that_say_the_same_have_nothing_else_to_say(read: Read) -> None:
    plain = ("Content-Type: text/plain", "", "Dear Dana,\r\n\r\n§ see the\r\nreport.")
    assert read(mail(*group("alternative", "a", plain, HTML)))["words"][0]["other"] == ""


@pytest.mark.slow
def test_the_answer_stays_below_what_the_sandbox_lets_out(read: Read) -> None:
    smile = "\U0001f600"
    plain = ("Content-Type: text/plain; charset=utf-8", "", f"{smile * 100}\r\n" * 2600)
    html = ("Content-Type: text/html; charset=utf-8", "", f"<p>{smile * 100}</p>" * 6000)
    answer = read(mail(*group("alternative", "a", plain, html)))
    assert len(json.dumps(answer)) < 16 << 20


def test_html_of_the_words_alone_fills_no_answer(read: Read) -> None:
    answer = read(mail("Content-Type: text/html", "", "<div>" * 50_000))
    assert paths(answer) == {"1": "text/html"}


SAMPLE = mail(
    "To: =?utf-8?q?Dana?= <dana@casebridge.example>",
    *group(
        "mixed",
        "m",
        group("alternative", "a", PLAIN, HTML),
        FILE,
        attached(2),
        (
            "Content-Type: text/plain; format=flowed",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            "a =3D \r\nb",
        ),
    ),
)


@pytest.mark.slow
def test_a_message_cut_at_every_percent_is_read(tmp_path: Path) -> None:
    for percent in range(100):
        answer = run(SAMPLE[: len(SAMPLE) * percent // 100], tmp_path / f"{percent}")
        assert "stopped" not in answer or answer == {"stopped": "undivided"}


_PIECES = (
    b"\r",
    b"\n",
    b"--",
    b"--m",
    b"=",
    b'"',
    b";",
    b"Content-Type: multipart/mixed\r\n",
    b"\0",
)


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.integers(0, len(SAMPLE)), st.integers(0, 200), st.sampled_from(_PIECES)),
        max_size=6,
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_damage_to_a_message_makes_it_raise(
    tmp_path: Path, damage: list[tuple[int, int, bytes]]
) -> None:
    raw = SAMPLE
    for place, length, piece in damage:
        raw = raw[:place] + piece + raw[place + length :]
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    answer = run(raw, folder)
    assert "stopped" in answer or answer["words"]


def test_a_content_id_is_one_line(read: Read) -> None:
    lines = (b"Content-ID: <a\x1db\x85c\x00d>", b"Content-Type: image/png", b"", PNG)
    (part,) = read(mail(*lines))["parts"]
    assert len(part["content_id"].splitlines()) == 1
    assert "\0" not in part["content_id"]


def test_a_charset_of_many_words_is_none(read: Read) -> None:
    charset = "us-ascii " + "and more " * 50
    answer = read(mail(f'Content-Type: text/html; charset="{charset}"', "", "<p>Dear Dana</p>"))
    assert answer["words"][0]["text"] == "Dear Dana"
    assert len(answer["words"][0]["html_charset"]) <= 100


@pytest.mark.slow
def test_a_million_line_ends_of_cr_alone_are_an_empty_message(read: Read) -> None:
    # Looked through from each of them anew, they would take an hour.
    answer = read(mail("Content-Type: text/plain", "", "Dear Dana", b"\r" * 1_000_000))
    assert answer["words"][0]["text"] == "Dear Dana"


@pytest.mark.corpus
def test_every_corpus_mail_is_read_and_no_named_part_of_it_is_lost(
    corpus: Path, tmp_path: Path
) -> None:
    stopped = 0
    mails = sorted((corpus / "mail").iterdir())
    for number, file in enumerate(mails):
        raw = file.read_bytes()
        answer = run(raw, tmp_path / str(number), Reading().model_dump())
        if "stopped" in answer:
            assert answer == {"stopped": "undivided"}
            stopped += 1
            continue
        ours = {part["sha256"] for part in answer["parts"]}
        names = {part["name"] for part in answer["parts"]}
        for part in BytesParser(policy=policy.compat32).parsebytes(raw).walk():
            content = None if part.is_multipart() else part.get_payload(decode=True)
            name = part.get_filename()
            # message/partial is never put together here; the encoded name is decoded here.
            if isinstance(content, bytes) and content and name and "partial" not in file.name:
                same = hashlib.sha256(content).hexdigest() in ours
                assert same or name in names or re.match(r"=\?", name), f"{file.name}: {name}"
    assert stopped * 50 < len(mails)


@pytest.mark.parametrize("differ", [False, True])
def test_forms_that_disagree_are_said_to(read: Read, *, differ: bool) -> None:
    secret = "<p>The trial is moved to March, and the other side will settle for a million.</p>"
    html = (*HTML[:2], HTML[2] + secret * differ)
    answer = read(mail(*group("alternative", "a", PLAIN, html)))
    (words,) = answer["words"]
    assert words["differs"] is differ
    assert words["text"].strip() == PLAIN[2]
    assert ("million" in words["other"]) is differ


def test_the_half_of_a_file_that_a_mac_keeps_for_itself(read: Read) -> None:
    def half(magic: bytes) -> tuple[str | bytes, ...]:
        return (
            "Content-Type: application/applefile; name=report.pdf",
            "Content-Transfer-Encoding: base64",
            "",
            base64.encodebytes(magic + b"\0\2\0\0" + bytes(40)),
        )

    answer = read(mail(*group("appledouble", "a", half(b"\0\5\x16\7"), FILE)))
    assert [("system_file" in part["flags"]) for part in answer["parts"]] == [True, False]


def test_a_file_that_a_mac_sent_in_one_is_a_document(read: Read) -> None:
    single = base64.encodebytes(b"\0\5\x16\0" + bytes(40))
    answer = read(
        mail("Content-Type: application/applefile", "Content-Transfer-Encoding: base64", "", single)
    )
    assert "system_file" not in answer["parts"][0]["flags"]


@pytest.mark.slow
def test_what_a_first_job_would_wait_for_is_there_before_it(tmp_path: Path) -> None:
    """A sandbox forks for each job: what the first one loads, every one of them loads."""
    message = tmp_path / "message"
    message.write_bytes(mail(*group("mixed", "m", PLAIN, HTML, FILE)))
    program = (
        "import os, re, sys, pathlib\n"
        "from gateway.reader import job\n"
        "job.warm()\n"
        "loaded, made, compiled = set(sys.modules), [], re._compiler.compile\n"
        "re._compiler.compile = lambda *said: (made.append(said[0]), compiled(*said))[1]\n"
        f"job.run({LIMITS!r}, [os.open({str(message)!r}, os.O_RDONLY)], pathlib.Path('.'))\n"
        "print(made, sorted(set(sys.modules) - loaded))\n"
    )
    job_folder = tmp_path / "job"
    job_folder.mkdir()
    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=job_folder,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "[] []\n"


@pytest.mark.parametrize("label", [(), ("Content-Transfer-Encoding: 8bit",)])
@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
def test_the_base64_of_a_file_without_its_label_is_the_file(
    read: Read, label: tuple[str, ...], ends: bytes
) -> None:
    text = base64.encodebytes(PDF * 100).replace(b"\n", ends)
    head = ("Content-Type: application/pdf; name=report.pdf", *label, "")
    answer = read(mail(*group("mixed", "m", PLAIN, (*head, text))))
    found = answer["parts"][1]
    assert (found["detected_type"], found["sha256"]) == (
        "application/pdf",
        hashlib.sha256(PDF * 100).hexdigest(),
    )
    assert "ambiguous" in found["flags"]


@pytest.mark.parametrize(
    "part",
    [
        # A text that shows base64 is that text, and base64 of nothing that is known stays.
        ("Content-Type: text/plain; name=a.txt", "", base64.encodebytes(PDF)),
        ("Content-Type: application/octet-stream; name=a", "", base64.encodebytes(b"key" * 99)),
        ("Content-Type: application/pdf; name=a.pdf", "", base64.encodebytes(PDF) + b"-- \r\nPat"),
    ],
)
def test_what_may_be_meant_as_it_stands_stays(read: Read, part: tuple[str | bytes, ...]) -> None:
    answer = read(mail(*group("mixed", "m", PLAIN, part)))
    content = part[-1]
    assert isinstance(content, bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    assert answer["parts"][1]["sha256"] in {sha256, hashlib.sha256(content[:-1]).hexdigest()}
