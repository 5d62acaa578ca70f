"""A warm LibreOffice in its sandbox, a real one: what it makes, what it leaves, and how it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pypdf
import pytest
from docx import Document

from config.settings import Conversion
from converters import frame, harvest, office, table
from converters.engine import Engine
from converters.fault import BadOutput, JobDied, JobFault, JobLost, JobStopped, JobTimedOut
from converters.office import Office
from converters.program import Programs
from converters.sandbox import Limits
from samples.make import open_document
from tests.test_converters_pool import descendants, processes_with, wait_until

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OPEN = "application/vnd.oasis.opendocument"
LIMITS = Limits(seconds=60, memory_bytes=1 << 30, output_bytes=64 << 20, processes=256)
LONG = "word and another word of one paragraph " * 40_000


def an_office(folder: Path, *, spare: bool = False, **chosen: Any) -> Office:
    (folder / "work").mkdir(parents=True)
    made = Office(Programs(folder / "work"), Conversion(**chosen), folder / "office", LIMITS)
    made.start(spare=spare)
    return made


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Two at once, three kept; the tests share what is of the owner "a"."""
    made = an_office(tmp_path_factory.mktemp("office"), office_processes=2, office_kept=3)
    yield made
    made.close()


def a_document(words: str, comment: str = "") -> bytes:
    document = Document()
    paragraph = document.add_paragraph(words)
    if comment:
        document.add_comment(paragraph.runs, text=comment, author="Pat", initials="P")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def a_page(kind: str, words: str) -> bytes:
    """Return an OpenDocument of one piece of XML with one page that is drawn on."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    names = {
        "office": "office:1.0", "draw": "drawing:1.0", "text": "text:1.0",
        "svg": "svg-compatible:1.0",
    }  # fmt: skip
    spaces = " ".join(f'xmlns:{name}="{space}:{rest}"' for name, rest in names.items())
    media = "graphics" if kind == "drawing" else kind
    frame = 'svg:width="5cm" svg:height="2cm" svg:x="1cm" svg:y="1cm"'
    return (
        f'<?xml version="1.0"?><office:document {spaces} office:version="1.2"'
        f' office:mimetype="{OPEN}.{media}"><office:body><office:{kind}><draw:page>'
        f"<draw:frame {frame}><draw:text-box><text:p>{words}</text:p></draw:text-box></draw:frame>"
        f"</draw:page></office:{kind}></office:body></office:document>"
    ).encode()


def text_of(
    team: Office,
    room: Path,
    content: bytes,
    owner: str | None,
    *,
    media_type: str = DOCX,
    seconds: int | None = None,
) -> str:
    """Convert a file and return the words of its PDF."""
    room.mkdir(exist_ok=True)
    (room / "the file").write_bytes(content)
    pdf = room / "made.pdf"
    pdf.unlink(missing_ok=True)
    team.convert(room / "the file", media_type, pdf, seconds, owner)
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(pdf).pages)


def kept(team: Office) -> dict[str, Engine]:
    """Name the engines that wait for their owner's next file."""
    return dict(team._engines._resting)


def kept_for_a(team: Office, room: Path) -> Engine:
    """Return the engine of the owner "a", which has converted a file."""
    if "a" not in kept(team):
        text_of(team, room, a_document("words"), "a")
    return kept(team)["a"]


def processes_in(engine: Engine) -> list[int]:
    return [engine.box.pid, *descendants(engine.box.pid)]


def are_gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def soffice_of(engine: Engine) -> int:
    (found,) = (
        pid
        for pid in descendants(engine.box.pid)
        if "soffice" in Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    )
    return found


def in_the_middle(
    team: Office, room: Path, act: Callable[[Engine], None], seconds: int | None = None
) -> JobFault:
    """Begin a long conversion, do something to its engine, and return the fault it ends in."""
    faults: list[JobFault] = []

    def work() -> None:
        try:
            text_of(team, room, a_document(LONG), "the long one", seconds=seconds)
        except JobFault as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: any(each.files and each._own for each in team._engines._lent))
    (engine,) = team._engines._lent
    act(engine)
    thread.join()
    assert len(faults) == 1
    assert not engine.box.folder.exists()
    assert "the long one" not in kept(team)
    return faults[0]


@pytest.mark.slow
class TestBetweenFiles:
    def test_every_document_is_closed_and_every_file_gone(
        self, team: Office, tmp_path: Path
    ) -> None:
        engine = kept_for_a(team, tmp_path)
        assert list((engine.box.folder / "source").iterdir()) == []
        assert list((engine.box.folder / "job").iterdir()) == []
        held = [
            str(link.readlink())
            for pid in processes_in(engine)
            for link in Path(f"/proc/{pid}/fd").iterdir()
        ]
        assert not [name for name in held if "source" in name or "deleted" in name]

    def test_no_kind_of_document_leaves_anything_in_an_engine_that_printed_a_text_alone(
        self, team: Office, tmp_path: Path
    ) -> None:
        engine = kept_for_a(team, tmp_path)
        files = engine.files
        table.write(table.rows(b"a table of,words"), tmp_path / "table")
        kinds = {
            DOCX: a_document("words", comment="a remark"),
            f"{OPEN}.spreadsheet-flat-xml": (tmp_path / "table").read_bytes(),
            f"{OPEN}.presentation-flat-xml": a_page("presentation", "a slide with words"),
            f"{OPEN}.graphics-flat-xml": a_page("drawing", "a sheet with words"),
        }
        for media_type, content in kinds.items():
            assert "words" in text_of(team, tmp_path, content, "a", media_type=media_type)
        assert kept(team)["a"] is engine
        assert engine.files == files + len(kinds)

    def test_one_prints_file_after_file_without_a_doubt(self, team: Office, tmp_path: Path) -> None:
        first = kept_for_a(team, tmp_path)
        text = open_document(a_document("words"))
        for _ in range(12):
            text_of(team, tmp_path, text, "a", media_type=f"{OPEN}.text")
        assert kept(team)["a"] is first

    def test_a_file_left_behind_and_memory_are_doubts_that_end_it(
        self, team: Office, tmp_path: Path
    ) -> None:
        engine = kept_for_a(team, tmp_path)
        limits = engine._limits
        with team._engines._change:  # the keeper looks again when we are through
            assert engine.is_sound()
            for folder in ("job", "tmp", "tmp/profile/user"):
                left = engine.box.folder / folder / "left"
                left.write_text("the words of another file")
                assert not engine.is_sound()
                left.unlink()
            changed = engine.box.folder / "tmp/profile/user/extensions"
            changed.chmod(0o700)
            assert engine.is_sound()
            engine._limits = Limits(60, memory_bytes=64 << 20, output_bytes=1 << 26, processes=256)
            assert not engine.is_sound()
            engine._limits = limits
            engine._worked = limits.seconds
            assert not engine.is_sound()
        wait_until(lambda: "a" not in kept(team))
        wait_until(lambda: not engine.box.folder.exists())


@pytest.mark.slow
class TestEnds:
    def test_of_a_file_without_an_owner_nothing_runs_any_more(
        self, team: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inside: list[int] = []
        convert = Engine.convert

        def noted(engine: Engine, *given: object) -> None:
            inside.extend(processes_in(engine))
            convert(engine, *given)  # type: ignore[arg-type]  # handed on as they came

        monkeypatch.setattr(Engine, "convert", noted)
        assert "alone" in text_of(team, tmp_path, a_document("alone"), None)
        assert len(inside) >= 2
        assert are_gone(inside)

    # LibreOffice looks after its own crash, and may stand still over it: then its time ends it.
    @pytest.mark.parametrize(
        ("number", "expected"), [(signal.SIGSEGV, {JobDied, JobTimedOut}), (9, {JobLost})]
    )
    def test_a_crash_in_the_middle_is_that_files_alone(
        self, team: Office, tmp_path: Path, number: int, expected: set[type[JobFault]]
    ) -> None:
        fault = in_the_middle(
            team, tmp_path / "long", lambda engine: os.kill(soffice_of(engine), number), seconds=30
        )
        assert type(fault) in expected

    def test_one_that_hangs_ends_at_its_time_and_another_owner_does_not_wait_for_it(
        self, team: Office, tmp_path: Path
    ) -> None:
        inside: list[int] = []
        kept_for_a(team, tmp_path)

        def hang(engine: Engine) -> None:
            inside.extend(processes_in(engine))
            os.kill(soffice_of(engine), signal.SIGSTOP)
            assert "words" in text_of(team, tmp_path, a_document("words"), "a")
            assert not are_gone(inside), "it hangs still"

        fault = in_the_middle(team, tmp_path / "long", hang, seconds=12)
        assert type(fault) is JobTimedOut
        assert are_gone(inside)

    def test_what_does_not_open_ends_it_and_asks_for_no_password(
        self, team: Office, tmp_path: Path
    ) -> None:
        with pytest.raises(JobDied):
            text_of(team, tmp_path, b"PK\x03\x04 nothing of the kind", "b", seconds=30)
        assert "b" not in kept(team)

    def test_close_ends_a_conversion_and_leaves_nothing(self, tmp_path: Path) -> None:
        team = an_office(tmp_path)
        closer = threading.Thread(target=team.close)
        fault = in_the_middle(team, tmp_path / "long", lambda _: closer.start())
        closer.join()
        assert type(fault) is JobStopped
        assert processes_with(str(tmp_path)) == []
        assert list((tmp_path / "office").iterdir()) == []

    def test_a_parent_that_is_killed_leaves_nobody_of_a_spare_one(self, tmp_path: Path) -> None:
        script = f"""
import pathlib, sys
from tests.test_converters_engine import an_office
from tests.test_converters_pool import wait_until
team = an_office(pathlib.Path({str(tmp_path)!r}) / "team", spare=True)
wait_until(lambda: team._engines._spares)
team._engines._spares[0].wait_until_ready()
print("ready", flush=True)
sys.stdin.read()
"""
        parent = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        below = descendants(parent.pid)
        assert len(below) >= 3, "a sandbox with its driver and LibreOffice"
        parent.kill()
        parent.communicate()
        wait_until(lambda: are_gone(below))


@pytest.mark.slow
def test_it_makes_what_a_cold_start_makes(team: Office, tmp_path: Path) -> None:
    """With comments twice: from any but its main thread, LibreOffice would end in a signal here."""
    long = a_document("A paragraph of some length, for several pages. " * 400)
    remarks = a_document("words", comment="a remark")
    files = {
        "short.docx": (a_document("Dear Dana,"), DOCX),
        "remarks.docx": (remarks, DOCX),
        "again.docx": (remarks, DOCX),
        "long.docx": (long, DOCX),
        "open.odt": (open_document(long), f"{OPEN}.text"),
        "rich.rtf": (rb"{\rtf1 Rich {\b words}\par and more}", "application/rtf"),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    made_cold([tmp_path / name for name in files])
    before = kept_for_a(team, tmp_path)
    for name, (content, media_type) in files.items():
        warm = text_of(team, tmp_path, content, "a", media_type=media_type)
        there = pypdf.PdfReader(tmp_path / "made.pdf")
        cold = pypdf.PdfReader(tmp_path / "cold" / Path(name).with_suffix(".pdf"))
        assert warm == "\n".join(page.extract_text() for page in cold.pages)
        assert [page.mediabox for page in there.pages] == [page.mediabox for page in cold.pages]
    assert kept(team)["a"] is before


def made_cold(files: list[Path]) -> None:
    """Convert texts as `soffice --convert-to` does, into the folder "cold" beside them."""
    options = {
        key: {"type": "boolean" if isinstance(value, bool) else "long", "value": str(value).lower()}
        for key, value in office._EXPORT.items()
    }
    folder = files[0].parent
    line = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile"]
    export = f"pdf:writer_pdf_Export:{json.dumps(options)}"
    subprocess.run(
        [*line, "--convert-to", export, "--outdir", str(folder / "cold"), *map(str, files)],
        check=True,
        capture_output=True,
    )


def test_as_many_work_at_once_as_there_are_cores(tmp_path: Path) -> None:
    made = Office(Programs(tmp_path), Conversion(), tmp_path / "office", LIMITS)
    assert made._engines._at_once == len(os.sched_getaffinity(0))


class TestTakingOut:
    @pytest.mark.parametrize("kind", ["link", "pipe", "folder", "large", "nothing"])
    def test_only_a_plain_file_of_its_size_is_copied(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "other").write_bytes(bytes(20))
        made: dict[str, Callable[[Path], object]] = {
            "link": lambda place: place.symlink_to(tmp_path / "other"),
            "pipe": os.mkfifo,
            "folder": lambda place: place.mkdir(),
            "large": lambda place: place.write_bytes(bytes(11)),
            "nothing": str,
        }
        made[kind](tmp_path / "out.pdf")
        with pytest.raises(BadOutput):
            harvest.copy_one(tmp_path, "out.pdf", tmp_path / "taken", most_bytes=10)

    def test_a_file_of_just_its_size_is(self, tmp_path: Path) -> None:
        (tmp_path / "out.pdf").write_bytes(b"0123456789")
        harvest.copy_one(tmp_path, "out.pdf", tmp_path / "taken", most_bytes=10)
        assert (tmp_path / "taken").read_bytes() == b"0123456789"


def test_an_answer_that_comes_in_drops_ends_at_its_time() -> None:
    ours, theirs = socket.socketpair()

    def drip() -> None:
        with suppress(OSError):
            theirs.sendall(struct.pack("!I", 1 << 20))
            while True:
                theirs.sendall(b"x")
                time.sleep(0.02)

    thread = threading.Thread(target=drip)
    thread.start()
    with ours, pytest.raises(TimeoutError):
        frame.receive(ours, 0.3)
    thread.join(30)
    theirs.close()
    assert not thread.is_alive()
