"""Forwards as mail programs write them: what the staff pass on, in each of its forms."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

from tests.carrying import PDF

DANA = "dana.reyes@sample-mutual.example"
PAT = "Pat Hall <pat.hall@bakerllp.example>"
QUILL = "Jo Quill <jo@quillmarsh.example>"
STRANGER = "Eve Stone <eve@nowhere.example>"
SENT = "Saturday, November 21, 2026 3:42 PM"


def inner(
    subject: str = "Records",
    body: str = "Dear Dana,\n\nattached are the records.\n\nPat Hall",
    *,
    sender: str = PAT,
    name: str | None = "records.pdf",
    **headers: str,
) -> EmailMessage:
    """Write the message that is passed on."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, f"Dana Reyes <{DANA}>", subject
    mail["Date"] = "Sat, 21 Nov 2026 15:42:00 -0500"
    mail["Message-ID"] = "<inner@bakerllp.example>"
    for field, value in headers.items():
        mail[field.replace("_", "-")] = value
    mail.set_content(body)
    if name is not None:
        mail.add_attachment(PDF, "application", "pdf", filename=name)
    return mail


def _outer(mail: EmailMessage, note: str, sender: str, prefix: str = "FW: ") -> EmailMessage:
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"] = f"Dana Reyes <{sender}>", "claims@casebridge.example"
    outer["Subject"] = f"{prefix}{mail['Subject']}"
    outer["Message-ID"] = "<outer@sample-mutual.example>"
    outer.set_content(note)
    return outer


def attached(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as an attachment."""
    outer = _outer(mail, note, sender)
    outer.add_attachment(mail)
    return outer


def _body(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def _inline(
    mail: EmailMessage, text: str, sender: str, prefix: str, html: str = ""
) -> EmailMessage:
    outer = _outer(mail, text, sender, prefix)
    if html:
        outer.add_alternative(html, subtype="html")
    for part in mail.iter_attachments():
        outer.add_attachment(part.get_content(), "application", "pdf", filename=part.get_filename())
    return outer


def outlook(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as Outlook does."""
    block = f"From: {mail['From']}\nSent: {SENT}\nTo: {mail['To']}\nSubject: {mail['Subject']}\n"
    return _inline(mail, f"{note}\n\n{block}\n{_body(mail)}", sender, "FW: ")


def german_outlook(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as a German Outlook does."""
    sent = "Samstag, 21. November 2026 15:42"
    block = f"Von: {mail['From']}\nGesendet: {sent}\nAn: {mail['To']}\nBetreff: {mail['Subject']}\n"
    text = f"{note}\n\n-----Ursprüngliche Nachricht-----\n{block}\n{_body(mail)}"
    return _inline(mail, text, sender, "WG: ")


def outlook_html(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as Outlook does, in HTML alone."""
    name, _, address = str(mail["From"]).rstrip(">").partition(" <")
    rows = (
        ("From", f'{name} &lt;<a href="mailto:{address}">{address}</a>&gt;'),
        ("Sent", SENT),
        ("To", f"Dana Reyes &lt;{DANA}&gt;"),
        ("Subject", mail["Subject"]),
    )
    block = "<br>".join(f"<b>{label}:</b> {said}" for label, said in rows)
    body = _body(mail).replace("\n", "<br>")
    outer = _outer(mail, "", sender)
    outer.set_content(
        f'<html><body><div class="WordSection1"><p class="MsoNormal">{note}</p>'
        f'<div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal">{block}</p></div>'
        f'<p class="MsoNormal">{body}</p></div></body></html>',
        subtype="html",
    )
    for part in mail.iter_attachments():
        outer.add_attachment(part.get_content(), "application", "pdf", filename=part.get_filename())
    return outer


def gmail(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as Gmail does, in both of its forms."""
    name, _, address = str(mail["From"]).rstrip(">").partition(" <")
    when = "Sat, Nov 21, 2026 at 3:42 PM"
    text = (
        f"{note}\n\n---------- Forwarded message ---------\nFrom: {name} <{address}>\n"
        f"Date: {when}\nSubject: {mail['Subject']}\nTo: Dana Reyes <{DANA}>\n\n\n{_body(mail)}"
    )
    body = _body(mail).replace("\n", "<br>")
    html = (
        f'<div dir="ltr">{note}<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f'---------- Forwarded message ---------<br>From: <strong class="gmail_sendername">{name}'
        f'</strong> <span dir="auto">&lt;<a href="mailto:{address}">{address}</a>&gt;</span><br>'
        f"Date: {when}<br>Subject: {mail['Subject']}<br>To: Dana Reyes &lt;{DANA}&gt;<br></div>"
        f"<br><br>{body}</div></div>"
    )
    return _inline(mail, text, sender, "Fwd: ", html)


def apple(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as Apple Mail does: everything is quoted."""
    block = (
        f"From: {mail['From']}\nSubject: {mail['Subject']}\n"
        f"Date: November 21, 2026 at 3:42:00 PM EST\nTo: {mail['To']}\n"
    )
    quoted = "".join(f"> {line}\n" for line in f"{block}\n{_body(mail)}".split("\n"))
    text = f"{note}\n\nBegin forwarded message:\n\n{quoted}"
    return _inline(mail, text, sender, "Fwd: ")


def thunderbird(mail: EmailMessage, note: str = "", sender: str = DANA) -> EmailMessage:
    """Pass a message on as Thunderbird does."""
    block = (
        f"Subject: \t{mail['Subject']}\nDate: \t{mail['Date']}\nFrom: \t{mail['From']}\n"
        f"To: \t{mail['To']}\n"
    )
    text = f"{note}\n\n-------- Forwarded Message --------\n{block}\n{_body(mail)}"
    return _inline(mail, text, sender, "Fwd: ")


def journal(
    mail: EmailMessage, note: str = "", sender: str = "journal@sample-mutual.example"
) -> EmailMessage:
    """Report a message as a journal rule of Exchange does; nobody says anything then."""
    del note
    outer = _outer(mail, "", sender, "")
    outer["X-MS-Journal-Report"] = ""
    outer.set_content(
        f"Sender: {str(mail['From']).partition('<')[2].rstrip('>')}\nSubject: {mail['Subject']}\n"
        f"Message-Id: <inner@bakerllp.example>\nTo: {DANA}\nRecipient: {DANA}\n"
    )
    outer.add_attachment(mail)
    return outer


Form = Callable[..., EmailMessage]
INLINE: tuple[Form, ...] = (outlook, german_outlook, outlook_html, gmail, apple, thunderbird)
FORMS: tuple[Form, ...] = (attached, *INLINE, journal)
