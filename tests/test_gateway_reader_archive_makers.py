"""Archives as the programs of the world make them: each opens, whatever its maker's ways."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.boxes import read, sent

pytestmark = pytest.mark.slow

_SEVEN = ["7zz", "a", "-bso0", "-bsp0"]
# What each writes to, put behind it; {to} where it has to stand elsewhere.
MAKERS = {
    "Info-ZIP": ["zip", "-qr", "{to}.zip", "d"],
    "Info-ZIP stored": ["zip", "-q0r", "{to}.zip", "d"],
    "Info-ZIP with ZIP64": ["zip", "-qr", "-fz", "{to}.zip", "d"],
    "Info-ZIP streaming": ["sh", "-c", "zip -qr - d > {to}.zip"],
    "Info-ZIP updated": ["sh", "-c", "zip -qr {to}.zip d; zip -qr {to}.zip d/sub; true"],
    "bsdtar zip": ["bsdtar", "-c", "--format", "zip", "-f", "{to}.zip", "d"],
    "7-Zip zip": [*_SEVEN, "-tzip", "{to}.zip", "d"],
    "7-Zip zip, local names": [*_SEVEN, "-tzip", "-mcu=off", "{to}.zip", "d"],
    "7-Zip zip LZMA": [*_SEVEN, "-tzip", "-mm=LZMA", "{to}.zip", "d"],
    "7-Zip zip BZip2": [*_SEVEN, "-tzip", "-mm=BZip2", "{to}.zip", "d"],
    "7-Zip zip xz": [*_SEVEN, "-tzip", "-mm=xz", "{to}.zip", "d"],
    "7-Zip": [*_SEVEN, "{to}.7z", "d"],
    "7-Zip not solid": [*_SEVEN, "-ms=off", "{to}.7z", "d"],
    "7-Zip LZMA": [*_SEVEN, "-m0=LZMA", "{to}.7z", "d"],
    "7-Zip PPMd": [*_SEVEN, "-m0=PPMd", "{to}.7z", "d"],
    "7-Zip BZip2": [*_SEVEN, "-m0=BZip2", "{to}.7z", "d"],
    "7-Zip stored": [*_SEVEN, "-m0=Copy", "{to}.7z", "d"],
    "bsdtar 7z": ["bsdtar", "-c", "--format", "7zip", "-f", "{to}.7z", "d"],
    "GNU tar": ["tar", "-cf", "{to}.tar", "d"],
    "GNU tar gz": ["tar", "-czf", "{to}.tar.gz", "d"],
    "GNU tar pax": ["tar", "-cf", "{to}.tar", "--format=pax", "d"],
    "GNU tar ustar": ["tar", "-cf", "{to}.tar", "--format=ustar", "d"],
    "GNU tar v7": ["tar", "-cf", "{to}.tar", "--format=v7", "d"],
    "bsdtar tar": ["bsdtar", "-c", "-f", "{to}.tar", "d"],
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Write some files; return their SHA-256 by their path."""
    contents = {
        "d/notes.txt": b"Seen at 9:30, resting.\n" * 3000,
        "d/scan.jpg": b"\xff\xd8\xff\xe0" + os.urandom(300_000),
        "d/sub/Müller/Größe 病.txt": b"Befund",
        "d/empty.txt": b"",
    }
    for path, content in contents.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}


@pytest.mark.parametrize("maker", MAKERS)
def test_it_opens(maker: str, files: dict[str, str], tmp_path: Path) -> None:
    line = [word.format(to="made") for word in MAKERS[maker]]
    assert shutil.which(line[0]) is not None, f"{line[0]} is missing: bin/set-up test"
    subprocess.run(line, cwd=tmp_path, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    (made,) = tmp_path.glob("made.*")
    box, *members = read(sent(made.read_bytes(), made.name), tmp_path / "job")
    assert box["flags"] == ["opened"]
    assert {part["name"]: part["sha256"] for part in members} == files


def test_python_writes_to_a_pipe(files: dict[str, str], tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.made = io.BytesIO()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            return self.made.write(data)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            with archive.open(path, "w", force_zip64=True) as member:
                member.write((tmp_path / path).read_bytes())
    box, *members = read(sent(pipe.made.getvalue()), tmp_path / "job")
    assert box["flags"] == ["opened"]
    assert {part["name"]: part["sha256"] for part in members} == files
