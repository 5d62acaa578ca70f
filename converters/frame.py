"""A frame on the socket between a pool and its zygote: length, JSON, descriptors beside them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Sequence

MOST_BYTES = 16 * 1024 * 1024
MOST_DESCRIPTORS = 200  # the kernel takes 253 in one message (SCM_MAX_FD)
_LENGTH = struct.Struct("!I")


class Ended(Exception):
    """The other end closed, or said a length that no honest end says."""


def send(to: socket.socket, body: bytes, descriptors: Sequence[int] = ()) -> None:
    """Send one frame. Raises Ended where the other end is gone, ValueError over MOST_BYTES."""
    if len(body) > MOST_BYTES:
        raise ValueError("a frame too long")
    try:
        head = _LENGTH.pack(len(body))
        if descriptors:
            socket.send_fds(to, [head], list(descriptors))
        else:
            to.sendall(head)
        to.sendall(body)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise Ended from error


def receive(source: socket.socket, seconds: float | None = None) -> bytes:
    """Receive one frame's body, the whole of it within `seconds`. Raises Ended and TimeoutError."""
    deadline = None if seconds is None else time.monotonic() + seconds
    return _body(source, _exactly(source, _LENGTH.size, deadline), deadline)


def receive_with_descriptors(source: socket.socket) -> tuple[bytes, list[int]]:
    """Receive one frame and the descriptors that came with it. Raises Ended."""
    head, descriptors, _, _ = socket.recv_fds(source, _LENGTH.size, MOST_DESCRIPTORS)
    if not head:
        raise Ended
    head += _exactly(source, _LENGTH.size - len(head))
    return _body(source, head), descriptors


def _body(source: socket.socket, head: bytes, deadline: float | None = None) -> bytes:
    (length,) = _LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise Ended
    return _exactly(source, length, deadline)


def _exactly(source: socket.socket, length: int, deadline: float | None = None) -> bytes:
    received = bytearray()
    while len(received) < length:
        if deadline is not None:  # or each byte would have the whole time anew
            source.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            chunk = source.recv(min(length - len(received), 1 << 20))
        except ConnectionResetError as error:
            raise Ended from error
        if not chunk:
            raise Ended
        received += chunk
    return bytes(received)
