"""The certificate of the SMTP door: one of its own, or a real one by setting.

Its own is made with openssl, whose library Python's own TLS is. Nobody can verify it; it keeps
mail that no server would refuse to send in the clear from being read on its way (RFC 7435).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from config.settings import Settings
from gateway.watch import fault_fields

_DAYS = 3650
_SECONDS = 30

_Stamp = tuple[tuple[int, int, int], ...]


class CertificateFault(Exception):
    """The certificate or its key cannot be used. The text says which file, or what is missing."""


@dataclass
class Certificate:
    """A certificate with its chain, and its key; read anew when one of the files changes."""

    chain: Path
    key: Path
    _context: ssl.SSLContext | None = field(default=None, init=False)
    _stamp: _Stamp | None = field(default=None, init=False)

    def context(self) -> ssl.SSLContext:
        """Return what the next handshake needs.

        Files that have changed and cannot be used yet, as in the middle of a renewal, leave it with
        what it has. Raises CertificateFault where it has nothing.
        """
        try:
            stamp = _stamp_of(self.chain), _stamp_of(self.key)
            if self._context is None or stamp != self._stamp:
                self._context, self._stamp = self._loaded(), stamp
        except (OSError, ssl.SSLError) as fault:
            if self._context is None:
                raise CertificateFault(f"{self.chain} with {self.key}") from fault
            structlog.get_logger().error("tls.certificate_unusable", **fault_fields(fault))
        return self._context

    def ends(self) -> datetime:
        """Return when it ends. Raises CertificateFault."""
        said = _openssl("x509", "-noout", "-enddate", "-in", str(self.chain))
        with contextlib.suppress(ValueError):
            written = said.strip().removeprefix("notAfter=")
            return datetime.strptime(written, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
        raise CertificateFault(str(self.chain))

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain, self.key)
        return context


def certificate_of(settings: Settings) -> Certificate | None:
    """Return the certificate that the settings name, made or not; None where TLS is not offered."""
    tls = settings.smtp.tls
    if tls.starttls == "off":
        return None
    if tls.certificate_file:
        return Certificate(Path(tls.certificate_file), Path(tls.key_file))
    folder = settings.storage.path / "tls"
    return Certificate(folder / "own.pem", folder / "own.key")


def ready_certificate(settings: Settings) -> Certificate | None:
    """Return it with its files read, its own one made where it is not there yet.

    Blocks for some milliseconds. Raises CertificateFault.
    """
    certificate = certificate_of(settings)
    if certificate is None:
        return None
    if not settings.smtp.tls.certificate_file and not certificate.chain.exists():
        _make_own(certificate, settings.smtp.hostname)
    certificate.context()
    return certificate


def _make_own(certificate: Certificate, hostname: str) -> None:
    """Make a key, mode 0600, and a certificate; the latter comes into its place last."""
    folder = certificate.chain.parent
    draft = folder / "own.pem.new"
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", str(certificate.key), "-out", str(draft), "-days", str(_DAYS),
            "-subj", f"/CN={hostname[:64]}", "-addext", f"subjectAltName=DNS:{hostname}",
        )  # fmt: skip
        certificate.key.chmod(0o600)
        draft.rename(certificate.chain)
    except OSError as fault:
        raise CertificateFault(str(folder)) from fault
    structlog.get_logger().info("tls.certificate_made")


def _openssl(*arguments: str) -> str:
    program = shutil.which("openssl")
    if program is None:
        raise CertificateFault("openssl is not installed")
    try:
        done = subprocess.run(
            [program, *arguments],
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=_SECONDS,
            umask=0o077,
        )
    except (subprocess.SubprocessError, OSError) as fault:
        raise CertificateFault(f"openssl {arguments[0]} has failed") from fault
    return done.stdout


def _stamp_of(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino
