"""casebridge serve: doors, pages and one worker in one process."""

from __future__ import annotations

import click

from config.settings import Settings
from gateway import clock
from gateway.command import NOT_READY, say, settings_of, stop
from gateway.doors import PortTaken
from gateway.serving import serve
from gateway.stores import Stores, open_stores
from portal import sign_in


@click.command("serve", short_help="Run doors, pages and a worker, until Ctrl-C.")
@click.pass_context
def command(context: click.Context) -> None:
    """Serve the doors and the pages, and carry letters, until SIGTERM or Ctrl-C.

    It prints where it listens, and a one-time sign-in link for each sample account where the
    settings allow sample accounts.
    """
    settings = settings_of(context)

    try:
        serve(settings, lambda smtp, web: announce(settings, smtp, web))
    except PortTaken as fault:
        stop(NOT_READY, "port_taken", place=fault)


def announce(settings: Settings, smtp: str, web: str) -> None:
    """Say where it listens, with a new sign-in link for each sample account."""
    say(f"SMTP   {smtp}   mail for {settings.intake.address}")
    if settings.lmtp.socket:
        say(f"LMTP   {settings.lmtp.socket}")
    if settings.lmtp.host:
        say(f"LMTP   {settings.lmtp.host}:{settings.lmtp.port}")
    for mailbox in settings.imap.mailboxes:
        say(f"IMAP   {mailbox.name}: {mailbox.folder} at {mailbox.host}")
    say(f"Web    {web}")
    if settings.trust.sample_accounts:
        with open_stores(settings) as stores:
            _print_links(stores, web)
    say("Ready. Ctrl-C drains and ends.")


def _print_links(stores: Stores, web: str) -> None:
    """Print a new one-time sign-in link for each sample account."""
    for account in sign_in.sample_accounts(stores.database):
        token = sign_in.new_link(
            stores.database,
            account.id,
            now=clock.now(),
            minutes=stores.settings.web.link_minutes,
        )
        say(f"Sign in as {account.name} ({account.role}): {web}/sign-in/{token}")
