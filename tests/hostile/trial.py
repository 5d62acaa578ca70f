"""A trial: hostile files through a workshop in a process of its own, and all that came of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.canary import Canary, canary
from tests.hostile.hostile_file import WORD, HostileFile
from tests.hostile.office_packages import paragraph, word
from tests.hostile.watching import Watching, alive, below, watching

GONE_WITHIN_SECONDS = 10
_ROOT = Path(__file__).parent.parent.parent
_TRACED = "connect,sendto,sendmsg,sendmmsg"
_TO_THE_NET = re.compile(r"sa_family=AF_INET6?\b|sa_family=AF_PACKET\b")
_TEXT, _OFFICE = "text/plain", WORD


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    file: HostileFile
    path: Path
    fate: str
    seconds: float
    jobs: int = 0
    detected: str = ""
    fault: str = ""
    detail: str = ""
    pdf: Path | None = None


@dataclass
class Trial:
    """The outcomes, and what was touched, asked, left and used meanwhile."""

    outcomes: list[Outcome] = field(default_factory=list)
    secret: str = ""
    asked: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    watched: Watching = field(default_factory=Watching)
    traced: list[str] | None = None  # None where strace is not there
    left: list[str] = field(default_factory=list)
    grown_bytes: int = 0
    seconds: float = 0


def tried(
    choose: Callable[[Canary], Sequence[HostileFile]],
    folder: Path,
    limits: dict[str, int],
    programs: str | None = None,
) -> Trial:
    """Make the files, which may name the canary's places, and convert them all.

    `programs` is a PATH that begins with the folder of an engine of ours: it is not tried first.
    """
    trial = Trial(secret=f"zq{secrets.token_hex(12)}")
    for name in ("files", "into", "tmp"):
        (folder / name).mkdir(parents=True)
    with canary(folder / "planted", trial.secret) as sings:
        chosen = choose(sings)
        paths = [_written(folder / "files", number, each) for number, each in enumerate(chosen)]
        order = {
            "limits": limits,
            "driver": programs and f"{programs.partition(':')[0]}/soffice.bin",
            "folder": str(folder / "workshop"),
            "into": str(folder / "into"),
            "honest": _honest(folder / "files", with_office=programs is None),
            "files": [
                {"path": str(path), "media_type": each.media_type}
                for path, each in zip(paths, chosen, strict=True)
            ],
        }
        (folder / "order.json").write_text(json.dumps(order))
        began = time.monotonic()
        told = _run(trial, folder, {"PATH": programs} if programs else {})
        trial.seconds = time.monotonic() - began
        trial.asked, trial.touched = sings.asked, sings.touched
        for path, each in zip(paths, chosen, strict=True):
            trial.outcomes.append(_outcome(told.get(str(path), {}), path, each, folder / "into"))
    _look_outside(trial, folder)
    return trial


def _written(folder: Path, number: int, file: HostileFile) -> Path:
    path = folder / f"{number}" / file.name
    path.parent.mkdir()
    path.write_bytes(file.make())
    return path


def _honest(folder: Path, *, with_office: bool) -> list[dict[str, str]]:
    made = []
    for name, media_type, content in (
        ("honest.txt", _TEXT, b"words\n"),
        ("honest.docx", _OFFICE, word(paragraph())),
    )[: 1 + with_office]:
        path = folder / name.partition(".")[2] / name
        path.parent.mkdir()
        path.write_bytes(content)
        made.append({"path": str(path), "media_type": media_type})
    return made


def _run(trial: Trial, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Run the server, look at it, and return what it said of each file."""
    trace = folder / "trace"
    line = [*_tracing(trace), sys.executable, "-m", "tests.hostile.server"]
    told: dict[str, Any] = {}
    server = subprocess.Popen(
        [*line, str(folder / "order.json")],
        cwd=_ROOT,
        env={**os.environ, "TMPDIR": str(folder / "tmp"), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    assert server.stdin
    with server, watching(server.pid) as trial.watched:
        before = -1
        idle: list[str] = []
        for said in map(json.loads, server.stdout):
            if "path" in said:
                told[said["path"]] = said
            elif "ready" in said:
                before, idle = said["ready"], _at_work(server.pid, folder)
            elif "done" in said:
                trial.grown_bytes = said["done"] - before
                trial.left += _more_than(idle, server.pid, folder)
                server.stdin.close()
    trial.traced = _packets(trace) if trace.exists() else None
    return told


def _tracing(trace: Path) -> list[str]:
    """Return the words before a program that make every call to the network known."""
    found = shutil.which("strace")
    if found is None:
        return []
    line = [found, "-f", "--seccomp-bpf", "-qq", "-e", "signal=none", "-e", f"trace={_TRACED}"]
    works = subprocess.run([*line, "-o", "/dev/null", "true"], capture_output=True, check=False)
    return [*line, "-o", str(trace)] if works.returncode == 0 else []


def _packets(trace: Path) -> list[str]:
    """Return the calls that had an address of the network, wherever that would have led."""
    with trace.open(encoding="utf-8", errors="replace") as lines:
        return [line.strip() for line in lines if _TO_THE_NET.search(line)]


def _at_work(pid: int, folder: Path) -> list[str]:
    """Return the programs below the server, and the folders that they work in."""
    names = []
    for process in below(pid):
        with contextlib.suppress(OSError):
            names.append((process / "comm").read_text(encoding="utf-8").strip())
    work = (each.name for each in (folder / "workshop" / "work").iterdir())
    rooms = ["a folder" for each in work if not each.startswith("libreoffice-")]
    return sorted(names + rooms)


def _more_than(idle: list[str], pid: int, folder: Path) -> list[str]:
    """Return what is there that was not before the first file, once there was time to go."""
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while (now := _at_work(pid, folder)) != idle and time.monotonic() < deadline:
        time.sleep(0.1)
    more = list(now)
    for each in idle:
        if each in more:
            more.remove(each)
    return [f"at work: {each}" for each in more]


def _outcome(said: dict[str, Any], path: Path, file: HostileFile, into: Path) -> Outcome:
    pdf = into / path.parent.name / "rendition.pdf"
    return Outcome(
        file,
        path,
        said.get("fate", "no answer"),
        said.get("seconds", 0.0),
        said.get("jobs", 0),
        said.get("detected", ""),
        said.get("fault", ""),
        said.get("detail", ""),
        pdf if pdf.exists() else None,
    )


def _look_outside(trial: Trial, folder: Path) -> None:
    """Add what is left once the server has ended: processes, and files anywhere but the PDFs."""
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while (running := alive(trial.watched.processes)) and time.monotonic() < deadline:
        time.sleep(0.1)
    trial.left += [f"process: {each}" for each in running]
    for place in ("tmp", "workshop/work", "workshop/render"):
        trial.left += [f"file: {each}" for each in (folder / place).iterdir()]
    planted = {"planted.png", "planted.txt", "planted.csv", "p.html"}
    trial.left += [
        f"file: {each}" for each in (folder / "planted").iterdir() if each.name not in planted
    ]
    for each in (folder / "into").rglob("*"):
        if each.is_symlink() or (each.is_file() and each.name != "rendition.pdf"):
            trial.left.append(f"file: {each}")
    trial.left += [f"file: {each}" for each in _ROOT.glob("*touched*")]
