"""What all connections of one door share, and how a message of theirs is put before the wall."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from config.settings import Settings, is_loopback
from gateway.address import OurAddresses
from gateway.gate.content import descriptor_of
from gateway.gate.gate import Gate
from gateway.gate.loop import HEAD_BYTES, hops
from gateway.gate.verdict import Handed, NotTaken, Verdict
from gateway.letter import Envelope, Letter, Proof
from gateway.smtp.certificate import Certificate
from gateway.smtp.manner import SMTP, Manner
from gateway.smtp.reception import AcceptRaw, Reception
from portal.vault import Blob, Vault


class Accepted(Protocol):
    """What the wall answers."""

    @property
    def receipt(self) -> str:
        """The receipt number, bare."""


Accept = Callable[[Letter], Accepted]


@dataclass
class House:
    """The parts that a door was built with, and what is under way in it."""

    settings: Settings
    vault: Vault
    accept: Accept
    clock: Callable[[], datetime]
    on_reply: Callable[[int], None]
    workers: Executor
    addresses: OurAddresses
    manner: Manner = SMTP
    gate: Gate | None = None
    finishers: Executor | None = None  # where a letter waits for the gate; else for a worker
    certificate: Certificate | None = None
    receptions: set[Reception] = field(default_factory=set)
    closing: bool = False
    _free_bytes: int = 0
    _looked_at: float = -math.inf

    def free_bytes(self) -> int:
        """Return how much the storage can take beyond its floor, as it was within this second.

        Raises OSError.
        """
        now = time.monotonic()
        if now - self._looked_at >= 1:
            disk = os.statvfs(self.settings.storage.path)
            floor = self.settings.storage.minimum_free_bytes
            self._free_bytes = disk.f_bavail * disk.f_frsize - floor
            self._looked_at = now
        return self._free_bytes

    def acceptance(self, handed: Handed, recipients: tuple[str, ...], tls: str | None) -> AcceptRaw:
        """Return what puts an envelope before the wall once its bytes are durable, or small.

        It is called in a thread and returns the receipt number. It raises NotTaken where the gate
        refuses the message; what a draft kept of it goes with the next sweep.
        """

        def accept(raw: Blob, content: bytearray | None) -> str:
            with descriptor_of(self.vault, raw, content) as descriptor:
                verdict = self._verdict(handed, descriptor)
            envelope = Envelope(
                self.manner.door,
                handed.sender,
                recipients,
                self.clock(),
                verdict.proof,
                tls=tls,
                proof_rule=verdict.rule,
                client=verdict.client,
                relayed_at=verdict.relayed_at,
                author=verdict.author,
            )
            return self.accept(Letter(envelope, raw, content)).receipt

        return accept

    def _verdict(self, handed: Handed, descriptor: int) -> Verdict:
        """Look at a message as the gate does. Raises NotTaken."""
        most = self.settings.proof.most_received
        if hops(os.pread(descriptor, HEAD_BYTES, 0)) > most:
            raise NotTaken("mail_loop", most=most)
        relay = None if self.gate is None else self.gate.relay_of(handed)
        if relay is None and self._is_ours(handed):
            return Verdict(Proof.LOOPBACK, "loopback", handed.client)
        # A mail server has taken it from anybody: where it connects from says nothing.
        if self.gate is None or (relay is None and handed.is_lmtp):
            return Verdict(Proof.NONE, "off", handed.client)
        verdict = self.gate.verdict(handed, descriptor)
        if self.gate.refuses(verdict):
            raise NotTaken("sender_not_authentic", domain=verdict.refused_for)
        return verdict

    def _is_ours(self, handed: Handed) -> bool:
        """Say whether a client on this machine is proven by being there."""
        if handed.is_lmtp or not self.settings.trust.loopback_is_proven:
            return False
        return is_loopback(handed.client or "")
