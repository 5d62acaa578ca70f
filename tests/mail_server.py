"""A mail server of the tests' own, with a certificate of its own, that answers as it is told."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword


@dataclass(frozen=True)
class Certificates:
    """A certificate authority, and a certificate of it for `localhost`."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make both with openssl, valid for a day."""
    folder.mkdir()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1",
            "-subj", "/CN=Tests", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text(
        "subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n", encoding="ascii"
    )
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-days", "1", "-extfile", "names", "-out", "server.pem")  # fmt: skip
    return Certificates(folder)


@dataclass
class MailServer:
    """What came in, and what is answered: by command, else 250."""

    taken: list[Envelope] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # "MAIL", "RCPT", "DATA", an address
    sessions: int = 0
    encrypted: list[bool] = field(default_factory=list)
    password: bytes = b""
    port: int = 0

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, self.answers.get("RCPT", "250 2.1.5 OK"))
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        answer = self.answers.get("DATA", "250 2.0.0 OK")
        if answer.startswith("2"):
            self.taken.append(envelope)
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return answer

    def authenticate(self, server: Any, session: Any, envelope: Any, kind: str, data: Any) -> Any:
        good = isinstance(data, LoginPassword) and data.password == self.password
        return AuthResult(success=good)


@contextmanager
def mail_server(
    certificates: Certificates | None = None, *, at_once: bool = False, password: bytes = b""
) -> Iterator[MailServer]:
    """Serve on loopback: with certificates STARTTLS is offered and required, or TLS `at_once`."""
    server = MailServer(password=password)
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    context = None if certificates is None else certificates.context()
    options: dict[str, Any] = {}
    if context is not None and not at_once:
        options = {"tls_context": context, "require_starttls": True}
    if password:
        options |= {"authenticator": server.authenticate, "auth_required": True}
    controller = Controller(
        server,
        hostname="localhost",
        port=server.port,
        ssl_context=context if at_once else None,
        **options,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
