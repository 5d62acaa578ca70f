"""Who wrote a message is decided from one clear From field, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.header import Header
from gateway.reader.sender import is_automatic, is_housemates, one_sender


def sender(*fields: bytes) -> str | None:
    return one_sender(Header(tuple(("from", field) for field in fields)))


@pytest.mark.parametrize(
    "field",
    [
        b"pat@baker.example",
        b"<pat@baker.example>",
        b" Pat Lee <PAT@Baker.Example> ",
        b'"Lee, Pat" <pat@baker.example>',
        rb'"Pat \"P\" Lee" <pat@baker.example>',
        b"'Pat Lee' <pat@baker.example>",
        b'"pat@baker.example" <pat@baker.example>',
        b"Pat Lee (Baker LLP) <pat@baker.example>",
        b"pat@baker.example (Pat Lee)",
        b"=?utf-8?q?Lee=2C_Pat?= <pat@baker.example>",
        b"=?utf-8?q?Lee,_Pat_=3Cother=40evil.example=3E?= <pat@baker.example>",
        "Pát Lée <pat@baker.example>".encode(),
        "Pát Lée <pat@baker.example>".encode("latin-1"),
        b"Pat.Lee <pat@baker.example>",
        b"Pat\tLee\t<pat@baker.example>",
    ],
)
def test_one_mailbox_is_the_sender(field: bytes) -> None:
    assert sender(field) == "pat@baker.example"


@pytest.mark.parametrize(
    "field",
    [
        b"",
        b"Pat Lee",
        # CVE-2023-27043 and its kin: what one parser reads as another's address.
        b"alice@example.org)bob@evil.example",
        b"alice@example.org]<bob@evil.example>",
        b"alice@example.org <bob@evil.example>",
        b"<alice@example.org> <bob@evil.example>",
        b"<alice@example.org>bob@evil.example",
        b"alice@example.org, bob@evil.example",
        b"Lee, Pat <pat@baker.example>",
        b"Group: pat@baker.example;",
        b"undisclosed-recipients:;",
        b"<@relay.example:pat@baker.example>",
        b'"pat@evil.example"@baker.example',
        b"pat@@baker.example",
        b"pat@baker.example>",
        b'Pat" <pat@baker.example>',
        b"Pat (a (nested) <x@y.example>) <pat@baker.example>",
        b"pat\0@baker.example",
        b"pat@baker.example\rBcc: x@y.example",
        "pat@bäker.example".encode(),
        b"pat@baker..example",
        b"pat@-baker.example",
        b"pat @ baker.example",
        b"=?utf-8?q?pat=40baker.example?=",
        b"pat@baker.example (" + b"a" * 3000 + b")",
        b"(" * 250,
    ],
)
def test_whatever_can_be_read_in_two_ways_is_nobodys(field: bytes) -> None:
    assert sender(field) is None


def test_two_from_fields_are_nobodys_even_when_they_agree() -> None:
    assert sender(b"pat@baker.example", b"pat@baker.example") is None
    assert sender() is None


@given(st.binary(max_size=100))
@settings(deadline=None)
def test_no_bytes_make_it_raise(field: bytes) -> None:
    found = sender(field)
    assert found is None or found.count("@") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto-submitted", b"auto-replied"),
        ("auto-submitted", b"auto-generated; x=y"),
        ("precedence", b"Bulk"),
        ("precedence", b"auto_reply"),
        ("list-id", b"<list.example>"),
        ("list-unsubscribe", b"<mailto:x@y.example>"),
        ("list-post", b"<mailto:x@y.example>"),
        ("x-autoreply", b"yes"),
        ("auto-submitted", b"auto-notified (a comment)"),
        ("return-path", b" <>"),
    ],
)
def test_a_machines_mail_is_known_by_its_fields(name: str, value: bytes) -> None:
    assert is_automatic(Header(((name, value),)), "pat@baker.example", "text/plain")


@pytest.mark.parametrize(
    "address", ["mailer-daemon@x.example", "no-reply@x.example", "bounces+123@x.example"]
)
def test_a_machines_mail_is_known_by_its_name(address: str) -> None:
    assert is_automatic(Header(), address, "text/plain")


def test_a_report_is_a_machines_mail() -> None:
    assert is_automatic(Header(), None, "multipart/report")


def test_a_persons_mail_is_no_machines() -> None:
    header = Header((("auto-submitted", b"No"), ("precedence", b"first-class")))
    assert not is_automatic(header, "noreen@baker.example", "multipart/mixed")


@pytest.mark.parametrize("name", ["auto-submitted", "precedence", "return-path"])
def test_a_second_field_does_not_hide_the_one_that_says_so(name: str) -> None:
    machines = {"auto-submitted": b"auto-replied", "precedence": b"bulk", "return-path": b"<>"}
    persons = {"auto-submitted": b"no", "precedence": b"normal", "return-path": b"<a@b.example>"}
    for values in ((machines, persons), (persons, machines)):
        header = Header(tuple((name, one[name]) for one in values))
        assert is_automatic(header, "pat@baker.example", "text/plain")


def test_a_comment_makes_no_machine_of_a_person() -> None:
    header = Header((("auto-submitted", b"No (written by hand)"),))
    assert not is_automatic(header, "pat@baker.example", "text/plain")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((("from", b'"Lee, Pat" <MAILER-DAEMON>'),), True),
        ((("from", b"<MAILER-DAEMON>"), ("to", b"claims@casebridge.example")), True),
        ((("from", b"MAILER-DAEMON"),), False),
        ((("from", b'"Pat Lee" <MAILER-DAEMON@relay.example>'),), False),
        ((("from", b'"Pat Lee" <MAILER-DAEMON> <pat@evil.example>'),), False),
        ((("from", b"<MAILER-DAEMON>"), ("from", b"<MAILER-DAEMON>")), False),
        ((("from", b'"Pat Lee" <pat@baker.example>'),), False),
        # What has travelled came from somebody elsewhere, whatever it calls itself.
        ((("from", b'"Pat Lee" <MAILER-DAEMON>'), ("received", b"from x by y")), False),
        ((("from", b'"Pat Lee" <MAILER-DAEMON>'), ("return-path", b"<a@b.example>")), False),
    ],
)
def test_what_outlook_kept_without_an_address_is_from_its_own_house(
    fields: tuple[tuple[str, bytes], ...], expected: bool
) -> None:
    assert is_housemates(Header(fields)) is expected
