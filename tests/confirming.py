"""Letters of an address that is to be confirmed, on the sample record, and the code for them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from portal import address_code
from portal.tables import letters
from tests.desk import SampleDesk
from tests.record_sample import NARRATIVE, Part

EVE = "eve@vendor.example"
RECEIPTS = ("EVE00001", "EVE00002")
# What a letter holds, and nobody who is not known may read.
SECRETS = ("24-001234", "deposition", "chronology", "Dana", "Baker", "Lee Park", NARRATIVE[:9])


def two_letters(desk: SampleDesk) -> str:
    """Write two letters of Eve's, the newer one without documents, and return the code."""
    for number, receipt in enumerate(RECEIPTS):
        letter_id = desk.sample.letter(
            receipt,
            "with_us",
            reason="sender_not_known",
            proof="none",
            proof_rule="no_policy",
            firm_id=None,
            sender=EVE,
            arrived_at=desk.now + timedelta(minutes=number),
            state_since=desk.now + timedelta(minutes=number),
        )
        desk.sample.package(letter_id, header_from=f"Eve <{EVE}>")
        if not number:
            documents = [
                Part(f"deposition {one}.pdf", filed_name=f"deposition {one}.pdf") for one in "AB"
            ]
            desk.sample.parts(receipt, letter_id, documents)
    return asked(desk)


def asked(desk: SampleDesk) -> str:
    """Have the receipts of Eve's letters ask, and return the code that the first one holds."""
    codes = []
    with desk.database.write() as connection:
        for receipt in RECEIPTS:
            letter_id = connection.scalar(
                sa.select(letters.c.id).where(letters.c.receipt == receipt)
            )
            assert letter_id is not None
            codes.append(
                address_code.ask(connection, letter_id, EVE, sending=desk.sending, now=desk.now)
            )
    code, *others = codes
    assert code is not None
    assert others == [None]
    return code
