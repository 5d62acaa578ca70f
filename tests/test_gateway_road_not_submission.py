"""Not a submission: each kind by its rule, and what looks like one and is a submission."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from config.not_submissions import NotSubmissionsFault, read, rules
from gateway.road.package import Resolution
from portal.vocabulary import NOT_SUBMISSION_RULES, NOT_SUBMISSIONS
from tests.carrying import PDF
from tests.judging import judged

OURS = "<AAAAAAAAAAAAAAAAAAAAAAAA@casebridge.example>"
AWAY = "I am out of the office until Monday with limited access to email."
QUOTED = (
    "\n\nOn Sat, Nov 21, 2026 at 3:42 PM Claims <claims@casebridge.example> wrote:\n> We filed it."
)
NOTICE = (
    "CONFIDENTIALITY NOTICE: This e-mail message, including any attachments, is for the sole use "
    "of the intended recipient(s) and may contain confidential and privileged information. Any "
    "unauthorized review, use, disclosure or distribution is prohibited. If you are not the "
    "intended recipient, please contact the sender by reply e-mail and destroy all copies of it."
)
BANNER = "CAUTION: external email. Do not click links unless you trust the sender."
KNOWN = Resolution(firm_name="Baker & Lee LLP", consultant_name="Dana Reyes")


def mail(
    subject: str,
    body: str = "",
    *,
    sender: str = "Pat Hall <pat.hall@bakerllp.example>",
    answers: str = "",
    html: str = "",
    files: tuple[str, ...] = (),
    **headers: Any,
) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"], made["Subject"] = sender, subject
    if answers:
        made["In-Reply-To"] = answers
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(body)
    if html:
        made.add_alternative(html, subtype="html")
    for name in files:
        made.add_attachment(PDF, "application", "pdf", filename=name)
    return made


def report(kind: str, field: str, *, also: tuple[str, ...] = ()) -> bytes:
    """Write a report that gives a message back, with its document in it."""
    given_back = mail("Records", "Attached.", files=("report.pdf",)).as_string()
    extra = "".join(
        f'--r\r\nContent-Type: application/pdf; name="{name}"\r\n\r\n%PDF-1.7\r\n' for name in also
    )
    return (
        f"From: MAILER-DAEMON@relay.example\r\nSubject: Report\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="r"\r\n\r\n'
        f"--r\r\n\r\nIt says so.\r\n--r\r\nContent-Type: message/{kind}\r\n\r\n{field}\r\n"
        f"--r\r\nContent-Type: message/rfc822\r\n\r\n{given_back}\r\n{extra}--r--\r\n"
    ).encode()


def calendar(
    method: str,
    *,
    words: str = "Pat Hall has accepted.",
    files: tuple[str, ...] = (),
    declared: str = "",
) -> bytes:
    made = mail("Accepted: Deposition of Dr. Lee", words, files=files)
    text = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nEND:VCALENDAR\r\n"
    made.add_attachment(
        text.encode(), "text", "calendar", params={"method": declared} if declared else {}
    )
    return made.as_bytes()


def found(
    content: EmailMessage | bytes,
    folder: Path,
    *,
    sender: str = "pat.hall@bakerllp.example",
    door: str = "smtp",
) -> tuple[str, str] | None:
    raw = content if isinstance(content, bytes) else content.as_bytes()
    package = judged(raw, folder / "work", sender=sender, door=door, resolution=KNOWN)
    what = package.not_submission
    return None if what is None else (what.kind, what.rule)


# -- machines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Re: records"},
        {"Precedence": "auto_reply"},
    ],
)
def test_a_program_that_says_that_it_answers_by_itself_is_shelved(
    headers: dict[str, Any], tmp_path: Path
) -> None:
    away = mail("Re: 24-001234", "Back soon.", **headers)
    assert found(away, tmp_path) == ("out_of_office", "answers_by_itself")


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Filed: 3 documents, case 24-001234",
        "Out of Office: records",
        "AutoReply: records",
        "Automatische Antwort: Unterlagen",
        "Abwesenheitsnotiz: Unterlagen",
        "Réponse automatique : dossier",
        "Respuesta automática: expediente",
        "Risposta automatica: pratica",
        "Automatisch antwoord: dossier",
        "Resposta automática: processo",
        "Autosvar: handlingar",
        "Odpowiedź automatyczna: akta",
        "Автоматический ответ: документы",
        "自動応答: 書類",
        "自动答复: 文件",
    ],
)
def test_an_absence_is_known_by_its_subject_where_a_machine_wrote_it(
    subject: str, tmp_path: Path
) -> None:
    # Exchange calls its own absences generated.
    signs: tuple[dict[str, Any], ...] = (
        {"Auto_Submitted": "auto-generated"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
    )
    for number, sign in enumerate(signs):
        assert found(mail(subject, "…", **sign), tmp_path / f"{number}") == (
            "out_of_office",
            "machine_subject",
        )
    assert found(mail(subject, "…"), tmp_path / "person") is None, "nothing says a machine wrote it"


def test_an_absence_without_any_header_needs_its_words(tmp_path: Path) -> None:
    said = ("out_of_office", "absence_words")
    assert found(mail("Out of office", AWAY), tmp_path / "1") == said
    assert found(mail("Abwesend", "Ich bin bis Montag nicht im Büro."), tmp_path / "2") is None
    away = mail("Abwesenheit", "Ich bin bis Montag nicht im Büro.")
    assert found(away, tmp_path / "3") == said
    assert found(mail("Deposition", AWAY), tmp_path / "4") is None
    assert found(mail("Re: Out of office", AWAY), tmp_path / "5") is None
    assert found(mail("Out of office deposition of Dr. Roe", AWAY), tmp_path / "6") is None
    for number, subject in enumerate(
        ("Out of office: 24-001234", "Out of Office Re: 24-001234", "Out of office until May 9")
    ):
        assert found(mail(subject, AWAY), tmp_path / f"way{number}") == said


def test_a_report_of_a_delivery_is_a_bounce_with_the_message_that_it_gives_back(
    tmp_path: Path,
) -> None:
    content = report("delivery-status", "Action: failed\r\nStatus: 5.1.1\r\n")
    assert found(content, tmp_path) == ("bounce", "delivery_report")


def test_a_report_of_reading_is_a_read_receipt(tmp_path: Path) -> None:
    content = report("disposition-notification", "Disposition: manual-action; displayed\r\n")
    assert found(content, tmp_path) == ("read_receipt", "disposition_report")


@pytest.mark.parametrize("kind", ["delivery-status", "disposition-notification"])
def test_a_document_beside_a_report_is_a_submission(kind: str, tmp_path: Path) -> None:
    assert found(report(kind, "", also=("report.pdf",)), tmp_path) is None


def test_a_bounce_without_a_report_needs_the_null_sender_and_its_subject(tmp_path: Path) -> None:
    daemon = "MAILER-DAEMON@mx.example"
    notice = mail("failure notice", "This is the qmail-send program.", sender=daemon)
    assert found(notice, tmp_path / "1", sender="") == ("bounce", "bounce_subject")
    assert found(notice, tmp_path / "2", sender=daemon) is None
    assert found(notice, tmp_path / "3", sender="", door="import") is None, "nobody was named"
    exim = mail("Mail delivery failed: returning message", "…", X_Failed_Recipients="a@b.example")
    assert found(exim, tmp_path / "4") == ("bounce", "bounce_subject")
    other = mail("Records", "Attached.", sender=daemon)
    assert found(other, tmp_path / "5", sender="") is None


@pytest.mark.parametrize("method", ["REPLY", "REFRESH"])
def test_a_calendar_answer_is_shelved(method: str, tmp_path: Path) -> None:
    assert found(calendar(method), tmp_path) == ("calendar_answer", "calendar_method")


@pytest.mark.parametrize("words", ["", "Accepted", "Pat Hall hat zugesagt."])
def test_the_words_of_a_calendar_program_are_no_more_than_its_answer(
    words: str, tmp_path: Path
) -> None:
    said = ("calendar_answer", "calendar_method")
    assert found(calendar("REPLY", words=words), tmp_path) == said


@pytest.mark.parametrize(
    "words",
    [
        "The plaintiff has accepted.",
        "Accepted: the offer of May",
        "Pat Hall has accepted. Dr. Lee died yesterday, so the deposition is off.",
        "We cannot be there: the trial begins that day.",
        "Pat Hall has accepted this invitation with this note: bring the X-rays",
    ],
)
def test_an_answer_in_which_somebody_writes_is_a_submission(words: str, tmp_path: Path) -> None:
    assert found(calendar("REPLY", words=words), tmp_path) is None


def test_an_answer_with_a_comment_in_the_calendar_is_a_submission(tmp_path: Path) -> None:
    for number, comment in enumerate(("COMMENT:He died", "X-RESPONSE-COMMENT;X=Y:He died")):
        assert found(calendar(f"REPLY\r\n{comment}"), tmp_path / f"{number}") is None
    assert found(calendar("REPLY\r\nCOMMENT:"), tmp_path / "empty") is not None


@pytest.mark.parametrize("method", ["COUNTER", "DECLINECOUNTER"])
def test_another_time_that_is_proposed_is_a_submission(method: str, tmp_path: Path) -> None:
    assert found(calendar(method), tmp_path) is None


def test_an_urgent_answer_is_a_submission(tmp_path: Path) -> None:
    content = b"Importance: high\r\n" + calendar("REPLY")
    assert found(content, tmp_path) is None


def test_a_document_that_is_declared_a_calendar_or_a_header_is_a_document(tmp_path: Path) -> None:
    answer = mail("Accepted: Deposition")
    text = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"
    answer.add_attachment(text.encode(), "text", "calendar")
    assert found(answer, tmp_path / "1") is not None
    answer.add_attachment(PDF, "application", "ics", filename="answer.ics")
    assert found(answer, tmp_path / "2") is None
    for number, declared in enumerate((b"text/rfc822-headers", b"message/rfc822"), 3):
        held = report("delivery-status", "", also=("report.pdf",)).replace(
            b'application/pdf; name="report.pdf"\r\n\r\n%PDF-1.7\r\n',
            declared + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PDF),
        )
        assert declared in held
        assert found(held, tmp_path / f"{number}") is None, declared


def test_a_calendar_answer_is_known_in_every_place_that_programs_put_it(tmp_path: Path) -> None:
    text = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"
    google = mail("Accepted: Deposition", "Pat Hall has accepted.", html="<p>Accepted</p>")
    google.add_alternative(text.encode(), "text", "calendar", params={"method": "REPLY"})
    google.add_attachment(text.encode(), "application", "ics", filename="invite.ics")
    assert found(google, tmp_path / "1") == ("calendar_answer", "calendar_method")
    alone = f"From: a@b.example\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n{text}"
    assert found(alone.encode(), tmp_path / "2") == ("calendar_answer", "calendar_method")


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH"])
def test_an_invitation_is_a_submission_with_documents_and_without(
    method: str, tmp_path: Path
) -> None:
    assert found(calendar(method), tmp_path / "1") is None
    assert found(calendar(method, files=("notice.pdf",)), tmp_path / "2") is None


def test_a_calendar_answer_with_a_document_is_a_submission(tmp_path: Path) -> None:
    assert found(calendar("REPLY", files=("notice.pdf",)), tmp_path) is None


def test_the_calendar_itself_goes_before_what_its_header_says(tmp_path: Path) -> None:
    assert found(calendar("REQUEST", declared="REPLY"), tmp_path) is None


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Recall: Records", 'Pat Hall would like to recall the message, "Records".'),
        ("Rückruf: Akte", "Pat Hall möchte die Nachricht „Akte“ zurückrufen."),
        ("Rappel : dossier", "Pat Hall souhaite rappeler le message « dossier »."),
        ("Message Recall Failure: Records", "Your attempt to recall the message failed."),
    ],
)
def test_a_recall_is_known_by_its_subject_and_its_words(
    subject: str, words: str, tmp_path: Path
) -> None:
    assert found(mail(subject, words), tmp_path / "1") == ("recall", "recall_words")
    assert found(mail(subject, "The records, please."), tmp_path / "2") is None
    assert found(mail(f"Re: {subject}", words), tmp_path / "3") is None


def test_a_read_receipt_of_outlook_is_known_by_its_subject_and_its_words(tmp_path: Path) -> None:
    words = (
        "Your message\n\n  To: Claims\n  Subject: Records\n  Sent: Monday, 9:00\n\n"
        "was read on Monday, November 23, 2026 9:00:00 AM (UTC-05:00) Eastern Time (US & Canada)."
    )
    assert found(mail("Read: Records", words), tmp_path / "1") == (
        "read_receipt",
        "receipt_words",
    )
    thunderbird = "This is a Return Receipt for the mail that you sent to claims@x.example."
    assert found(mail("Return Receipt (displayed) - Records", thunderbird), tmp_path / "2")
    assert found(mail("Read: Records", f"{words}\n\nHe died."), tmp_path / "3") is None


@pytest.mark.parametrize(
    "words",
    [
        "It came today.",
        "Thank you for your message. We reject the offer of 12 May.",
        "This is a read receipt. The order was entered today.",
        "The verdict was read on Monday.",
        "Your message was read on Monday and we reject the offer.",
        "Ihre Nachricht haben wir erhalten. Wir lehnen ab.",
        "Votre message appelle une réponse : nous refusons.",
        "Il messaggio della cliente è chiaro.",
    ],
)
def test_a_person_who_speaks_of_reading_makes_a_submission(words: str, tmp_path: Path) -> None:
    for number, subject in enumerate(("Read: demand letter Smith", "Gelesen: Akte", "Lu : offre")):
        assert found(mail(subject, words), tmp_path / f"{number}") is None


def test_a_person_who_adds_a_word_to_a_recall_makes_a_submission(tmp_path: Path) -> None:
    words = 'Pat Hall would like to recall the message, "Records". He died on "Monday".'
    assert found(mail("Recall: Records", words), tmp_path) is None


def test_a_case_about_a_car_is_no_absence(tmp_path: Path) -> None:
    words = "Dr. Lee is no longer at Lakeside. I am away."
    signs: tuple[dict[str, Any], ...] = ({}, {"Auto_Submitted": "auto-generated"})
    for number, sign in enumerate(signs):
        assert found(mail("Auto: Smith v. Jones", words, **sign), tmp_path / f"{number}") is None


@pytest.mark.parametrize(
    "content",
    [
        mail(
            "Automatic reply: 24-001234", AWAY, files=("note.pdf",), Auto_Submitted="auto-replied"
        ),
        mail("Recall: Records", "would like to recall the message", files=("note.pdf",)),
        mail("Re: Filed", "Thanks!", answers=OURS, files=("note.pdf",)),
        mail("Scan", "", sender="noreply@bakerllp.example", Auto_Submitted="auto-generated"),
        mail("Do not reply", "Do not reply to this email.", sender="do-not-reply@x.example"),
        mail("Records of Dr. Lee", "He moved.", Precedence="bulk"),
        mail("Records", "He moved.", X_Auto_Response_Suppress="All"),
        mail("Alert", "He moved.", Auto_Submitted="auto-notified"),
        mail("Auto-Submitted no", AWAY, Auto_Submitted="no"),
    ],
)
def test_what_a_machine_sends_and_what_has_a_document_is_a_submission(
    content: EmailMessage, tmp_path: Path
) -> None:
    assert found(content, tmp_path) is None


# -- thanks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Thanks!",
        "Thanks",
        "Thank you so much.",
        "Thanks,\nPat",
        "Thank you,\n\nPat Hall\nPartner\nBaker LLP\n+1 617 555 0100",
        "Hi Dana,\n\nMany thanks for your help.\n\nBest regards,\nPat Hall\nBaker & Lee LLP",
        "Dear Ms. Reyes,\n\nthank you for the confirmation. Have a nice weekend!\n\nPat",
        "Got it, thanks Dana!\n-- \nPat Hall\nBaker LLP\npat.hall@bakerllp.example",
        "Received with thanks.",
        "Thanks 🙏\n\nSent from my iPhone",
        "Vielen Dank!\n\nMit freundlichen Grüßen\nPat Hall",
        "Merci beaucoup\n\nPat Hall",
        "Thanks,\nPat Hall, Esq. | Senior Associate | Baker LLP\nT: 617-555-0100 x12",
        "Got it, thanks.\n\nThis e-mail is confidential and meant only for the addressee.",
        f"Got it, thanks.\n\n{NOTICE}",
        f"{BANNER}\n\nGot it, thanks.",
        "Got it, thanks.\n\nDiese E-Mail ist vertraulich und nur für den Empfänger bestimmt.",
        "Muchas gracias",
        "ありがとうございます。",
    ],
)
def test_a_reply_that_only_thanks_is_shelved(words: str, tmp_path: Path) -> None:
    said = ("thanks", "thanks_words")
    assert found(mail("Re: Filed", words, answers=OURS), tmp_path / "1") == said
    assert found(mail("Re: Filed", words + QUOTED, answers=OURS), tmp_path / "2") == said
    assert found(mail("Re: Thank you", words), tmp_path / "3") == said, "it answers nobody"


@pytest.mark.parametrize(
    "words",
    [
        "Thanks. The hearing moved to Tuesday.",
        "Thanks, settled.",
        "Thanks, Settled",
        "OK, thanks",
        "Approved, thanks!",
        "Yes. Thank you.",
        "Thanks for the offer, which we accept.",
        "Thanks and have settled the case",
        "Thanks - 24-001240 as well",
        "Thanks! Did you get the X-rays?",
        "Thanks, the records are attached.",
        "Thanks\n\nhttps://files.example/s/1",
        "Thanks,\nPat\nSettled at 400,000",
        "Thanks,\nPat Hall\nCase Closed",
        "Thanks,\nPat Hall\nhe has moved",
        "Thanks\n-- \nPat Hall\nP.S. he died on Monday",
        "Thanks\n-- \nPat Hall\nthe trial is on Monday",
        "Thanks to Dr. Lee the patient lived",
        "No thanks",
        "24-001234\n\nThanks",
        "",
        # A word with a capital is no name.
        "Thanks. Proceed.",
        "Thank you, Tuesday.",
        "Thanks. Granted.",
        "Thanks. Overruled",
        "Thanks Stop",
        "Granted,\nThanks",
        "Noted Affirmed. Thanks",
        "Hi Monday, thanks",
        "Thanks,\nPat\nMother Passed Away Yesterday",
        "Thanks,\nPat Hall\nAffirmed On All Counts",
        "Thanks,\nPat Hall\nMotion Granted",
        "Thanks\n-- \nPat Hall\nJudge Ruled From The Bench",
        "Thanks,\nPat Hall\nDrop Lakeside Clinic PC",
        "Thanks,\nPat Hall\nSmith Sues Lakeside LLC",
        # Nor is a way to somebody a signature, where it says whose it is, or is a date.
        "Thanks,\nPat Hall\nThe widow: +1 617 555 0100",
        "Thanks,\nPat Hall\nMain 4 counts remain",
        "Thanks,\nPat Hall\n12.05.2026 10.30",
        "Thanks,\nPat Hall\nlee@lakeside.example",
        "Thanks,\nPat Hall\nhttps://www.bakerllp.example/share/1",
        # What asks, and what may agree.
        "Received? Thanks",
        "Thanks \U0001f44d",
        "\u2705 Thanks",
        "Thanks - $",
        "Great, thanks",
        "Thanks. Thanks in advance",
        "Thank you for your prompt attention.",
        # What is set apart from a narrative may be said to somebody.
        "Got it, thanks.\n\nSent by certified mail today.",
        "Got it, thanks.\n\nPlease excuse the errors of the first report.",
        "Got it, thanks.\n\nThis communication is confidential and for settlement only: we accept.",
        "Got it, thanks.\n\nThis message is confidential: the mother has passed away.",
        "Got it, thanks.\n\nIf you are not the intended recipient, delete this. Dr. Lee lied.",
        f"{BANNER.removesuffix('.')}, and that is Dr. Lee, who lied.\n\nGot it, thanks.",
        "Got it, thanks.\n\nIf you have received new bills, notify us immediately.",
        "Got it, thanks.\n\nThe document sent to you is privileged, and was produced in error.",
    ],
)
def test_one_word_more_than_thanks_makes_a_submission(words: str, tmp_path: Path) -> None:
    assert found(mail("Re: Filed", words, answers=OURS), tmp_path) is None


def test_thanks_to_somebody_else_with_their_words_below_are_a_submission(tmp_path: Path) -> None:
    other = "<1@bakerllp.example>"
    below = "\n\nOn Sat, Nov 21, 2026 Lee Ames <lee@bakerllp.example> wrote:\n> He died."
    assert found(mail("Re: Smith", "Thanks!" + below, answers=other), tmp_path / "1") is None
    assert found(mail("Fwd: Smith", "Thanks!", answers=OURS), tmp_path / "2") is None
    assert found(mail("Settlement of Smith", "Thanks!", answers=OURS), tmp_path / "3") is None
    assert found(mail("Re: Smith", "Thanks!", answers=other), tmp_path / "5") is None
    assert found(mail("Re: We accept", "Thanks!"), tmp_path / "6") is None, "answers nobody"
    assert found(mail("Thank you", "Thanks!"), tmp_path / "4") == ("thanks", "thanks_words")


def test_a_mailbox_that_is_called_no_makes_no_name(tmp_path: Path) -> None:
    for number, sender in enumerate(("no.reply@x.example", "Settled <settled@x.example>")):
        for word in ("No", "Settled"):
            content = mail("Re: Filed", f"Thanks. {word}", answers=OURS, sender=sender)
            assert found(content, tmp_path / f"{number}{word}") is None


def test_urgent_thanks_are_a_submission(tmp_path: Path) -> None:
    assert found(mail("Re: Filed", "Thanks!", answers=OURS, Importance="high"), tmp_path) is None


def test_html_that_says_more_than_the_text_is_a_submission(tmp_path: Path) -> None:
    page = "<p>Thanks. He died on Monday, and the widow wants to settle for 400,000.</p>"
    content = mail("Re: Filed", "Thanks!", answers=OURS, html=page)
    assert found(content, tmp_path / "1") is None
    same = mail("Re: Filed", "Thanks!", answers=OURS, html="<p>Thanks!</p>")
    assert found(same, tmp_path / "2") == ("thanks", "thanks_words")


def test_a_logo_that_the_signature_shows_is_no_document(tmp_path: Path) -> None:
    page = '<p>Thanks!</p><p>Pat Hall<br><img src="cid:logo"></p>'
    content = mail("Re: Filed", "Thanks!\n\nPat Hall", answers=OURS, html=page)
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154"
        "789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
    shown = next(part for part in content.iter_parts() if part.get_content_subtype() == "html")
    shown.add_related(pixel, "image", "png", cid="<logo>", filename="logo.png")
    assert found(content, tmp_path / "1") == ("thanks", "thanks_words")
    content.add_attachment(pixel, "image", "png", filename="photo.png")
    assert found(content, tmp_path / "2") is None


# -- the words -------------------------------------------------------------------------------------


def test_every_kind_and_rule_has_its_words() -> None:
    source = Path("gateway/road/not_submission.py").read_text()
    for word in (*NOT_SUBMISSION_RULES, *NOT_SUBMISSIONS):
        if word not in {"return_path", "decided", "machine_answered", "person"}:
            assert f'"{word}"' in source


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("[recall]", "[recal]", "missing, or none of ours"),
        ("matters = [", "matter = [", "a key is missing"),
        ("'no entregado\\b'", "'no (entregado'", "not a pattern"),
        ("'no entregado\\b'", "''", "a pattern in it is"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(old: str, new: str, why: str) -> None:
    text = Path("config/not_submissions.toml").read_text("utf-8")
    assert rules() == read(text)
    assert old in text
    with pytest.raises(NotSubmissionsFault, match=why):
        read(text.replace(old, new))
