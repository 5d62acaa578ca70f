"""Forward, as Outlook attaches it: a .msg, and a message within winmail.dat."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal.tables import letters, packages, parts
from tests.carrying import PDF, Carrier
from tests.forwarding import DANA
from tests.outlook_files import UNICODE, Attachment, Message, msg, named, tnef, words

pytestmark = pytest.mark.record

ITEM = Message(
    words(
        "Smith 24-001234", "Dear Dana, the records.", x0C1F=(UNICODE, "pat.hall@bakerllp.example")
    ),
    attachments=(Attachment(named("records.pdf"), PDF),),
)


@pytest.fixture
def carrier(sample_stores: Stores) -> Carrier:
    return Carrier(sample_stores)


def carried(
    carrier: Carrier, mail: EmailMessage
) -> tuple[str, str | None, sa.Row[tuple[object, ...]]]:
    mail["From"], mail["Subject"] = DANA, "FW: Smith 24-001234"
    carrier.accept(mail.as_bytes(), sender=DANA, proof=Proof.ALIGNED)
    carrier.carry()
    with carrier.stores.database.read() as connection:
        letter = connection.execute(letters.select()).one()
        return letter.state, letter.reason, connection.execute(packages.select()).one()


def test_a_message_that_outlook_saved_is_passed_on(carrier: Carrier) -> None:
    mail = EmailMessage(policy=SMTP)
    mail.set_content("")
    mail.add_attachment(msg(ITEM), "application", "vnd.ms-outlook", filename="Smith.msg")
    state, _, package = carried(carrier, mail)
    assert (state, package.forwarded["how"], package.forwarded["firm"]) == (
        "filed",
        "attached",
        "Baker LLP",
    )
    assert package.header_from == '"Pat Lee" <pat.hall@bakerllp.example>'
    assert package.narrative == "Dear Dana, the records."
    with carrier.stores.database.read() as connection:
        names = set(connection.scalars(sa.select(parts.c.filed_name)))
    assert "records.pdf" in names


def test_a_message_within_winmail_dat_is_passed_on(carrier: Carrier) -> None:
    packed = Message(words("FW: Smith", ""), attachments=(Attachment(named("Smith"), item=ITEM),))
    mail = EmailMessage(policy=SMTP)
    mail.set_content("")
    mail.add_attachment(tnef(packed), "application", "ms-tnef", filename="winmail.dat")
    state, _, package = carried(carrier, mail)
    assert (state, package.subject, package.forwarded["by"]) == (
        "filed",
        "Smith 24-001234",
        "Dana Reyes",
    )


def test_a_file_beside_the_message_within_winmail_dat_makes_it_an_ordinary_letter(
    carrier: Carrier,
) -> None:
    beside = Attachment(named("scan.pdf"), PDF)
    both = (Attachment(named("Smith"), item=ITEM), beside)
    packed = Message(words("FW: Smith", ""), attachments=both)
    mail = EmailMessage(policy=SMTP)
    mail.set_content("")
    mail.add_attachment(tnef(packed), "application", "ms-tnef", filename="winmail.dat")
    state, reason, package = carried(carrier, mail)
    assert (state, reason, package.forwarded) == ("with_us", "sender_not_known", None)
