"""A name server on loopback, of plain UDP and TCP, that says what a test tells it to."""

from __future__ import annotations

import contextlib
import errno
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

_MOST_DATAGRAM = 1232


@dataclass
class NameServer:
    """Its zone by name and type; names that it answers SERVFAIL for, or not at all."""

    zone: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    lame: set[str] = field(default_factory=set)  # REFUSED: it has nothing to do with the name
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def text(self, name: str, *texts: str) -> None:
        """Publish TXT records."""
        self.zone[name, "TXT"] = [
            " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
            for text in texts
        ]

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        reply = dns.message.make_response(query)
        if name in self.failing or name in self.lame:
            reply.set_rcode(dns.rcode.SERVFAIL if name in self.failing else dns.rcode.REFUSED)
        elif values := self.zone.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *values))
        elif not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire(max_size=65535)


@contextlib.contextmanager
def name_server() -> Iterator[NameServer]:
    """Serve on a free port of loopback until the context ends."""
    ours = NameServer()

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, sock = self.request
            said = ours.answer(wire)
            if said is None:
                return
            if len(said) > _MOST_DATAGRAM:
                short = dns.message.make_response(dns.message.from_wire(wire))
                short.flags |= dns.flags.TC
                said = short.to_wire()
            sock.sendto(said, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = self.rfile.read(2)
            if len(head) == 2:
                said = ours.answer(self.rfile.read(struct.unpack("!H", head)[0]))
                if said is not None:
                    self.wfile.write(struct.pack("!H", len(said)) + said)

    servers = _at_one_port(Stream, Datagram)
    ours.port = servers[0].server_address[1]
    threads = [threading.Thread(target=one.serve_forever, args=(0.005,)) for one in servers]
    for thread in threads:
        thread.start()
    try:
        yield ours
    finally:
        for one in servers:
            one.shutdown()
            one.server_close()
        for thread in threads:
            thread.join()


def _at_one_port(
    stream: type[socketserver.StreamRequestHandler], datagram: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.ThreadingTCPServer, socketserver.ThreadingUDPServer]:
    """Listen on one free port of loopback by TCP and by UDP.

    TCP chooses, since the connections that other tests have left in TIME_WAIT hold hundreds of its
    ports; where the other has the number in use, the next one is tried.
    """
    for left in range(99, -1, -1):
        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), stream)
        try:
            return tcp, socketserver.ThreadingUDPServer(tcp.server_address[:2], datagram)
        except OSError as error:
            tcp.server_close()
            if error.errno != errno.EADDRINUSE or not left:
                raise
    raise AssertionError("the last try returns or raises")


def nobodys_port() -> int:
    """Return a UDP port of loopback that nothing listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
