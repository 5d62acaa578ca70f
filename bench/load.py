"""The load: smtp-source of Postfix, a C program, so that the client is not what is measured."""

from __future__ import annotations

import shutil
import subprocess
import time

from bench.rounds import NotMeasured

SENDER = "pat@smithdefence.example"
RECIPIENT = "claims@casebridge.example"
_SECONDS = 600


def send(port: int, *, messages: int, content_bytes: int, connections: int) -> float:
    """Send messages that all differ over connections that stay open. Return the seconds it took.

    Raises NotMeasured without smtp-source, CalledProcessError where a message was not accepted.
    """
    program = shutil.which("smtp-source", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if program is None:
        raise NotMeasured("smtp-source is not installed (Debian: postfix)")
    command = [program, "-d", "-s", str(connections), "-m", str(messages), "-l", str(content_bytes)]
    command += ["-M", "client.example", "-f", SENDER, "-t", RECIPIENT, f"127.0.0.1:{port}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, timeout=_SECONDS, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start
