"""The warm engines, with real ones: whose files meet in one, and when one ends."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pytest
from docx import Document

from config.settings import Conversion
from converters import harvest, office
from converters.engine import Engine
from converters.engines import Engines
from converters.fault import BadOutput, JobDied, JobFault, JobLost, JobStopped, JobTimedOut
from converters.office import Office
from converters.program import Programs
from converters.sandbox import Limits
from samples.make import open_document
from tests.test_converters_pool import descendants, processes_with, wait_until

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
LIMITS = Limits(seconds=60, memory_bytes=1 << 30, output_bytes=64 << 20, processes=256)
LONG = "word and another word of one paragraph "


def an_office(folder: Path, limits: Limits = LIMITS, **chosen: int) -> Office:
    (folder / "work").mkdir(parents=True)
    made = Office(Programs(folder / "work"), Conversion(**chosen), folder / "office", limits)
    made.start()
    return made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    made = an_office(folder, office_processes=2, office_kept=3)
    yield made
    made.close()


@pytest.fixture
def team(shared: Office) -> Iterator[Office]:
    """Two at once, three kept; nobody's file is in any at the start of a test."""
    yield shared
    for owner in kept(shared):
        shared.forget(owner)


def a_document(words: str, comment: str = "") -> bytes:
    document = Document()
    paragraph = document.add_paragraph(words)
    if comment:
        document.add_comment(paragraph.runs, text=comment, author="Pat", initials="P")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


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


def spare(team: Office) -> Engine:
    wait_until(lambda: team._engines._spares)
    found = team._engines._spares[0]
    assert isinstance(found, Engine)
    return found


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
            text_of(team, room, a_document(LONG * 40_000), "the long one", seconds=seconds)
        except JobFault as fault:
            faults.append(fault)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: any(each.files and each._own for each in team._engines._lent))
    (engine,) = team._engines._lent
    act(engine)
    thread.join()
    assert len(faults) == 1
    return faults[0]


@pytest.mark.slow
class TestOwners:
    def test_files_of_one_owner_meet_in_one_engine_and_those_of_two_in_none(
        self, team: Office, tmp_path: Path
    ) -> None:
        for owner in ("a", "b", "a"):
            assert f"of {owner}" in text_of(team, tmp_path, a_document(f"of {owner}"), owner)
        engines = kept(team)
        assert {owner: engine.files for owner, engine in engines.items()} == {"a": 2, "b": 1}
        assert engines["a"].number != engines["b"].number

    def test_a_file_without_an_owner_has_an_engine_of_its_own_that_ends_after_it(
        self, team: Office, tmp_path: Path
    ) -> None:
        engine = spare(team)
        inside = processes_in(engine)
        assert "alone" in text_of(team, tmp_path, a_document("alone"), None)
        assert engine.files == 1
        assert are_gone(inside)
        assert kept(team) == {}
        assert not engine.box.folder.exists()

    def test_many_threads_of_several_owners_get_their_own_words(
        self, team: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: dict[int, set[str | None]] = {}
        most: list[int] = []
        take = Engines._take

        def noted(engines: Engines, owner: str | None) -> Engine:
            engine = take(engines, owner)
            seen.setdefault(engine.number, set()).add(owner)
            most.append(len(engines._lent))
            return engine

        monkeypatch.setattr(Engines, "_take", noted)
        texts: dict[str, str] = {}

        def work(number: int) -> None:
            owner = f"firm {number % 3}"
            for turn in range(3):
                name = f"{owner}, {number}, {turn}"
                texts[name] = text_of(team, tmp_path / f"{number}", a_document(name), owner)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(texts) == 18
        assert all(name in text for name, text in texts.items())
        assert all(len(owners) == 1 for owners in seen.values())
        assert max(most) == 2

    def test_what_is_forgotten_ends(self, team: Office, tmp_path: Path) -> None:
        text_of(team, tmp_path, a_document("words"), "letter 7")
        inside = processes_in(kept(team)["letter 7"])
        team.forget("letter 7")
        wait_until(lambda: are_gone(inside))
        assert kept(team) == {}


@pytest.mark.slow
class TestLife:
    def test_a_spare_one_stands_ready_and_is_the_next_owners(
        self, team: Office, tmp_path: Path
    ) -> None:
        for owner in ("a", "b"):
            ready = spare(team)
            poll = select.poll()
            poll.register(ready._control, select.POLLIN)
            wait_until(lambda poll=poll: poll.poll(0))
            text_of(team, tmp_path, a_document("words"), owner)
            assert kept(team)[owner] is ready

    def test_one_is_replaced_after_so_many_files(self, tmp_path: Path) -> None:
        team = an_office(tmp_path, office_files=2)
        text_of(team, tmp_path, a_document("words"), "a")
        first = kept(team)["a"]
        text_of(team, tmp_path, a_document("words"), "a")
        assert kept(team) == {}
        assert first.files == 2
        assert not first.box.folder.exists()
        text_of(team, tmp_path, a_document("words"), "a")
        assert kept(team)["a"].number > first.number
        team.close()

    def test_one_that_grew_is_replaced(self, team: Office, tmp_path: Path) -> None:
        text_of(team, tmp_path, a_document("words"), "a")
        engine = kept(team)["a"]
        assert engine.is_sound()
        engine._limits = Limits(60, memory_bytes=64 << 20, output_bytes=64 << 20, processes=256)
        assert not engine.is_sound()
        wait_until(lambda: not kept(team))

    def test_one_that_nobody_asks_for_ends(self, tmp_path: Path) -> None:
        team = an_office(tmp_path, office_idle_seconds=1)
        text_of(team, tmp_path, a_document("words"), "a")
        inside = processes_in(kept(team)["a"])
        wait_until(lambda: are_gone(inside))
        team.close()

    def test_where_room_is_needed_the_one_that_rested_longest_ends(self, tmp_path: Path) -> None:
        team = an_office(tmp_path, office_kept=2)
        for owner in ("a", "b", "a", "c"):
            text_of(team, tmp_path, a_document("words"), owner)
        assert kept(team).keys() == {"a", "c"}
        team.close()

    @pytest.mark.parametrize("folder", ["job", "tmp", "tmp/profile/user"])
    def test_one_that_left_a_file_is_not_used_again(
        self, team: Office, tmp_path: Path, folder: str
    ) -> None:
        text_of(team, tmp_path, a_document("words"), "a")
        engine = kept(team)["a"]
        (engine.box.folder / folder / "left").write_text("the words of another file")
        wait_until(lambda: not kept(team))
        wait_until(lambda: not engine.box.folder.exists())
        text_of(team, tmp_path, a_document("words"), "a")
        assert kept(team)["a"].number != engine.number

    def test_of_a_file_nothing_stays_in_an_engines_folder(
        self, team: Office, tmp_path: Path
    ) -> None:
        text_of(team, tmp_path, a_document("a word to be found"), "a")
        engine = kept(team)["a"]
        assert list((engine.box.folder / "source").iterdir()) == []
        assert list((engine.box.folder / "job").iterdir()) == []
        held = [
            str(link.readlink())
            for pid in processes_in(engine)
            for link in Path(f"/proc/{pid}/fd").iterdir()
        ]
        assert not [name for name in held if "source" in name or "deleted" in name]


@pytest.mark.slow
class TestFaults:
    @pytest.mark.parametrize(("number", "expected"), [(signal.SIGSEGV, JobDied), (9, JobLost)])
    def test_a_crash_in_the_middle_is_that_files_alone(
        self, team: Office, tmp_path: Path, number: int, expected: type[JobFault]
    ) -> None:
        dead: list[Engine] = []

        def crash(engine: Engine) -> None:
            dead.append(engine)
            os.kill(soffice_of(engine), number)

        assert type(in_the_middle(team, tmp_path / "long", crash)) is expected
        assert not dead[0].box.folder.exists()
        assert "words" in text_of(team, tmp_path, a_document("words"), "the long one")
        assert kept(team)["the long one"].number != dead[0].number

    def test_one_that_hangs_ends_at_its_time_and_another_owner_does_not_wait_for_it(
        self, team: Office, tmp_path: Path
    ) -> None:
        inside: list[int] = []

        def hang(engine: Engine) -> None:
            inside.extend(processes_in(engine))
            os.kill(soffice_of(engine), signal.SIGSTOP)
            assert "words" in text_of(team, tmp_path, a_document("words"), "another")
            assert not are_gone(inside), "it hangs still"

        fault = in_the_middle(team, tmp_path / "long", hang, seconds=30)
        assert type(fault) is JobTimedOut
        assert are_gone(inside)
        assert kept(team).keys() == {"another"}

    def test_a_spare_that_ended_is_no_fault_of_the_next_file(
        self, team: Office, tmp_path: Path
    ) -> None:
        engine = spare(team)
        poll = select.poll()
        poll.register(engine._control, select.POLLIN)
        wait_until(lambda: poll.poll(0))
        engine.box.kill()
        assert "words" in text_of(team, tmp_path, a_document("words"), "a")

    def test_what_does_not_open_is_refused_and_asks_for_no_password(
        self, team: Office, tmp_path: Path
    ) -> None:
        with pytest.raises(JobDied):
            text_of(team, tmp_path, b"PK\x03\x04 nothing of the kind", "a", seconds=30)
        assert kept(team) == {}

    def test_close_ends_all_and_what_waits_for_a_turn_too(self, tmp_path: Path) -> None:
        team = an_office(tmp_path)
        faults: list[JobFault] = []

        def work(number: int) -> None:
            try:
                text_of(team, tmp_path / f"{number}", a_document(LONG * 40_000), f"{number}")
            except JobFault as fault:
                faults.append(fault)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: any(each.files for each in team._engines._lent))
        wait_until(lambda: len(team._engines._turns) == 2)
        team.close()
        for thread in threads:
            thread.join()
        assert [type(each) for each in faults] == [JobStopped] * 3
        assert processes_with(str(tmp_path)) == []
        assert list((tmp_path / "office").iterdir()) == []
        with pytest.raises(JobStopped):
            text_of(team, tmp_path, a_document("words"), "a")

    def test_a_parent_that_is_killed_leaves_nobody(self, tmp_path: Path) -> None:
        (tmp_path / "file.docx").write_bytes(a_document("words"))
        script = f"""
import pathlib, sys
from tests.test_converters_engines import an_office, spare, text_of
folder = pathlib.Path({str(tmp_path)!r})
team = an_office(folder / "team")
text_of(team, folder, (folder / "file.docx").read_bytes(), "a")
spare(team).wait_until_ready()
print("ready", flush=True)
sys.stdin.read()
"""
        parent = subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        below = descendants(parent.pid)
        assert len(below) >= 6, "two sandboxes, each with its driver and LibreOffice"
        parent.kill()
        parent.communicate()
        wait_until(lambda: are_gone(below))


@pytest.mark.slow
class TestOutput:
    def test_a_document_with_comments_comes_out(self, team: Office, tmp_path: Path) -> None:
        """From any but its main thread, LibreOffice without a desktop ends in a signal here."""
        for _ in range(2):
            content = a_document("the words", comment="a remark")
            assert "the words" in text_of(team, tmp_path, content, "a")
        assert kept(team)["a"].files == 2

    def test_it_is_what_a_cold_start_makes(self, team: Office, tmp_path: Path) -> None:
        long = a_document("A paragraph of some length, for several pages. " * 2_000)
        files = {
            "short.docx": (a_document("Dear Dana,"), DOCX),
            "long.docx": (long, DOCX),
            "remarks.docx": (a_document("words", comment="a remark"), DOCX),
            "open.odt": (open_document(long), ODT),
            "rich.rtf": (rb"{\rtf1 Rich {\b words}\par and more}", "application/rtf"),
        }
        for name, (content, media_type) in files.items():
            (tmp_path / name).write_bytes(content)
            warm = text_of(team, tmp_path, content, "a", media_type=media_type)
            there = pypdf.PdfReader(tmp_path / "made.pdf")
            cold = pypdf.PdfReader(made_cold(tmp_path / name))
            assert warm == "\n".join(page.extract_text() for page in cold.pages)
            assert len(there.pages) == len(cold.pages)
            assert [page.mediabox for page in there.pages] == [page.mediabox for page in cold.pages]
        assert kept(team)["a"].files == len(files)


def made_cold(file: Path) -> Path:
    """Convert a file as `soffice --convert-to` does."""
    options = {
        key: {"type": "boolean" if isinstance(value, bool) else "long", "value": str(value).lower()}
        for key, value in office._EXPORT.items()
    }
    into = file.parent / "cold"
    line = ["soffice", "--headless", f"-env:UserInstallation=file://{file.parent}/profile"]
    export = f"pdf:{office._FILTERS[file.suffix]}:{json.dumps(options)}"
    subprocess.run(
        [*line, "--convert-to", export, "--outdir", str(into), str(file)],
        check=True,
        capture_output=True,
    )
    return into / f"{file.stem}.pdf"


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
