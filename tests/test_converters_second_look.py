"""The second look: what qpdf writes passes, in whatever letters it came; nothing else does."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, String

from converters import second_look
from converters.fault import EngineFailed
from converters.handed import Handed
from tests.binding import Odd, script


def written(value: Any) -> bytes:
    """Return a section with a page that says `value` of itself."""
    odd = Odd()
    odd.page("words", Odd=value)
    how = {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "deterministic_id": True}
    return odd.made(**how)


def look(folder: Path, section: bytes) -> None:
    file = folder / "section.pdf"
    file.write_bytes(section)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        second_look.look(Handed(descriptor, folder))
    finally:
        os.close(descriptor)


def every_byte() -> bytes:
    return bytes(range(256))


@pytest.mark.parametrize(
    "spelt",
    [
        b"/" + b"".join(b"#%02X" % one for one in range(1, 256)),
        b"/" + b"".join(b"#%02x" % one for one in range(33, 127)),
        *(b"/", b"/#", b"/A#B", b"/A##41", b"/Quelle#C3#A4", b"/a\xc3\xa4\xff~!*"),
        b"<" + every_byte().hex().upper().encode() + b">",
        *(b"<>", b"<4>", b"< 41 4 2 >", b"()", b"(\\053\\53\\5x\\\n\\q(nested (twice)) \r\n \t)"),
        b"(" + re.sub(rb"([\\()])", rb"\\\1", every_byte()) + b")",
        *(
            b"+5",
            b"-0",
            b"007",
            b".5",
            b"-.5",
            b"5.",
            b"1.50",
            b"--5",
            b"1e5",
            b"99999999999999999",
        ),
        *(b"true", b"null", b"[]", b"<<>>", b"[[] null true <</A/B/C(d)/E[1 0 R]>>]", b"word"),
        *(b"[%comment\n1]", b"<</A%comment\r/B>>", b"<</A 1/A 2>>", b"<</A null>>", b"7 0 R"),
        *(b"99 0 R", b"2 7 R", b"[1 2 R]", b"<</S(/JS )/T(/S /Launch )/U[(/EF )]>>"),
    ],
)
def test_what_came_in_odd_letters_passes_once_it_is_written(tmp_path: Path, spelt: bytes) -> None:
    odd = Odd()
    odd.page("words", Odd=String("here"))
    source = tmp_path / "source.pdf"
    source.write_bytes(odd.made().replace(b"(here)", spelt))
    with pikepdf.open(source) as pdf:
        mode = pikepdf.ObjectStreamMode.disable
        pdf.save(tmp_path / "written.pdf", object_stream_mode=mode, deterministic_id=True)
    look(tmp_path, (tmp_path / "written.pdf").read_bytes())


_names = st.text(max_size=6).map(lambda said: Name("/x" + said.replace("\0", "")))
_leaves = st.one_of(
    _names,
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.decimals(-1000, 1000, places=4),
    st.text(max_size=20).map(String),
    st.binary(max_size=20).map(String),
)
_values = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(Array),
        st.dictionaries(_names.map(str), inner, max_size=4).map(Dictionary),
    ),
    max_leaves=12,
)


@given(value=_values)
@pytest.mark.slow
def test_whatever_qpdf_writes_passes(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    look(tmp_path_factory.mktemp("passes"), written(value))


@pytest.mark.parametrize(
    "other",
    [
        b"/#4fdd (123)",  # a letter escaped that need not be
        b"/#2Fdd (123)",  # in capitals
        b"/Odd  (1234)",
        b"/Odd\t(12345)",
        b"/Odd\n(12345)",
        b"/Odd\0(12345)",
        b"/Odd %2345) ",
        b"/Odd/A(1234)",
        b"/Odd(123456)",
        b"/Odd (123456",
        b"/Odd (12(45)",
        b"/Odd (12\n45)",
        b"/Odd (1\\\n45)",
        b"/Odd <12AB> ",
        b"/Odd <1 2> 7",
        b"/Odd {} 1234",
        b"/Odd 123456\xa0",
        b"/Odd obj 123",
    ],
)
def test_what_is_written_in_another_way_does_not_pass(tmp_path: Path, other: bytes) -> None:
    section, usual = written(String("12345")), b"/Odd (12345)"
    look(tmp_path, section)
    assert section.count(usual) == 1
    assert len(other) == len(usual), "each is where it was"
    with pytest.raises(EngineFailed):
        look(tmp_path, section.replace(usual, other))


@pytest.mark.parametrize(
    "value",
    [
        script(),
        Array([Dictionary(A=script())]),
        Dictionary(S=Name.Launch),
        Dictionary(XFA=String("x")),
        Dictionary(EF=Dictionary()),
    ],
)
def test_what_does_something_does_not_pass(tmp_path: Path, value: Any) -> None:
    with pytest.raises(EngineFailed):
        look(tmp_path, written(value))


def _at(section: bytes, number: int) -> int:
    """Return where the line of an object is in the table."""
    table = re.search(rb"xref\n0 \d+\n", section)
    assert table is not None
    return table.end() + 20 * number


def _line(section: bytes, number: int, line: bytes) -> bytes:
    at = _at(section, number)
    return section[:at] + line + section[at + len(line) :]


def _elsewhere(section: bytes) -> bytes:
    """Have an object begin within another one."""
    return _line(section, 2, b"%010d" % (int(section[_at(section, 2) :][:10]) + 1))


def _before_the_start(section: bytes) -> bytes:
    return _line(section, 1, b"-000000040")


def _not_in_use(section: bytes) -> bytes:
    return _line(section, 2, section[_at(section, 2) :][:10] + b" 00000 f \n")


def _other_generation(section: bytes) -> bytes:
    return _line(section, 2, section[_at(section, 2) :][:10] + b" 00001 n \n")


def _other_number(section: bytes) -> bytes:
    return section.replace(b"\n2 0 obj\n", b"\n9 0 obj\n")


def _another_table_before(section: bytes) -> bytes:
    return section.replace(b">] >>\nstartxref", b">] /Prev 9 >>\nstartxref")


def _another_size(section: bytes) -> bytes:
    return re.sub(rb"/Size \d", b"/Size 9", section)


def _stream_without_an_end(section: bytes) -> bytes:
    return section.replace(b"\nendstream", b"\nendstreaM")


def _cut(section: bytes) -> bytes:
    return section[:-1]


def _none(_: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    "spoil",
    [
        *(_elsewhere, _before_the_start, _not_in_use, _other_generation, _other_number),
        *(_another_table_before, _another_size, _stream_without_an_end, _cut, _none),
    ],
)
def test_a_table_that_leads_elsewhere_does_not_pass(tmp_path: Path, spoil: Any) -> None:
    section = written(String("12345"))
    assert spoil(section) != section
    with pytest.raises(EngineFailed):
        look(tmp_path, spoil(section))
