"""A private Postfix. As the baseline it takes mail, queues it with fsync, and discards it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.rounds import NotMeasured
from bench.server import await_greeting, free_port

_PATH = "/usr/sbin:/usr/local/sbin:/usr/bin"

# Nothing of the machine's own Postfix is touched: every folder is ours, and no service is chrooted.
_MAIN = """\
compatibility_level = 3.6
config_directory = {folder}/config
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.example
mynetworks = 127.0.0.0/8
alias_maps =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
"""

_DISCARDING = """\
mydestination = casebridge.example
local_transport = discard:
local_recipient_maps =
message_size_limit = 0
mailbox_size_limit = 0
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
verify unix - - n - 1 verify
"""


@contextlib.contextmanager
def running(main: str = _DISCARDING, master: str = "") -> Iterator[int]:
    """Start a private Postfix and give its port; stop it at the end.

    `main` and `master` go behind what every one has. Raises NotMeasured where there is no Postfix,
    or we are not root.
    """
    program = shutil.which("postfix", path=_PATH)
    if program is None:
        raise NotMeasured("Postfix is not installed (Debian: postfix)")
    if os.geteuid() != 0:
        raise NotMeasured("Postfix starts as root only")
    with tempfile.TemporaryDirectory(prefix="bench-postfix-") as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)  # its processes run as another user
        for part in ("config", "queue", "data"):
            (folder / part).mkdir(mode=0o755)
        shutil.chown(folder / "data", pwd.getpwnam("postfix").pw_uid)
        (folder / "config/main.cf").write_text(_MAIN.format(folder=folder) + main)
        (folder / "config/master.cf").write_text(_MASTER.format(port=port) + master)
        postfix = [program, "-c", str(folder / "config")]
        subprocess.run([*postfix, "start"], check=True, capture_output=True)
        try:
            await_greeting(port, None)
            yield port
        finally:
            subprocess.run([*postfix, "stop"], check=True, capture_output=True)
