"""The gate itself: it looks at a mail that has come whole, and refuses it or says who sent it."""

from __future__ import annotations

import ipaddress
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from config.settings import Proof as ProofSettings
from config.settings import ProofRelay
from converters.fault import JobFault, JobTimedOut, SandboxMissing
from converters.pool import Pool
from converters.sandbox import Limits
from gateway.gate.glance import JOB, Glass, HeaderTooLarge
from gateway.gate.names import Names, resolver_of
from gateway.gate.proof import Late, Prover
from gateway.gate.verdict import Handed, Verdict
from gateway.letter import Proof
from gateway.watch import fault_fields

# Most of a proof's time is waiting for name servers. As many as the letters of both doors that may
# be here at once: one that waited for a thread would use up its time, and go on as unproven.
_PROVERS = 128
_OUTPUT_BYTES = 1 << 20
# dkimpy holds a message several times over while it hashes it: about 300 MB for the most that it
# is given by default, and as much again for one of nothing but empty lines.
_MEMORY_BYTES = 805_306_368


class Gate:
    """Proves senders. Safe for threads; nobody waits longer for it than a proof may take.

    The time is kept by whoever waits: a proof that is late goes on by itself to its own end, which
    the same limit sets, and what came of it is not heard any more.
    """

    def __init__(self, settings: ProofSettings, folder: Path) -> None:
        """`folder` belongs to this gate alone. Raises Unanswered where no name server is known."""
        self._settings = settings
        self._folder = folder
        self._resolver = resolver_of(settings.nameservers)
        self._pool = Pool(
            JOB,
            processes=settings.processes,
            folder=folder / "boxes",
            limits=Limits(
                seconds=settings.seconds,
                memory_bytes=_MEMORY_BYTES,
                output_bytes=_OUTPUT_BYTES,
                processes=16,
            ),
        )
        self._provers = ThreadPoolExecutor(_PROVERS, thread_name_prefix="prover")

    def start(self) -> None:
        """Start the sandboxes. Raises SandboxMissing."""
        self._pool.start()
        (self._folder / "none").mkdir(parents=True, exist_ok=True, mode=0o700)

    def close(self) -> None:
        """End every proof."""
        self._pool.close()
        self._provers.shutdown()

    def relay_of(self, handed: Handed) -> ProofRelay | None:
        """Return the trusted relay that hands a message in, or None."""
        return next((one for one in self._settings.relays if _is(one, handed)), None)

    def verdict(self, handed: Handed, descriptor: int) -> Verdict:
        """Say how the sender of a message is proven.

        `descriptor` is open for reading only, on a regular file of the message's bytes; it may be
        closed when this returns. What is over a limit, or goes wrong here, is unproven.
        """
        relay = self.relay_of(handed)
        if self._settings.mode == "off" and relay is None:
            return Verdict(Proof.NONE, "off", handed.client)
        own = os.dup(descriptor)
        deadline = time.monotonic() + self._settings.seconds
        answered = threading.Event()
        found: list[Verdict] = []

        def prove() -> None:
            try:
                found.append(self._prove(handed, relay, own, deadline))
            finally:
                os.close(own)
                answered.set()

        try:
            self._provers.submit(prove)
        except RuntimeError:  # it is being closed
            os.close(own)
            return Verdict(Proof.NONE, "late", handed.client)
        answered.wait(self._settings.seconds)
        return found[0] if found else Verdict(Proof.NONE, "late", handed.client)

    def refuses(self, verdict: Verdict) -> bool:
        """Say whether a message with this verdict is refused."""
        return self._settings.mode == "enforce" and verdict.refused_for is not None

    def _prove(
        self, handed: Handed, relay: ProofRelay | None, descriptor: int, deadline: float
    ) -> Verdict:
        prover = Prover(
            Names(self._resolver, deadline),
            Glass(self._pool, self._folder / "none", descriptor, handed.client),
            os.fstat(descriptor).st_size,
            self._settings.max_bytes,
        )
        try:
            return prover.of(handed, relay)
        except HeaderTooLarge:
            rule = "header_too_large"
        except (Late, JobTimedOut):
            rule = "late"
        except (JobFault, SandboxMissing) as fault:
            structlog.get_logger().warning("gate.unreadable", **fault_fields(fault))
            rule = "unreadable"
        except Exception as fault:  # noqa: BLE001  # whatever it was, the mail goes on, unproven
            structlog.get_logger().error("gate.failed", **fault_fields(fault))
            rule = "unreadable"
        return Verdict(Proof.NONE, rule, handed.client)


def _is(relay: ProofRelay, handed: Handed) -> bool:
    if handed.is_lmtp:
        return relay.is_lmtp
    if handed.client is None:
        return False
    client = ipaddress.ip_address(handed.client)
    return any(client in ipaddress.ip_network(one) for one in relay.networks)
