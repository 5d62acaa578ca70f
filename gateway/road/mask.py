"""Mask: a password that a message says is in nothing that we file of it, show or mail.

It stands in the letter as it came, and is read from there when staff try it
(gateway/replies/mailed_password.py). It is masked before anything else looks at the words, so that
no step can keep it: as a case number, in the narrative, in the PDF of the words. A message attached
to this one is masked as well.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from gateway.road.package import Package, Part, Trouble, Words
from gateway.said_password import masked, to_try

PASSWORD = "password_in_mail"  # noqa: S105 -- a code of the catalogue
ALONE = "password_alone"  # of a mail that says nothing else
NOWHERE = "the page of the message that the locked document came with"
_FIELDS = ("subject", "text", "new", "other_subjects", "other")


def mask(package: Package) -> Package:
    """Return the package without the passwords that its words say.

    Where this message itself says one, and not what it quotes or passes on, its sender is told.
    """
    words, parts = tuple(map(_masked, package.words)), tuple(map(_described, package.parts))
    if not any(one.is_masked for one in words) and parts == package.parts:
        return package
    said = to_try(own_words(package))
    told = (Trouble(PASSWORD, {"link": NOWHERE}),) if said else ()
    forwarded = package.forwarded
    if forwarded is not None:
        forwarded = dataclasses.replace(forwarded, subject=masked(forwarded.subject))
    return package.but(
        words=words,
        parts=parts,
        subject=masked(package.subject),
        forwarded=forwarded,
        troubles=(*package.troubles, *told),
    )


def own_words(package: Package) -> tuple[str, ...]:
    """Return what the message says itself, in each of its forms: all of it where nothing is new.

    And what somebody says who passes it on. What its sender has said of each file, on the form, are
    words of theirs as well.
    """
    own = package.own_words
    new = own.new if own.new.strip() else own.text
    note = (words for words in package.words if words.is_note)
    beside = (text for words in note for text in (words.subject, words.new, words.other))
    described = (part.description for part in package.parts if part.description is not None)
    return own.subject, new, own.other_subjects, own.other, *beside, *described


def _described(part: Part) -> Part:
    said = part.description and masked(part.description)
    return part if said == part.description else dataclasses.replace(part, description=said)


def _masked(words: Words) -> Words:
    said: dict[str, Any] = {name: masked(getattr(words, name)) for name in _FIELDS}
    if all(getattr(words, name) == text for name, text in said.items()):
        return words
    return dataclasses.replace(words, **said, is_masked=True)
