"""Envelope addresses: their one canonical form, and which of them are ours."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"@(.*)')
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_ROUTE = re.compile(rf"@{_LABEL}(?:\.{_LABEL})*(?:,@{_LABEL}(?:\.{_LABEL})*)*:")


# The token is 32 hexadecimal digits: it comes back in lower case whatever the way did to it.
_BOUNCE = re.compile(r"bounce\+([0-9a-f]{32})")


class AddressFault(Exception):
    """Not an address by RFC 5321, 4.1.2, or one of a kind that we do not take."""


class NoSuchAddress(Exception):
    """An address, but none of ours: unknown, elsewhere, or with a tag that is no case number."""


def canonical(text: str) -> str:
    """Return the one form in which every layer writes and compares this address.

    Lower case throughout: hosts that tell `Pat` from `pat` are not met any more, and two forms of
    one sender would be two identities. A source route is dropped (RFC 5321, appendix C) and quotes
    that are not needed are taken off (4.1.2). A local part that does need them is refused: what is
    inside may hold an @, which one layer would read as another's domain. A % has no meaning. Names
    of other scripts stay in their ASCII form (xn--…), so no look-alike is ever shown; raw 8-bit or
    UTF-8 is refused, since SMTPUTF8 is not offered. The limit is 254 octets in all: return paths of
    mailing services have more than 64 before the @, and hosts in the wild have an underscore. What
    every other mail server takes would come back to its sender from ours.

    Raises AddressFault.
    """
    if not text.isascii() or not text.isprintable():
        raise AddressFault
    text = text.lower()
    if route := _ROUTE.match(text):
        text = text[route.end() :]
    if quoted := _QUOTED.fullmatch(text):
        local, domain = re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2]
    else:
        local, _, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local) or len(local) + len(domain) > 253:
        raise AddressFault
    return f"{local}@{_domain(domain)}"


def reverse_path(text: str) -> str:
    """Return the sender of MAIL FROM in canonical form; the null sender <> is the empty string.

    Raises AddressFault.
    """
    return canonical(text) if text else ""


def _domain(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        return _literal(text[1:-1])
    labels = text.split(".")
    if not _DOMAIN.fullmatch(text) or any(len(label) > 63 for label in labels):
        raise AddressFault
    for label in labels:
        if label.startswith("xn--"):
            _check_punycode(label)
    return text


def _check_punycode(label: str) -> None:
    # A false xn-- label that decodes to plain ASCII would be a second form of an ordinary name.
    try:
        name = label[4:].encode("ascii").decode("punycode")
        same = f"xn--{name.encode('punycode').decode('ascii')}" == label
    except UnicodeError as error:
        raise AddressFault from error
    if name.isascii() or not same:
        raise AddressFault


def _literal(text: str) -> str:
    version_6 = text.startswith("ipv6:")
    try:
        if version_6 and "%" not in text:
            return f"[ipv6:{ipaddress.IPv6Address(text.removeprefix('ipv6:'))}]"
        return f"[{ipaddress.IPv4Address(text)}]"
    except ValueError as error:
        raise AddressFault from error


def bounce_address(token: str, intake: str) -> str:
    """Return the return path of a mail that we begin: what comes back is matched by its token."""
    return f"bounce+{token}@{intake.partition('@')[2]}"


@dataclass(frozen=True)
class OurAddresses:
    """The addresses that take letters: the intake address, its case-tagged forms, postmaster.

    And the rehearsal mailbox, and the return paths of our own mails: a token counts when it has the
    shape of one, whether it was ever given out or not.

    Case-tagged are `claims+24-001234@` and `24-001234@`. A tag counts when it has the exact shape
    of a case number, whether that case exists or not: so nobody can probe for cases (550 at RCPT is
    only for what is malformed).
    """

    address: str
    case_pattern: str
    rehearsal: str = "try"
    _shape: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_shape", re.compile(self.case_pattern, re.ASCII | re.IGNORECASE))

    def recipient(self, text: str) -> str:
        """Return the recipient of RCPT TO in canonical form; `postmaster` alone is ours as well.

        Raises AddressFault for what is no address and NoSuchAddress for what is none of ours.
        """
        _, _, domain = self.address.partition("@")
        if text.lower() == "postmaster":  # RFC 5321, 4.1.1.3 and 4.5.1
            return f"postmaster@{domain}"
        address = canonical(text)
        ours = {self.address, f"postmaster@{domain}", f"{self.rehearsal}@{domain}"}
        if address in ours or self.case_tag(address) is not None:
            return address
        if self.bounce_token(address) is not None:
            return address
        raise NoSuchAddress

    def bounce_token(self, address: str) -> str | None:
        """Return the token of a return path of ours, or None for any other address."""
        _, _, domain = self.address.partition("@")
        local, _, its_domain = address.rpartition("@")
        match = _BOUNCE.fullmatch(local)
        return match[1] if match is not None and its_domain == domain else None

    def return_tokens(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Return the tokens where every address is a return path of ours, else none."""
        tokens = tuple(self.bounce_token(address) for address in addresses)
        named = tuple(token for token in tokens if token is not None)
        return named if len(named) == len(tokens) else ()

    def case_tag(self, address: str) -> str | None:
        """Return the case number that an address in canonical form is tagged with, or None.

        It is in lower case, like the address.
        """
        mailbox, _, domain = self.address.partition("@")
        local, _, its_domain = address.rpartition("@")
        tag = local.removeprefix(f"{mailbox}+")
        return tag if its_domain == domain and self._shape.fullmatch(tag) else None

    def own_message(self, message_id: str) -> str | None:
        """Return the unguessable part of a Message-ID that may be one of ours, or None."""
        token, _, its_domain = message_id.rpartition("@")
        return token if its_domain.lower() == self.address.rpartition("@")[2] else None

    def own_messages(self, message_ids: Iterable[str]) -> tuple[str, ...]:
        """Return the unguessable parts of those of the Message-IDs that may be ours."""
        return tuple(filter(None, map(self.own_message, message_ids)))
