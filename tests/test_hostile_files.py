"""Hostile files of every kind and engine: a stated fate for each, and nothing else is touched.

CASEBRIDGE_LONG=1 tries all of them, more than 500; without it a spread. CASEBRIDGE_SEED draws other
broken ones.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
from collections import defaultdict
from pathlib import Path

import pikepdf
import pytest

from config.problems import catalogue as problems
from tests.hostile.canary import PICTURE, Canary, canary
from tests.hostile.every_kind import every_file, spread
from tests.hostile.hostile_file import HostileFile
from tests.hostile.open_xml import files as open_xml_files
from tests.hostile.trial import Outcome, Trial, tried
from tests.test_converters_pool import wait_until

pytestmark = pytest.mark.slow

LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
SEED = int(os.environ.get("CASEBRIDGE_SEED", "20261129"))
SPREAD = 14
AT_A_TIME = 4
SECONDS = 20 if LONG else 15  # of each program that works on a file
PROGRAMS = 6  # at most, one after the other: type, version, admission, engine, words, check
MOST_GROWTH = 50 << 20
_CODES = {"file_convert_failed": "failed", "file_damaged": "damaged", "file_password": "held"}
_FATES = ("converted", "kept", "failed", "damaged", "held")


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    def chosen(ours: Canary) -> list[HostileFile]:
        files = every_file(ours.lure, SEED)
        return files if LONG else spread(files, SPREAD)

    limits = {"render_processes": AT_A_TIME, "office_processes": AT_A_TIME, "max_seconds": SECONDS}
    ours = tried(chosen, tmp_path_factory.mktemp("hostile"), limits)
    _print(ours)
    return ours


def test_they_are_many_and_no_two_are_alike(trial: Trial) -> None:
    hashes = {hashlib.sha256(one.path.read_bytes()).digest() for one in trial.outcomes}
    assert len(hashes) == len(trial.outcomes)
    assert len(hashes) >= (500 if LONG else SPREAD * 3 // 4)


def test_each_has_a_stated_fate_and_a_pdf_only_where_it_was_converted(trial: Trial) -> None:
    stated = {"converted", "kept", *_CODES}
    others = [(one.path.name, one.fate) for one in trial.outcomes if one.fate not in stated]
    assert others == []
    assert problems().keys() >= _CODES.keys()
    for one in trial.outcomes:
        assert (one.pdf is not None) == (one.fate == "converted"), one.path.name
    assert {"converted", "file_convert_failed"} <= {one.fate for one in trial.outcomes}


def test_each_ends_within_its_limits(trial: Trial) -> None:
    slowest = max(trial.outcomes, key=lambda one: one.seconds)
    assert slowest.seconds < PROGRAMS * SECONDS, slowest.path.name


def test_not_one_packet_went_out(trial: Trial) -> None:
    assert trial.asked == []
    assert len(trial.watched.packets) >= AT_A_TIME, "their namespaces were seen"
    assert trial.watched.interfaces == {"lo"}
    assert {name: count for name, count in trial.watched.packets.items() if count} == {}
    assert trial.traced in (None, [])


def test_no_planted_file_was_opened_and_no_pdf_shows_one(trial: Trial) -> None:
    assert trial.touched == []
    for one in trial.outcomes:
        if one.pdf is not None:
            assert _shows(one.pdf, trial.secret, ours=one.file.media_type != _PDF) == [], one.path


def test_nothing_is_left_of_them(trial: Trial) -> None:
    assert trial.left == []


def test_the_server_has_not_grown(trial: Trial) -> None:
    assert trial.grown_bytes < MOST_GROWTH
    if LONG:
        assert sum(one.jobs for one in trial.outcomes) >= 1000


_PDF = "application/pdf"


def _shows(pdf: Path, secret: str, *, ours: bool) -> list[str]:
    """Return where a PDF has the secret, or the planted picture. Of a hostile PDF's copy only the
    bytes are looked at: nothing could have been drawn into it."""
    found = ["bytes"] if secret.encode() in pdf.read_bytes() else []
    if not ours:
        return found
    text = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout
    found += ["words"] if secret.encode() in re.sub(rb"\s", b"", text) else []
    with pikepdf.open(pdf) as opened:
        for each in opened.objects:
            if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/Image":
                found += (
                    ["picture"] if f"{each.get('/Width')}x{each.get('/Height')}" == PICTURE else []
                )
    return found


def _print(trial: Trial) -> None:
    by_kind: defaultdict[str, list[Outcome]] = defaultdict(list)
    for one in trial.outcomes:
        by_kind[one.file.kind].append(one)
    print(f"seed {SEED}, at most {SECONDS} s for each program")
    print(f"\n| kind | files | {' | '.join(_FATES)} | worst s |\n|---|{'--:|' * 7}")
    for kind, ones in [*sorted(by_kind.items()), ("together", trial.outcomes)]:
        fates = [_CODES.get(one.fate, one.fate) for one in ones]
        counts = " | ".join(str(fates.count(each) or "") for each in _FATES)
        print(f"| {kind} | {len(ones)} | {counts} | {max(one.seconds for one in ones):.1f} |")
    jobs = sum(one.jobs for one in trial.outcomes)
    how = "not traced" if trial.traced is None else f"{len(trial.traced)} calls by strace"
    print(
        f"{len(trial.outcomes)} files, {jobs} jobs in {trial.seconds:.0f} s: {len(trial.asked)} "
        f"reached the canary, {sum(trial.watched.packets.values())} packets in "
        f"{len(trial.watched.packets)} network namespaces, {how}; planted files touched "
        f"{len(trial.touched)} times; {len(trial.left)} left; memory "
        f"{trial.grown_bytes / (1 << 20):+.1f} MiB"
    )
    for one in sorted(trial.outcomes, key=lambda one: -one.seconds)[:12]:
        print(f"slow: {one.path.name} {one.seconds:.1f} s {one.fate} {one.fault} {one.detail}")
    for one in trial.outcomes:
        if "at " in one.detail or one.fate not in {"converted", "kept", *_CODES}:
            print(f"uncaught: {one.path.name} {one.fate} {one.fault} {one.detail}")


def test_the_canary_sings(tmp_path: Path) -> None:
    """One that never does would find nothing anywhere."""
    with canary(tmp_path / "planted", "the secret") as ours:
        for family in ("127.0.0.1", "::1"):
            with socket.create_connection((family, ours.lure.port), 5) as connection:
                connection.sendall(b"tcp")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            datagram.sendto(b"udp", ("127.0.0.1", ours.lure.port))
        assert ours.touched == []
        ours.lure.planted("txt").read_text()
        wait_until(lambda: len(ours.asked) == 3 and ours.touched)
        assert sorted(ours.asked) == ["tcp", "tcp", "udp"]
        assert set(ours.touched) == {"planted.txt"}


@pytest.mark.parametrize("place", ["web", "file"])
def test_outside_the_sandbox_the_same_file_is_fetched_from_where_it_says(
    tmp_path: Path, place: str
) -> None:
    """So it is the sandbox that these files are stopped by, and not that they are no lures."""
    with canary(tmp_path / "planted", "the secret") as ours:
        wanted = f"image-{place}.docx"
        (lure,) = (each for each in open_xml_files(ours.lure) if each.name == wanted)
        (tmp_path / wanted).write_bytes(lure.make())
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        line = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir"]
        subprocess.run(
            [*line, str(tmp_path), str(tmp_path / wanted)], capture_output=True, check=True
        )
        wait_until(lambda: ours.asked if place == "web" else ours.touched)
