"""A report: a mail of ours as a delivery status notification, which programs read (RFC 3464).

Its first part is what a person reads, as in any other mail of ours. The last one names the message
that was not delivered, by its Message-ID and nothing else: its words are never repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage, Message

# Other or undefined media error (RFC 3463, 3.7): the code behind it may not be everybody's to know.
_STATUS = "5.6.0"


def report_of(
    mail: EmailMessage, *, reporter: str, failed: Sequence[str], returned: str | None
) -> EmailMessage:
    """Return the mail as a report that delivery to our addresses `failed` has failed.

    `reporter` is our host, `returned` the Message-ID that the mail answers. Its headers stay, and
    so do its words. The addresses are the canonical ones: nothing in them ends a line.
    """
    report = EmailMessage(policy=mail.policy)
    words = EmailMessage(policy=mail.policy)
    for name, value in mail.items():
        of_content = name.lower().startswith("content-") and name.lower() != "content-language"
        (words if of_content else report)[name] = value
    words.set_payload(mail.get_payload())
    report["Content-Type"] = "multipart/report; report-type=delivery-status"
    report.attach(words)
    report.attach(_status(mail, reporter, failed))
    if returned is not None:
        report.attach(_headers(mail, returned))
    return report


def _status(mail: EmailMessage, reporter: str, failed: Sequence[str]) -> EmailMessage:
    """Write the part for programs: a block about the message, and one for each address."""
    about = Message(policy=mail.policy)
    about["Reporting-MTA"] = f"dns; {reporter}"
    blocks: list[Message | str] = [about]
    for address in failed:
        block = Message(policy=mail.policy)
        block["Final-Recipient"] = f"rfc822; {address}"
        block["Action"] = "failed"
        block["Status"] = _STATUS
        blocks.append(block)
    part = EmailMessage(policy=mail.policy)
    part["Content-Type"] = "message/delivery-status"
    part.set_payload(blocks)
    return part


def _headers(mail: EmailMessage, message_id: str) -> EmailMessage:
    part = EmailMessage(policy=mail.policy)
    part["Content-Type"] = "text/rfc822-headers"  # RFC 6522, 4
    part.set_payload(f"Message-ID: {message_id}\n")
    return part
