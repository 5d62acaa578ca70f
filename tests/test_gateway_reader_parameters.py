"""File names in every way that mail programs write them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.parameters import Value, file_name, media_type, read_value


def named(disposition: bytes, content_type: bytes = b"") -> str | None:
    return file_name(read_value(disposition), read_value(content_type))


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        (b'attachment; filename="Expert report.pdf"', "Expert report.pdf"),
        (b"attachment; filename=This is a test.txt", "This is a test.txt"),
        (b'attachment; filename="a;b;c.pdf"', "a;b;c.pdf"),
        (rb'attachment; filename="C:\TEMP\nsmailEG.png"', r"C:\TEMP\nsmailEG.png"),
        (rb'attachment; filename="the \"final\" one.pdf"', 'the "final" one.pdf'),
        (b'attachment; filename="the "final" one.pdf"', 'the "final" one.pdf'),
        (b'attachment; filename="no end.pdf', "no end.pdf"),
        (b"attachment; filename==?koi8-r?B?8NLJ18XU?=", "Привет"),
        (b'attachment; filename="=?utf-8?q?foo?=.bar"', "foo.bar"),
        (b'attachment; filename="=?utf-8?B?w6k=?= =?utf-8?B?LnBkZg==?="', "é.pdf"),
        (b'attachment; filename="=?utf-8?Q?=C3?= =?utf-8?Q?=A9.pdf?="', "é.pdf"),
        (b'attachment; filename="=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=5Fb.pdf=3F=3D?="', "a b.pdf"),
        ('attachment; filename="Gutachten Müller.pdf"'.encode(), "Gutachten Müller.pdf"),
        ('attachment; filename="Müller.pdf"'.encode("latin-1"), "Müller.pdf"),
        (b"attachment; filename*=utf-8''na%C3%AFve%20file.pdf", "naïve file.pdf"),
        (b"attachment; filename*=iso-8859-1'en'%A3%20rates.pdf", "£ rates.pdf"),
        (b"attachment; filename*=UTF-8''%e2%82%ac.pdf; filename=\"EUR.pdf\"", "€.pdf"),
        (b"attachment; filename=\"EUR.pdf\"; filename*=UTF-8''%e2%82%ac.pdf", "€.pdf"),
        (b"attachment; filename*=\"utf-8''%E2%82%AC.pdf\"", "€.pdf"),
        (b"attachment; filename*=plain.pdf", "plain.pdf"),
        (b"attachment; filename*0*=utf-8''%C3; filename*1*=%A9; filename*2=.pdf", "é.pdf"),
        (b'attachment; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        (b'attachment; filename*1="a"; filename*2="b.pdf"', "ab.pdf"),
        (b'attachment;\tfilename\t=\t"a.pdf"', "a.pdf"),
        (b'attachment filename="a.pdf"', None),
        (b'ATTACHMENT; FILENAME="A.PDF"', "A.PDF"),
        (b'attachment; filename="=?utf-8?Q?a=0D=0AX-Evil:_1.pdf?="', "a X-Evil: 1.pdf"),
        (b'attachment; filename="1234/../../1234.txt"', "1234/../../1234.txt"),
        (b'attachment; filename=""', None),
        (b"attachment; filename=", None),
        (b"attachment", None),
        (b"", None),
    ],
)
def test_a_name_is_what_the_sender_meant(disposition: bytes, expected: str | None) -> None:
    assert named(disposition) == expected


def test_disposition_goes_before_the_type_and_the_type_is_asked_last() -> None:
    assert named(b"attachment; filename=a.pdf", b"application/pdf; name=b.pdf") == "a.pdf"
    assert named(b"attachment", b"application/pdf; name*=utf-8''c.pdf; name=b.pdf") == "c.pdf"


def test_a_name_of_a_megabyte_keeps_its_ending() -> None:
    name = named(b'attachment; filename="' + b"a" * 60_000 + b'.pdf"')
    assert name is not None
    assert len(name) <= 1024
    assert name.endswith(".pdf")


def test_a_second_value_is_kept_apart_from_the_first() -> None:
    value = read_value(b"multipart/mixed; boundary=a; boundary=b")
    assert (value.parameters["boundary"], value.repeated["boundary"]) == (b"a", [b"b"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"Text/HTML; charset=utf-8", "text/html"),
        (b'"text/plain"', "text/plain"),
        (b"text / plain", "text/plain"),
        (b"text/plain (a comment)", "text/plain"),
        (b"text", None),
        (b"", None),
        (b"application/" + b"x" * 500, "application/octet-stream"),
    ],
)
def test_a_type_is_read_as_loosely_as_it_is_written(written: bytes, expected: str | None) -> None:
    assert media_type(read_value(written)) == expected


@given(st.binary(max_size=300), st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_make_it_raise(disposition: bytes, content_type: bytes) -> None:
    name = named(b"attachment; filename=" + disposition, content_type)
    assert name is None or (len(name.splitlines()) <= 1 and "\0" not in name)
    assert isinstance(read_value(disposition), Value)
