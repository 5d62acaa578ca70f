"""The form as a page shows it: a draft's fields and files, and what is to be mended in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import Response

from config.document_types import document_types
from config.problems import problem
from portal import details, link_draft, rights
from portal import draft as drafting
from portal import upload as uploading
from portal.draft import Draft, NoDraft, Owner
from portal.foreseen import Chosen, Foreseen
from portal.rights import Filing
from portal.sign_in import new_token
from portal.tables import cases, consultants
from portal.upload import Upload
from portal.web.desk import Desk
from portal.web.faults import FormStale, SignedOut
from portal.web.sender import keep_draft, owner_of
from portal.web.visitor import Visitor, visitor_of

MOST_DESCRIPTION = 200


@dataclass(frozen=True)
class Row:
    """A file of the draft, with what will become of it."""

    upload: Upload
    foreseen: Foreseen
    document_type: str

    @property
    def percent(self) -> int:
        """How much of it is here, rounded down: 100 only where it is whole."""
        return 100 if self.upload.is_whole else self.upload.offset * 100 // self.upload.length


@dataclass(frozen=True)
class Mend:
    """What is to be mended: the id of the control that mends it, what happened, what to do."""

    at: str
    title: str
    fix: str


@dataclass(frozen=True)
class Sitting:
    """Whoever fills in the form: their draft, where it has begun, and its files."""

    owner: Owner
    visitor: Visitor | None
    draft: Draft | None
    rows: tuple[Row, ...]
    consultants: tuple[str, ...]  # to choose from; none for a stranger
    is_by_link: bool = False  # begun by an upload link, which has filled in the case for good

    @property
    def csrf(self) -> str:
        """What their forms bring back."""
        return drafting.form_token(self.owner.token or "")

    @property
    def fields(self) -> Mapping[str, str]:
        """What was typed."""
        return {} if self.draft is None else self.draft.fields

    @property
    def bytes(self) -> int:
        """How large the files are together."""
        return sum(row.upload.length for row in self.rows)

    @property
    def documents(self) -> int:
        """How many files will be filed: programs are not."""
        return sum(row.foreseen.prospect != "refused" for row in self.rows)

    @property
    def is_proven(self) -> bool:
        """Whether we know whose the draft is."""
        return self.visitor is not None or (self.draft is not None and self.draft.is_proven)


def sit_down(request: Request, desk: Desk) -> Sitting:
    """Find the draft of whoever asks, and give a browser that has no token of ours one.

    No draft begins by looking. Whoever calls brings the token back by `keep_draft`.
    """
    try:
        visitor = visitor_of(request, desk)
    except SignedOut:
        visitor = None
    owner = owner_of(request, desk)
    with desk.database.read() as connection:
        try:
            draft = drafting.find(connection, owner)
        except NoDraft:
            draft = None
        fits = owner.token_sha256 is not None and (
            draft is not None or drafting.is_free(connection, owner)
        )
        if not fits:
            owner = Owner(new_token(), owner.account_id)
        rows = () if draft is None else _rows(desk, uploading.of(connection, draft.id))
        names = () if visitor is None else _consultants(connection)
        by_link = draft is not None and bool(link_draft.fixed(connection, draft.id))
    return Sitting(owner, visitor, draft, rows, names, by_link)


def require_theirs(sitting: Sitting, form: Mapping[str, str]) -> None:
    """Raise FormStale where a form is not that of this browser."""
    if not drafting.is_form_token(sitting.owner.token, form.get("csrf", "")):
        raise FormStale


def mends(desk: Desk, sitting: Sitting) -> tuple[Mend, ...]:
    """Say what keeps the draft from being sent, in the order of the page."""
    fields = sitting.fields
    found = [
        mend(fault.field, fault.code, **fault.said)
        for fault in details.faults(
            fields,
            case_number=desk.case_number,
            case_example=desk.case_example,
            consultants=frozenset(sitting.consultants),
            is_signed_in=sitting.visitor is not None,
        )
    ]
    if not sitting.rows and not fields.get("message"):
        found.append(mend("message", "nothing_to_send"))
    for row in sitting.rows:
        at = f"file-{row.upload.public_id}"
        name = shown_name(row.upload.name)
        if not row.upload.is_whole:
            found.append(mend(at, "upload_unfinished", name=name, percent=row.percent))
        elif not row.upload.length:
            found.append(mend(at, "file_empty", name=name))
    return tuple(found)


def shown_name(name: str) -> str:
    """Return the name of a file, where it has one."""
    return name or "a file without a name"


def keep(desk: Desk, draft: Draft, form: Mapping[str, str]) -> None:
    """Keep what a form says: its fields, and the type and description of each file.

    A field that did not come, since the form broke off, stays as it was.
    """
    types = set(document_types().names)
    with desk.database.write() as connection:
        fields = details.read({**draft.fields, **form} | link_draft.fixed(connection, draft.id))
        drafting.write(connection, draft.id, fields, now=desk.clock())
        for upload in uploading.of(connection, draft.id):
            kind = form.get(f"type-{upload.public_id}")
            if kind is None:
                # It came with the form, or while the page was open: the guess stands until then.
                if upload.document_type is None:
                    guess = document_types().guess(upload.name)
                    uploading.describe(
                        connection, upload, document_type=guess, description=upload.description
                    )
                continue
            said = form.get(f"description-{upload.public_id}", "").strip()[:MOST_DESCRIPTION]
            uploading.describe(
                connection,
                upload,
                document_type=kind if kind in types else "",
                description=said or None,
            )


def show(
    desk: Desk, sitting: Sitting, template: str, status: int = 200, **context: Any
) -> Response:
    """Render a page of the form, and have the browser keep the draft's token."""
    answer = desk.pages.render(
        template,
        status,
        visitor=sitting.visitor,
        sitting=sitting,
        csrf=sitting.csrf,
        fields={name: sitting.fields.get(name, "") for name in details.FIELDS},
        types=document_types().names,
        sending=desk.sending,
        example=desk.case_example,
        intake=desk.intake,
        **context,
    )
    keep_draft(answer, desk, sitting.owner)
    return answer


def receiver(desk: Desk, sitting: Sitting) -> str | None:
    """Return the consultant of the case that is named, where the visitor may know; else None."""
    number = desk.case_number(sitting.fields.get("case", ""))
    if sitting.visitor is None or number is None or sitting.fields.get("way") != "number":
        return None
    with desk.database.read() as connection:
        row = connection.execute(
            sa.select(cases.c.consultant_id, cases.c.restricted, consultants.c.name)
            .join(consultants, consultants.c.id == cases.c.consultant_id)
            .where(cases.c.number == number, cases.c.state == "open")
        ).one_or_none()
    if row is None:
        return None
    filing = Filing(row.consultant_id, row.restricted)
    return str(row.name) if rights.may_open(sitting.visitor.viewer, filing) else None


def _rows(desk: Desk, files: tuple[Upload, ...]) -> tuple[Row, ...]:
    chosen = [Chosen(one.name, one.declared_type, one.length) for one in files]
    return tuple(
        Row(
            upload,
            foreseen,
            # What was chosen, be it nothing, goes before a guess.
            upload.document_type
            if upload.document_type is not None
            else document_types().guess(upload.name) or "",
        )
        for upload, foreseen in zip(files, desk.foresee(chosen), strict=True)
    )


def _consultants(connection: sa.Connection) -> tuple[str, ...]:
    return tuple(
        connection.scalars(sa.select(consultants.c.name).distinct().order_by(consultants.c.name))
    )


def mend(at: str, code: str, **said: object) -> Mend:
    """Say a problem of the catalogue at a control."""
    row = problem(code)
    return Mend(at, row.title.format(**said), row.fix.format(**said))
