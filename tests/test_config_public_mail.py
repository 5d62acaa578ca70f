"""Public mail: where anybody has a mailbox."""

from __future__ import annotations

import tomllib

from config import public_mail


def test_a_provider_is_known_by_its_whole_domain() -> None:
    assert public_mail.is_public("gmail.com")
    assert not public_mail.is_public("mail.gmail.com")
    assert not public_mail.is_public("bakerllp.example")
    assert not public_mail.is_public("")


def test_each_is_there_once_and_in_the_form_that_it_is_looked_for() -> None:
    listed = tomllib.loads(public_mail._FILE.read_text(encoding="utf-8"))["domains"]
    assert len(listed) == len(set(listed))
    assert all(one == one.strip().lower() and "." in one and one.isascii() for one in listed)
