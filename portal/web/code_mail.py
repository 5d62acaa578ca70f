"""The mail with a code: what a press on the form has sent to the address that it names."""

from __future__ import annotations

from fastapi import Request

from portal import code
from portal.draft import Draft
from portal.web.desk import Desk
from portal.web.letter_form import Sitting
from portal.web.sender import network_of


def mail_code(
    request: Request, desk: Desk, sitting: Sitting, draft: Draft, *, anew: bool = True
) -> None:
    """Have a code sent to the draft's address; where it is not `anew`, unless one waits already.

    Raises TooManyCodes.
    """
    now = desk.clock()
    with desk.database.write() as connection:
        if not anew and code.waiting(connection, draft, now=now) is not None:
            return
        code.send(
            connection,
            draft,
            sitting.owner.token or "",
            sending=desk.sending,
            organisation=desk.service.organisation,
            network=network_of(request),
            now=now,
        )
