"""From the 250 to the browser: when a mail that was just accepted stands in the list."""

from __future__ import annotations

import re
import smtplib
import statistics
import time
from datetime import UTC, datetime

import httpx
import sqlalchemy as sa

from bench.road import INTAKE, SENDER, Running, letter, serving
from bench.rounds import Figure, Rounds, print_table
from portal import sign_in
from portal.tables import accounts
from tests.desk import csrf

_MAILS = 15
_LONGEST_SECONDS = 60


def in_the_list() -> list[Figure]:
    """One mail at a time: from its 250 to the page of the list that shows it."""
    values = []
    with serving() as running, httpx.Client(base_url=running.server.web, timeout=60) as browser:
        _sign_in(running, browser)
        for number in range(_MAILS + 1):
            seconds = _seconds(running, browser, letter(number, html=False))
            if number:  # the first one finds everything cold
                values.append(seconds * 1000)
            running.await_filed(number + 1)
    print_table(
        "from 250 to visible in the list", "ms", Rounds({"casebridge": values}, {}), "casebridge"
    )
    return [
        Figure("from 250 to visible, p50", statistics.median(values), "ms", 1000, at_least=False),
        Figure("from 250 to visible, the slowest", max(values), "ms", 1000, at_least=False),
    ]


def _sign_in(running: Running, browser: httpx.Client) -> None:
    """Sign in as operations, who see every package."""
    with running.database.read() as connection:
        account = connection.scalar(sa.select(accounts.c.id).where(accounts.c.role == "operations"))
    assert account is not None, "the sample accounts are there"
    token = sign_in.new_link(running.database, account, now=datetime.now(UTC), minutes=60)
    page = browser.get(f"/sign-in/{token}")
    browser.post(f"/sign-in/{token}", data={"csrf": csrf(page.text)})


def _seconds(running: Running, browser: httpx.Client, message: bytes) -> float:
    """Send a mail, and look at the list again and again until it is there."""
    with smtplib.SMTP("127.0.0.1", running.server.port, timeout=60) as client:
        client.ehlo()
        client.mail(SENDER)
        client.rcpt(INTAKE)
        code, reply = client.data(message)
        accepted = time.perf_counter()
    assert code == 250, reply
    (receipt,) = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}", reply.decode("ascii"))
    while receipt not in browser.get("/packages", params={"view": "team", "show": "all"}).text:
        if time.perf_counter() - accepted > _LONGEST_SECONDS:
            raise RuntimeError("the mail does not show up in the list")
    return time.perf_counter() - accepted
