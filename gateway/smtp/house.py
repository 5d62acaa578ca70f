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

    def proof_of(self, peer: str) -> Proof:
        """Say how a client at this IP address is proven."""
        if not self.manner.is_for_anybody:
            return Proof.NONE
        proven = self.settings.trust.loopback_is_proven and is_loopback(peer)
        return Proof.LOOPBACK if proven else Proof.NONE

    def acceptance(
        self, sender: str, recipients: tuple[str, ...], proof: Proof, tls: str | None
    ) -> AcceptRaw:
        """Return what puts an envelope before the wall once its bytes are durable, or small.

        It is called in a worker thread and returns the receipt number.
        """

        def accept(raw: Blob, content: bytearray | None) -> str:
            envelope = Envelope(self.manner.door, sender, recipients, self.clock(), proof, tls=tls)
            return self.accept(Letter(envelope, raw, content)).receipt

        return accept
