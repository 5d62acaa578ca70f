"""Every archive of the corpus, sent as an attachment: opened as other programs open it, or whole.

The whole road carries them, sandbox and all. Where bsdtar and 7-Zip agree on what is in an archive
that we opened, we agree with them, byte for byte.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings, Storage
from gateway.reader.archive import TYPES
from gateway.rehearsal import Asked, explain_files
from tests.boxes import sent
from tests.letter_folders import NOW, Trail

pytestmark = pytest.mark.corpus

_FOLDERS = ("archives", "hostile")
_KEPT = {
    ("filed", "file_damaged"),
    ("filed", "kept_whole"),
    ("filed", "unreadable_member"),
    ("filed", "archive_too_deep"),
    ("held", "archive_unsafe"),
    ("held", "file_password"),
}


@pytest.fixture(scope="module")
def trails(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Trail]:
    """Return what became of each file of the corpus that is an archive to us."""
    folder = tmp_path_factory.mktemp("archives")
    settings = Settings(storage=Storage(path=tmp_path_factory.mktemp("storage")))
    files = sorted(path for kind in _FOLDERS for path in (corpus / kind).iterdir())
    mails = []
    for number, file in enumerate(files):
        mails.append(folder / f"{number:04}.eml")
        mails[-1].write_bytes(sent(file.read_bytes(), f"it{file.suffix}"))
    found: dict[Path, Trail] = {}
    slowest = (0.0, "")
    begun = time.monotonic()
    explained = explain_files(settings, mails, Asked(proven=True), lambda: NOW)
    for file, trail in zip(files, explained, strict=True):
        slowest = max(slowest, (time.monotonic() - begun, file.name))
        begun = time.monotonic()
        if len(trail["parts"]) > 1 and trail["parts"][1]["detected_type"] in TYPES:
            found[file] = trail
    fates = Counter(trail["parts"][1]["reason"] for trail in found.values())
    print(f"{len(files)} files, {len(found)} archives: {dict(fates)}; slowest {slowest}")
    return found


def test_every_archive_is_opened_or_kept_whole_with_its_reason(trails: dict[Path, Trail]) -> None:
    assert len(trails) > 40
    for file, trail in trails.items():
        _, box, *members = trail["parts"]
        if box["reason"] == "opened":
            assert members, file.name
            assert all(part["path"].startswith("2/") for part in members)
        else:
            assert (box["fate"], box["reason"]) in _KEPT, file.name
            assert not members
            assert box["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_others_find_in_an_archive_is_what_we_find(
    trails: dict[Path, Trail], tmp_path: Path
) -> None:
    compared = 0
    for number, (file, trail) in enumerate(trails.items()):
        _, box, *members = trail["parts"]
        if box["reason"] != "opened":
            continue
        ours = Counter(part["sha256"] for part in members if part["container"] == "2")
        bsdtar = _found_by(["bsdtar", "-x", "-f", str(file), "-C"], tmp_path / f"{number}-bsdtar")
        seven = _found_by(["7zz", "x", "-y", "-aou", str(file)], tmp_path / f"{number}-7z", "-o")
        if file.suffix in {".gz", ".bz2"}:  # bsdtar reads archives alone
            bsdtar = seven
        if bsdtar is None or bsdtar != seven:
            print(f"{file.name}: ours {sum(ours.values())}, bsdtar {bsdtar}, 7-Zip {seven}")
            continue
        assert ours == seven, file.name
        compared += 1
    print(f"{compared} archives compared")
    assert compared > 15


def _found_by(command: list[str], folder: Path, option: str = "") -> Counter[str] | None:
    """Unpack with another program; return the SHA-256 of every file, None where it complains."""
    assert shutil.which(command[0]) is not None, f"{command[0]} is missing: bin/set-up test"
    folder.mkdir()
    target = [f"{option}{folder}"]
    done = subprocess.run(
        [*command, *target], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        return None
    return Counter(hashlib.sha256(one.read_bytes()).hexdigest() for one in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
