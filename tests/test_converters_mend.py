"""PDFs whose table of objects is broken: a copy that is whole stands beside the original."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary

from config.media import catalogue
from converters import mend
from converters.detect import detect
from converters.fault import Damaged, PasswordNeeded
from converters.workshop import Workshop
from gateway.moving.checkpoints import Forgotten
from gateway.road.convert import Bench, convert
from gateway.road.package import Fate, Package, Part
from gateway.road.sort import fate_alone
from tests.test_converters_active import a_pdf, on_opening
from tests.test_gateway_road_sort import LETTER


def nothing(pdf: pikepdf.Pdf) -> None:
    del pdf


def a_signature(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(SigFlags=3, Fields=Array())


def a_broken_pdf(change: Callable[[pikepdf.Pdf], None] = nothing) -> bytes:
    """Every offset of its table leads nowhere."""
    whole = a_pdf(change)
    at = whole.index(b"xref")
    return whole[:at] + whole[at:].replace(b"0000000", b"0009999")


def flags(tmp_path: Path, content: bytes) -> frozenset[str]:
    file = tmp_path / "a.pdf"
    file.write_bytes(content)
    return detect(file, "application/pdf", "a.pdf").flags


def test_a_broken_table_is_told_and_one_that_is_signed_is_left_alone(tmp_path: Path) -> None:
    assert flags(tmp_path, a_pdf(nothing)) == frozenset()
    assert flags(tmp_path, a_broken_pdf()) == {"mended"}
    assert flags(tmp_path, a_broken_pdf(a_signature)) == frozenset()


def test_what_is_cut_short_is_damaged_and_not_mended(tmp_path: Path) -> None:
    assert flags(tmp_path, a_broken_pdf()[:-60]) == {"damaged"}


def test_the_copy_opens_without_being_put_together_and_is_the_same_each_time(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.pdf").write_bytes(a_broken_pdf())
    for name in ("one.pdf", "two.pdf"):
        mend.write(os.open(tmp_path / "a.pdf", os.O_RDONLY), tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    with pikepdf.open(tmp_path / "one.pdf") as pdf:
        assert pdf.get_warnings() == []
        assert pdf.pages[0].Contents.read_bytes() == b"0 0 9 9 re f"


def test_what_does_not_open_has_no_copy(tmp_path: Path) -> None:
    locked = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(locked, encryption=pikepdf.Encryption(owner="a", user="b"))
    for content, fault in ((b"junk" * 99, Damaged), (locked.getvalue(), PasswordNeeded)):
        (tmp_path / "a.pdf").write_bytes(content)
        with pytest.raises(fault):
            mend.write(os.open(tmp_path / "a.pdf", os.O_RDONLY), tmp_path / "out.pdf")


def filed(workshop: Workshop, tmp_path: Path, content: bytes) -> Part:
    """Take a PDF along the part of the road that decides what becomes of it."""
    file = tmp_path / "a.pdf"
    file.write_bytes(content)
    found = detect(file, "application/pdf", "a.pdf")
    part = Part(
        "2", None, "a.pdf", "application/pdf", found.media_type, len(content), "0" * 64, file,
        flags=found.flags, filed_name="a.pdf",
    )  # fmt: skip
    fate, reason = fate_alone(part, catalogue())
    part = dataclasses.replace(part, fate=fate, reason=reason)
    package = Package(LETTER, None, "", None, "", False, (), (part,))
    bench = Bench(workshop, Forgotten(), tmp_path, contextlib.nullcontext(), "a firm")
    return convert(package, bench).parts[0]


@pytest.mark.slow
def test_the_copy_is_filed_beside_the_original_which_stays_as_it_came(
    workshop: Workshop, tmp_path: Path
) -> None:
    part = filed(workshop, tmp_path, a_broken_pdf())
    assert (part.fate, part.reason) == (Fate.FILED, "repaired")
    assert part.pdf is not None
    assert part.pdf.pages == 1
    assert (tmp_path / "a.pdf").read_bytes() == a_broken_pdf()


@pytest.mark.slow
def test_no_copy_is_made_of_what_would_do_something(workshop: Workshop, tmp_path: Path) -> None:
    part = filed(workshop, tmp_path, a_broken_pdf(on_opening))
    assert (part.fate, part.reason, part.pdf) == (Fate.FILED, None, None)
