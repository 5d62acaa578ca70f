"""The server's side of the SMTP dialogue, command by command, apart from any connection.

Errors are rows of the problem catalogue. Success is for programs, and is said here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar

from config.problems import problem
from config.settings import Settings
from gateway.address import AddressFault, NoSuchAddress, OurAddresses, reverse_path
from gateway.gate.verdict import NotTaken
from gateway.smtp.command import LINE_LIMIT, Path, SyntaxFault, command, path
from gateway.smtp.manner import SMTP, Manner

_MOST_FAULTS = 20
_MOST_COMMANDS = 2000  # for one message: more than any number of recipients takes
_MOST_REPEATED = 10  # times as many recipients as there may be, where some are named twice


class Then(Enum):
    """What the connection does after a reply."""

    READ_ON = auto()
    TAKE_DATA = auto()
    START_TLS = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class Reply:
    """What to say, lines joined by CRLF and without the last one, and what to do then."""

    text: str
    then: Then = Then.READ_ON


class Dialogue:
    """One client's commands, each with exactly one reply (RFC 5321; aiosmtpd's are replaced).

    Not offered: CHUNKING, SMTPUTF8, AUTH.
    """

    def __init__(
        self,
        settings: Settings,
        addresses: OurAddresses,
        free_bytes: Callable[[], int],
        manner: Manner = SMTP,
    ) -> None:
        """`free_bytes` is what the storage can take beyond its floor; it may raise OSError."""
        self._manner = manner
        self._starttls_is = settings.smtp.tls.starttls if manner.is_for_anybody else "off"
        self._is_encrypted = False
        self._hostname = settings.smtp.hostname
        self._intake = settings.intake
        self._base_url = settings.service.base_url
        self._addresses = addresses
        self._free_bytes = free_bytes
        self._greeted = False
        self._faults = 0
        self._commands = 0  # since the last message
        self.helo = ""  # the name that the client greeted with
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.taken = 0  # the RCPTs that were: more than recipients, where one is named twice

    def greeting(self) -> Reply:
        """Return what is said first."""
        return Reply(f"220 {self._hostname} {self._manner.greeting} Casebridge")

    def answer(self, line: bytes) -> Reply:
        """Answer a command line with its end; an empty one stands for one that was too long."""
        self._commands += 1
        if self._commands > _MOST_COMMANDS:
            return Reply(problem("too_many_commands").reply(), Then.CLOSE)
        if not line:
            return self._fault("command_too_long", limit=LINE_LIMIT)
        try:
            said = command(line)
        except SyntaxFault:
            return self._fault("command_syntax", example="VERB argument")
        answer = None if said.verb in self._manner.foreign else self._VERBS.get(said.verb)
        return answer(self, said.argument) if answer else self._fault("command_unknown")

    def reset(self) -> None:
        """Forget the message that was begun."""
        self.sender = None
        self.recipients = []
        self.taken = 0

    def secured(self) -> None:
        """Forget all that was said in the clear, the greeting included (RFC 3207, 4.2)."""
        self._is_encrypted = True
        self._greeted = False
        self.reset()

    def _fault(self, code: str, **fields: object) -> Reply:
        """Answer what makes no sense; a client that sends too much of it is let go."""
        self._faults += 1
        if self._faults > _MOST_FAULTS:
            return Reply(problem("too_many_faults").reply(), Then.CLOSE)
        return Reply(problem(code).reply(**fields))

    def _bare(self, argument: str, verb: str, reply: Reply) -> Reply:
        return self._fault("command_syntax", example=verb) if argument else reply

    # -- greeting ----------------------------------------------------------------------------------

    def _helo(self, name: str) -> Reply:
        return self._greet(name, f"250 {self._hostname}")

    def _ehlo(self, name: str) -> Reply:
        offered = (
            f"250-{self._hostname}",
            "250-PIPELINING",
            f"250-SIZE {self._intake.max_message_bytes}",
            *(["250-STARTTLS"] if self._may_start_tls else []),
            "250-8BITMIME",
            "250 ENHANCEDSTATUSCODES",
        )
        return self._greet(name, "\r\n".join(offered))

    def _greet(self, name: str, reply: str) -> Reply:
        if not name:
            example = f"{self._manner.hello} host.example.com"
            return self._fault("command_syntax", example=example)
        self._greeted = True
        self.helo = name
        self.reset()
        return Reply(reply)

    # -- the envelope ------------------------------------------------------------------------------

    def _mail(self, argument: str) -> Reply:
        if not self._greeted or self.sender is not None:
            return self._fault(
                "command_order", first="RSET" if self._greeted else self._manner.hello
            )
        if self._starttls_is == "required" and not self._is_encrypted:
            return Reply(problem("tls_required").reply())
        try:
            given = path(argument, "FROM")
            size = _size(given)
        except SyntaxFault:
            return self._fault("command_syntax", example="MAIL FROM:<name@example.com> SIZE=1000")
        if given.parameters.keys() - {"SIZE", "BODY"}:
            return self._fault("parameter_unknown")
        return self._begin(given.text, size)

    def _begin(self, sender: str, size: int) -> Reply:
        if size > self._intake.max_message_bytes:
            return self.too_large()
        try:
            if self._free_bytes() < size:
                return Reply(problem("disk_low").reply())
            self.sender = reverse_path(sender)
        except OSError:
            return Reply(problem("try_again_later").reply())
        except AddressFault:
            return Reply(problem("email_format").reply())
        return Reply("250 2.1.0 Sender taken")

    def _rcpt(self, argument: str) -> Reply:
        if self.sender is None:
            return self._fault("command_order", first="MAIL")
        try:
            given = path(argument, "TO")
        except SyntaxFault:
            return self._fault("command_syntax", example=f"RCPT TO:<{self._intake.address}>")
        if given.parameters:
            return self._fault("parameter_unknown")
        return self._add(given.text)

    def _add(self, text: str) -> Reply:
        try:
            recipient = self._addresses.recipient(text)
        except AddressFault:
            return Reply(problem("email_format").reply())
        except NoSuchAddress:
            said = problem("no_such_address").reply(
                rcpt=text, addr=self._intake.address, base=self._base_url
            )
            return Reply(said)
        most = self._intake.max_recipients
        is_new = recipient not in self.recipients
        if (is_new and len(self.recipients) >= most) or self.taken >= most * _MOST_REPEATED:
            return Reply(problem("too_many_recipients").reply(limit=most))
        if is_new:
            self.recipients.append(recipient)
        self.taken += 1
        return Reply("250 2.1.5 Recipient taken")

    def _data(self, argument: str) -> Reply:
        if not argument and not self.recipients:
            return self._fault("command_order", first="RCPT")
        if not argument:
            self._commands = 0
        reply = Reply("354 End data with <CR><LF>.<CR><LF>", Then.TAKE_DATA)
        return self._bare(argument, "DATA", reply)

    def not_taken(self, refusal: NotTaken) -> Reply:
        """Say why the gate refuses a message."""
        said = problem(refusal.code).reply(base=self._base_url, **refusal.fields)
        return Reply(said)

    def too_large(self) -> Reply:
        """Say that a message is over the limit."""
        limit = self._intake.max_message_bytes
        return Reply(
            problem("email_too_large").reply(limit=f"{limit / 1_000_000:g} MB", base=self._base_url)
        )

    # -- the rest ----------------------------------------------------------------------------------

    def _rset(self, argument: str) -> Reply:
        if not argument:
            self.reset()
        return self._bare(argument, "RSET", Reply("250 2.0.0 Dropped"))

    def _noop(self, _argument: str) -> Reply:
        return Reply("250 2.0.0 Here")

    def _help(self, _argument: str) -> Reply:
        verbs = (verb for verb in self._VERBS if verb not in self._manner.foreign)
        return Reply(f"214 2.0.0 {' '.join(verbs)}")

    def _vrfy(self, argument: str) -> Reply:
        # The same to every address (RFC 5321, 7.3): nobody learns which ones there are.
        if not argument:
            return self._fault("command_syntax", example="VRFY name")
        return Reply("252 2.1.5 Send a message to find out")

    def _quit(self, argument: str) -> Reply:
        return self._bare(argument, "QUIT", Reply("221 2.0.0 Goodbye", Then.CLOSE))

    def _expn(self, _argument: str) -> Reply:
        return self._fault("command_not_offered", verb="EXPN")

    def _auth(self, _argument: str) -> Reply:
        return self._fault("command_not_offered", verb="AUTH")

    @property
    def _may_start_tls(self) -> bool:
        return self._starttls_is != "off" and not self._is_encrypted

    def _starttls(self, argument: str) -> Reply:
        if not self._may_start_tls:
            return self._fault("command_not_offered", verb="STARTTLS")
        return self._bare(argument, "STARTTLS", Reply("220 2.0.0 Go ahead", Then.START_TLS))

    def _bdat(self, _argument: str) -> Reply:
        # The chunk follows without waiting for a reply (RFC 3030): it must not be read as commands.
        return Reply(problem("command_not_offered").reply(verb="BDAT"), Then.CLOSE)

    _VERBS: ClassVar[Mapping[str, Callable[[Dialogue, str], Reply]]] = {
        "EHLO": _ehlo,
        "HELO": _helo,
        "LHLO": _ehlo,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "RSET": _rset,
        "NOOP": _noop,
        "HELP": _help,
        "VRFY": _vrfy,
        "QUIT": _quit,
        "EXPN": _expn,
        "AUTH": _auth,
        "STARTTLS": _starttls,
        "BDAT": _bdat,
    }


def _size(given: Path) -> int:
    """Return the size that MAIL announces, 0 where it does not (RFC 1870; BODY by RFC 6152)."""
    size = given.parameters.get("SIZE", "0")
    body = given.parameters.get("BODY", "7BIT").upper()
    if not size.isdigit() or len(size) > 20 or body not in {"7BIT", "8BITMIME"}:
        raise SyntaxFault
    return int(size)
