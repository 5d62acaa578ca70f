"""What `casebridge check` says of the mail doors."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Imap, Lmtp, Mailbox, Settings, SmtpTls
from gateway.finding import Finding
from gateway.mail_doors import mail_doors
from gateway.smtp.certificate import ready_certificate
from tests.mail_server import make_certificates


def starttls(settings: Settings) -> Finding:
    return next(mail_doors(settings))


def doors(settings: Settings) -> list[Finding]:
    return list(mail_doors(settings))[1:]


def with_tls(settings: Settings, **changes: str) -> Settings:
    smtp = settings.smtp.model_copy(update={"tls": SmtpTls.model_validate(changes)})
    return settings.model_copy(update={"smtp": smtp})


def test_its_own_certificate_is_promised_and_then_named(settings: Settings) -> None:
    assert starttls(settings) == Finding(
        "ok", "STARTTLS is offered, with a certificate made at the first start"
    )
    assert not settings.storage.path.exists()
    settings.storage.path.mkdir()
    ready_certificate(settings)
    found = starttls(settings)
    assert found.weight == "ok"
    assert "STARTTLS is offered, with a certificate of its own, which ends on 20" in found.text


def test_a_real_certificate_that_ends_soon_and_one_that_is_not_there(
    settings: Settings, tmp_path: Path
) -> None:
    made = make_certificates(tmp_path / "certificates")  # for a day
    files = {
        "certificate_file": str(made.folder / "server.pem"),
        "key_file": str(made.folder / "server.key"),
    }
    found = starttls(with_tls(settings, starttls="required", **files))
    assert found.weight == "warn"
    assert found.text.startswith(
        f"The certificate of the SMTP door, {made.folder}/server.pem, ends"
    )
    (made.folder / "server.key").unlink()
    assert starttls(with_tls(settings, **files)).weight == "error"


def test_without_tls_there_is_a_warning(settings: Settings) -> None:
    assert starttls(with_tls(settings, starttls="off")).weight == "warn"


@pytest.mark.parametrize(("host", "warns"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_where_lmtp_listens(host: str, warns: bool, settings: Settings) -> None:
    lmtp = Lmtp(socket="/run/casebridge/lmtp", host=host)
    found = doors(settings.model_copy(update={"lmtp": lmtp}))
    assert [one.weight for one in found] == ["ok", "ok"] + ["warn"] * warns
    assert doors(settings) == []


def test_a_mailbox_s_password_that_is_not_there(settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    mailbox = Mailbox(name="claims", host="imap.example", user="u", password_file=str(secret))
    mailed = settings.model_copy(update={"imap": Imap(mailboxes=(mailbox,))})
    assert [one.weight for one in doors(mailed)] == ["ok", "error"]
    secret.write_text("x")
    assert [one.weight for one in doors(mailed)] == ["ok"]
