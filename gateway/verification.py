"""Verification: whether the record agrees with itself and with the vault.

The conservation count: accepted = in motion + filed + held + returned + set aside, in letters; and
each of them has what its place demands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.letter import Form
from gateway.moving.sweep import HOLDS_ITS_CONTENT, is_referenced
from gateway.road.describe import KEPT
from portal.database import Database
from portal.decision import BELONGS, may_be_carried, waits_to_be_carried
from portal.not_submissions import BY_RULE
from portal.pouch import blob_of
from portal.receipt_number import shown
from portal.tables import (
    binders,
    decisions,
    documents,
    drafts,
    letters,
    packages,
    parts,
    pouch,
    renditions,
    submissions,
    text_layers,
    thumbnails,
    uploads,
)
from portal.vault import BlobMissing, Vault

PLACES = {
    "in_motion": ("checking",),
    "filed": ("filed", "filed_in_part"),
    "held": ("with_us", "needs_you"),
    "returned": ("not_filed",),
    "set_aside": ("copy", "rehearsed", "set_aside"),
}


@dataclass(frozen=True)
class Conservation:
    """How many letters were accepted, and how many are in each place."""

    accepted: int
    places: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether every accepted letter is in exactly one place."""
        return self.accepted == sum(self.places.values())


def conservation(connection: sa.Connection) -> Conservation:
    """Count the letters, all of them and by place, on one snapshot."""
    accepted = connection.execute(sa.select(sa.func.count()).select_from(letters)).scalar_one()
    by_state = {
        row.state: row.n
        for row in connection.execute(
            sa.select(letters.c.state, sa.func.count().label("n")).group_by(letters.c.state)
        )
    }
    places = {
        place: sum(by_state.get(state, 0) for state in states) for place, states in PLACES.items()
    }
    return Conservation(accepted, places)


def disagreements(database: Database) -> Iterator[str]:
    """Name every letter that lacks what its place demands, or has what it must not have."""
    submitted = sa.exists().where(submissions.c.letter_id == letters.c.id)
    in_other = letters.c.home_id.is_not(None)
    described = sa.exists().where(packages.c.letter_id == letters.c.id)
    filed = letters.c.state.in_(PLACES["filed"])
    of_letter = decisions.c.letter_id == letters.c.id
    waits = sa.exists().where(of_letter, *waits_to_be_carried())
    set_aside = sa.exists().where(
        of_letter,
        decisions.c.kind == "not_submission",
        decisions.c.carried_at.is_not(None),
        decisions.c.undone_at.is_(None),
    )
    undone = sa.exists().where(
        submissions.c.letter_id == letters.c.id,
        decisions.c.id == submissions.c.decision_id,
        sa.or_(decisions.c.carried_at.is_(None), decisions.c.undone_at.is_not(None)),
    )
    unplaced = sa.exists().where(
        parts.c.letter_id == letters.c.id,
        parts.c.fate.in_([fate.value for fate in KEPT]),
        parts.c.filed_name.is_not(None),
        ~sa.exists().where(documents.c.part_id == parts.c.id),
    )
    twice = (
        sa.select(sa.func.count())
        .where(of_letter, *waits_to_be_carried())
        .correlate(letters)
        .scalar_subquery()
    )
    rules = (
        ("is filed and has no submission", filed & ~submitted & ~in_other),
        ("has a submission, and is in another package", submitted & in_other),
        ("is filed and has no package", filed & ~described),
        ("has a submission and is not filed", ~filed & submitted),
        # A person's decision sets a letter in motion that was described before.
        ("is filed, and a document is in no submission", filed & unplaced),
        ("is in motion and has a package", (letters.c.state == "checking") & described & ~waits),
        (
            "rests, and a decision about it waits",
            letters.c.state.not_in(("checking", *PLACES["held"]))
            & waits
            & ~sa.exists().where(of_letter, may_be_carried(), *waits_to_be_carried()),
        ),
        ("has two decisions that wait", twice > 1),
        ("has a submission by a decision that does not hold", undone),
        (
            "is set aside, and nobody has decided so",
            (letters.c.state == "set_aside")
            & ~sa.func.coalesce(letters.c.reason, "").in_((*BY_RULE, *BELONGS))
            & ~in_other
            & ~set_aside,
        ),
        (
            "waits or was returned, and no reason is given",
            letters.c.state.in_(("with_us", "needs_you", "not_filed")) & letters.c.reason.is_(None),
        ),
        (
            "is a manifest, and no draft was sent as it",
            (letters.c.form == Form.MANIFEST.value)
            & ~sa.exists().where(drafts.c.letter_id == letters.c.id),
        ),
        (
            "answered no letter",
            (letters.c.state == "set_aside")
            & letters.c.reason.in_(BELONGS)
            & letters.c.copy_of.is_(None),
        ),
        ("is a copy of no letter", (letters.c.state == "copy") & letters.c.copy_of.is_(None)),
    )
    with database.read() as connection:
        count = conservation(connection)
        if not count.holds:
            yield f"{count.accepted} letters were accepted, {sum(count.places.values())} are there"
        for what, rule in rules:
            for row in connection.execute(sa.select(letters.c.receipt).where(rule)):
                yield f"letter {shown(row.receipt)} {what}"


def damages(database: Database, vault: Vault) -> Iterator[str]:
    """Read every blob that the record names, and name those that are missing or changed.

    A letter that is in the pouch is read there. It is one snapshot for both: what has left the
    pouch by then is in the vault.
    """
    pouched = sa.select(letters.c.raw_sha256, pouch.c.content).join_from(pouch, letters)
    with database.read() as connection:
        for row in connection.execute(pouched):
            if blob_of(row.content).sha256 != row.raw_sha256:
                yield f"blob {row.raw_sha256} has changed"
        in_pouch = sa.exists().where(pouch.c.letter_id == letters.c.id)
        named = connection.execute(
            sa.union(
                sa.select(letters.c.raw_sha256).where(HOLDS_ITS_CONTENT, ~in_pouch),
                sa.select(parts.c.sha256).where(parts.c.stored),
                sa.select(uploads.c.sha256)
                .join(drafts, drafts.c.id == uploads.c.draft_id)
                .where(drafts.c.letter_id.is_not(None)),
                sa.select(renditions.c.pdf_sha256),
                sa.select(binders.c.pdf_sha256).where(binders.c.pdf_sha256.is_not(None)),
                sa.select(text_layers.c.copy_sha256).where(text_layers.c.copy_sha256.is_not(None)),
                sa.select(thumbnails.c.picture_sha256).where(
                    thumbnails.c.picture_sha256.is_not(None)
                ),
            )
        ).scalars()
        for sha256 in named:
            try:
                with vault.open(sha256) as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
                        yield f"blob {sha256} has changed"
            except BlobMissing:
                yield f"blob {sha256} is missing"


def orphans(database: Database, vault: Vault) -> Iterator[str]:
    """Name the blobs that no record names: the sweep removes them when they are old enough."""
    for blob in vault.blobs():
        with database.read() as connection:
            if not is_referenced(connection, blob.sha256):
                yield blob.sha256
