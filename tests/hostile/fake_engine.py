"""An engine gone over to the other side: a program in LibreOffice's place for what a real one cannot
be made to show, and in that of the driver beside it, which it would have taken over too. Each
behaviour is a few lines of Python, which run in the sandbox once a file was handed in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.hostile.canary import Canary
from tests.hostile.pdfs import document, stream

_HEAD: Final = """#!/usr/bin/python3 -IB
import os, signal, socket, sys, time, threading
from contextlib import suppress
JOB, RESULT = "/job", "/job/rendition.pdf"
PDF = bytes.fromhex("HONEST")
def write(path, content):
    with open(path, "wb") as opened: opened.write(content)
if "--version" in sys.argv:
    print("LibreOffice 0.0"); sys.exit(0)
if "--terminate_after_init" in sys.argv:
    os.makedirs("/job/profile/user"); sys.exit(0)
sys.path.append("/code")
from converters import frame
control = socket.socket(fileno=int(sys.argv[5]))
frame.send(control, b'{"ready": true}')
frame.receive(control)
"""
_TAIL: Final = """
frame.send(control, b'{"answer": {}}')
with suppress(frame.Ended): frame.receive(control)
"""

_DAEMONS: Final = """
for number in range(20):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        for each in signal.valid_signals():
            with suppress(OSError, ValueError): signal.signal(each, signal.SIG_IGN)
        time.sleep(600)
"""
BEHAVIOURS: Final[dict[str, str]] = {
    "forks without end": "while True:\n  with suppress(OSError): os.fork()",
    "forks and ends": "for n in range(9):\n  os.fork()\nsys.exit(0)",
    "starts threads without end": (
        "threading.stack_size(65536)\n"
        "while True: threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    ),
    "leaves daemons and a good result": f"{_DAEMONS}\nwrite(RESULT, PDF)",
    "leaves daemons and never ends": f"{_DAEMONS}\ntime.sleep(600)",
    "never ends, and hears no signal": (
        "for each in signal.valid_signals():\n"
        "  with suppress(OSError, ValueError): signal.signal(each, signal.SIG_IGN)\n"
        "time.sleep(600)"
    ),
    "turns without end": "while True: pass",
    "stops itself": "os.kill(os.getpid(), signal.SIGSTOP); time.sleep(600)",
    "takes all memory": "held = []\nwhile True: held.append(b'x' * (16 << 20))",
    "takes all memory with its children": (
        "for n in range(30):\n  if os.fork() == 0: break\n"
        "held = []\nwhile True: held.append(b'x' * (4 << 20)); time.sleep(.01)"
    ),
    "fills its folder": "n = 0\nwhile True:\n  n += 1; write(f'/job/{n}', bytes(1 << 20))",
    "fills /tmp": (
        "n = 0\nwith suppress(OSError):\n  while True:\n    n += 1; write(f'/tmp/{n}', bytes(1 << 20))\n"
        "time.sleep(600)"
    ),
    "fills /dev/shm": (
        "n = 0\nwith suppress(OSError):\n"
        "  while True:\n    n += 1; write(f'/dev/shm/{n}', bytes(1 << 20))\ntime.sleep(600)"
    ),
    "hundreds of thousands of files": "n = 0\nwhile True:\n  n += 1; write(f'/job/{n}', b'')",
    "folders without end": "while True:\n  os.mkdir('d'); os.chdir('d')",
    "folders that nobody may read": (
        "for n in range(50):\n  os.makedirs(f'/job/{n}/x'); write(f'/job/{n}/y', b'')\n"
        "  os.chmod(f'/job/{n}', 0)\nwrite(RESULT, PDF)"
    ),
    "links, pipes and devices beside a good result": (
        "for n, each in enumerate(['/', '/etc', 'TEXT', '..', '/proc/self', 'x']):\n"
        "  os.symlink(each, f'/job/link{n}')\n"
        "for n in range(50): os.mkfifo(f'/job/pipe{n}')\n"
        "with suppress(OSError): os.mknod('/job/sda', 0o60600, os.makedev(8, 0))\n"
        "server = socket.socket(socket.AF_UNIX); server.bind('/job/socket')\nwrite(RESULT, PDF)"
    ),
    "names that are hostile": (
        "for n in ['$(touch x)', 'a\\nb', '-rf', '\\x1b[2J', 'x' * 255]: write('/job/' + n, b'')\n"
        "write(RESULT, PDF)"
    ),
    "says very much": "while True: os.write(1, b'x' * 65536); os.write(2, b'x' * 65536)",
    "kills everything": "os.kill(-1, signal.SIGKILL); os.kill(1, signal.SIGKILL); time.sleep(600)",
    "ends as by a signal": "os.kill(os.getpid(), signal.SIGSEGV); sys.exit(139)",
    "ends without a result": "sys.exit(0)",
    "answers a link to a planted file": "os.symlink('TEXT', RESULT)",
    "answers a link to a file of the system": "os.symlink('/etc/passwd', RESULT)",
    "answers a file of two names": "write('/job/a', PDF); os.link('/job/a', RESULT)",
    "answers a pipe": "os.mkfifo(RESULT)",
    "answers a folder": "os.mkdir(RESULT)",
    "answers nothing at all": "write(RESULT, b'')",
    "answers noise": "write(RESULT, os.urandom(50000))",
    "answers a head alone": "write(RESULT, b'%PDF-1.7')",
    "answers a flood of nothing": "open(RESULT, 'wb').truncate(400 << 20)",
    "answers a PDF with a script": "write(RESULT, bytes.fromhex('SCRIPT'))",
    "answers a PDF that starts a program": "write(RESULT, bytes.fromhex('LAUNCH'))",
    "answers a PDF in a ring": "write(RESULT, bytes.fromhex('RING'))",
    "answers another's words": "write(RESULT, bytes.fromhex('OTHER'))",
    "answers under another name": "write('/job/other.pdf', PDF)",
    "answers a set-user-id PDF": "write(RESULT, PDF); os.chmod(RESULT, 0o6777)",
    "asks the network": (
        "got = []\n"
        "for family, kind, place in [(2, 1, ('127.0.0.1', PORT)), (2, 2, ('127.0.0.1', PORT)),\n"
        "    (10, 1, ('::1', PORT)), (2, 3, ('127.0.0.1', 0)), (17, 3, ('lo', 0)), (16, 3, (0, 0)),\n"
        "    (1, 1, '\\0/tmp/.X11-unix/X0'), (1, 1, '/run/dbus/system_bus_socket'), (40, 1, (2, 1))]:\n"
        "  with suppress(OSError):\n"
        "    one = socket.socket(family, kind); one.connect(place); one.send(b'x'); got.append(place)\n"
        "with suppress(OSError): socket.getaddrinfo('bait.canary.invalid', 80); got.append('name')\n"
        "assert not got\nwrite(RESULT, PDF)"
    ),
    "reads whatever it may": (
        "got = ''\n"
        "for place in ['TEXT', '/etc/shadow', '/etc/passwd', '/root', '/home', '/proc/1/environ',\n"
        "    '/proc/1/root/TEXT', '/proc/self/cwd/../../TEXT', '/dev/mem', '/dev/sda', '/dev/kmsg']:\n"
        "  with suppress(OSError): got += open(place).read()\n"
        "  with suppress(OSError): got += str(os.listdir(place))\n"
        "for each in os.listdir('/proc'):\n"
        "  for name in ['environ', 'cmdline', 'maps']:\n"
        "    with suppress(OSError, UnicodeError): got += open(f'/proc/{each}/{name}').read()\n"
        "assert 'SECRET' not in got and 'casebridge' not in got.lower()\nwrite(RESULT, PDF)"
    ),
    "writes wherever it may": (
        "for place in ['FOLDER/written', '/usr/x', '/etc/x', '/x', '/source/x', '/dev/x', '/proc/x',\n"
        "    '/proc/self/oom_score_adj', '/proc/sys/kernel/hostname', '/sys/x', '/var/x']:\n"
        "  with suppress(OSError): write(place, b'-1000')\n"
        "for each in os.listdir('/source'):\n"
        "  with suppress(OSError): write('/source/' + each, b'x'); raise SystemExit(9)\n"
        "write(RESULT, PDF)"
    ),
    "tries to get out": (
        "import ctypes\nlibc = ctypes.CDLL(None)\n"
        "done = [n for n, a in {'unshare': (272, 0x10000000), 'setns': (308, 0, 0), 'ptrace': (101, 16, 1),\n"
        "  'mount': (165, 0, 0, 0, 0, 0), 'chroot': (161, b'/tmp'), 'io_uring': (425, 1, 0),\n"
        "  'bpf': (321, 0, 0, 0), 'keyctl': (250, 0, 0), 'memfd': (319, b'x', 0), 'shm': (29, 0, 4096, 0o1600),\n"
        "  'userfaultfd': (323, 0), 'setuid': (105, 0)}.items() if libc.syscall(*a) >= 0]\n"
        "assert not done, done\nwrite(RESULT, PDF)"
    ),
}  # fmt: skip

# What these do besides harms nobody, so their results are taken. An assertion of theirs that fails
# ends them without one.
TAKEN: Final = frozenset(
    {
        "leaves daemons and a good result",
        "links, pipes and devices beside a good result",
        "names that are hostile",
        "answers a set-user-id PDF",
        "asks the network",
        "reads whatever it may",
        "writes wherever it may",
        "tries to get out",
    }
)


def installed(folder: Path, behaviour: str, canary: Canary) -> Path:
    """Write the program in a folder, under LibreOffice's names, and return the folder for PATH."""
    program = folder / "office" / "program"
    program.mkdir(parents=True)
    honest = document()
    made = {
        "HONEST": honest.hex(),
        "SCRIPT": document(b"/OpenAction<</S/JavaScript/JS(1)>>").hex(),
        "LAUNCH": document(b"/OpenAction<</S/Launch/F(x)>>").hex(),
        "RING": document(changed={2: b"<</Type/Pages/Kids[2 0 R]/Count 1>>"}).hex(),
        "OTHER": document(content=stream(b"BT /F 12 Tf 72 720 Td (others) Tj ET")).hex(),
        "TEXT": str(canary.lure.planted("txt")),
        "FOLDER": str(canary.lure.folder),
        "SECRET": canary.secret,
        "PORT": str(canary.lure.port),
    }
    text = _HEAD + BEHAVIOURS[behaviour] + _TAIL
    for word, value in made.items():
        text = text.replace(word, value)
    for name in ("soffice", "soffice.bin"):
        (program / name).write_text(text)
        (program / name).chmod(0o755)
    return program
