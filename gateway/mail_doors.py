"""The mail doors, as `casebridge check` finds them: what is offered, and what cannot be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from config.settings import Settings, is_loopback
from gateway.finding import Finding
from gateway.smtp.certificate import CertificateFault, certificate_of

_RENEWAL = timedelta(days=14)


def mail_doors(settings: Settings) -> Iterator[Finding]:
    """Look at TLS, LMTP and the mailboxes, without reaching for any of them."""
    yield _starttls(settings)
    lmtp = settings.lmtp
    if lmtp.socket:
        yield Finding("ok", f"LMTP at {lmtp.socket}")
    if lmtp.host:
        yield Finding("ok", f"LMTP at {lmtp.host}:{lmtp.port}")
    if lmtp.host and not is_loopback(lmtp.host):
        yield Finding.of("warn", "lmtp_open")
    for mailbox in settings.imap.mailboxes:
        yield Finding("ok", f"mailbox {mailbox.name}: {mailbox.folder} at {mailbox.host}")
        for name in ("ca_file", "password_file", "token_file"):
            file = getattr(mailbox, name)
            if file and not os.access(file, os.R_OK):
                setting = f"{name} of the mailbox {mailbox.name}"
                yield Finding.of("error", "relay_file_unreadable", setting=setting, path=file)


def _starttls(settings: Settings) -> Finding:
    certificate = certificate_of(settings)
    if certificate is None:
        return Finding.of("warn", "starttls_off")
    own = not settings.smtp.tls.certificate_file
    word = settings.smtp.tls.starttls
    if own and not certificate.chain.exists():
        if shutil.which("openssl") is None:
            return Finding.of("error", "engine_missing", program="openssl", package="openssl")
        return Finding("ok", f"STARTTLS is {word}, with a certificate made at the first start")
    try:
        certificate.context()
        ends = certificate.ends()
    except CertificateFault as fault:
        return Finding.of("error", "certificate_unusable", path=fault)
    if ends - datetime.now(UTC) < _RENEWAL:
        day = f"{ends:%Y-%m-%d}"
        return Finding.of("warn", "certificate_ends", path=certificate.chain, time=day)
    whose = "a certificate of its own" if own else str(certificate.chain)
    return Finding("ok", f"STARTTLS is {word}, with {whose}, which ends on {ends:%Y-%m-%d}")
