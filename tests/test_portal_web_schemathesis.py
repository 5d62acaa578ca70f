"""The web form against its description: Schemathesis makes requests of every route, right and wrong
ones, and each answer is one that the description says.

Each request is made by everybody who may be there: a stranger, and senders at each step of the
form, with tokens of their own in the place of the made ones. CASEBRIDGE_LONG=1 makes many more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from schemathesis.transport.serialization import serialize_binary

from portal import draft as drafting
from portal import upload as uploading
from portal import upload_link
from portal.draft import Owner
from portal.sign_in import new_token
from portal.web import tus
from portal.web.description import described
from tests.desk import BASE_URL, SampleDesk, filled_desk
from tests.filling_in import PAT
from tests.test_portal_web_upload_links import made

pytestmark = pytest.mark.slow

LONG = bool(os.environ.get("CASEBRIDGE_LONG"))
CHECKS = [
    *(not_a_server_error, status_code_conformance, content_type_conformance),
    *(response_headers_conformance, response_schema_conformance),
    *(allow_header_conformance, unsupported_method),
]
Case = schemathesis.Case[Any]
LENGTH = 10  # of the file that is on its way


@schemathesis.serializer(tus.CONTENT_TYPE)
def octets(context: schemathesis.SerializationContext, value: Any) -> bytes:
    return serialize_binary(value)


DESCRIPTION = described()
SCHEMA = schemathesis.openapi.from_dict(
    DESCRIPTION,
    config=SchemathesisConfig.from_dict(
        {
            **({} if LONG else {"seed": 1}),
            "generation": {
                "deterministic": not LONG,
                "max-examples": 1000 if LONG else 10,
                "database": "none",
            },
        }
    ),
)


@dataclass(frozen=True)
class Sender:
    """Somebody at a step of the form."""

    token: str
    public_id: str = "0" * 32

    def put_into(self, case: Case, link: str) -> None:
        """Have a request be theirs: their file, their page, their link."""
        if "public_id" in case.path_parameters:
            case.path_parameters["public_id"] = self.public_id
        of_form = drafting.form_token(self.token)
        if "token" in case.path_parameters:
            case.path_parameters["token"] = link
            of_form = upload_link.form_token(link)
        if isinstance(case.body, dict) and "csrf" in case.body:
            case.body["csrf"] = of_form


@dataclass
class Office:
    """The pages, and who comes to them."""

    desk: SampleDesk
    app: FastAPI
    link: str
    seen: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def fills_in(self) -> Sender:
        """Somebody whose file is on its way."""
        return self._begun(is_proven=False, length=LENGTH)

    def is_ready(self) -> Sender:
        """Somebody who has filled in everything, and whose address is not proven."""
        return self._begun(is_proven=False, length=None)

    def is_proven(self) -> Sender:
        """The same with their address proven: what they press sends it."""
        return self._begun(is_proven=True, length=None)

    def has_sent(self) -> Sender:
        """Somebody who comes back."""
        sender = self._begun(is_proven=True, length=None)
        with self.desk.database.read() as connection:
            draft = drafting.find(connection, Owner(sender.token, None))
        self.desk.send(draft.id)
        return sender

    def _begun(self, *, is_proven: bool, length: int | None) -> Sender:
        owner, now = Owner(new_token(), None), self.desk.now
        assert owner.token is not None
        with self.desk.database.write() as connection:
            draft = drafting.find_or_make(connection, owner, now=now)
            drafting.write(connection, draft.id, PAT, now=now)
            if is_proven:
                drafting.prove(connection, draft.id, now=now)
            if length is None:
                return Sender(owner.token)
            upload = uploading.make(
                connection,
                draft,
                name="smith.pdf",
                declared_type="application/pdf",
                length=length,
                sending=self.desk.sending,
                now=now,
            )
        return Sender(owner.token, upload.public_id)


STEPS: tuple[Callable[[Office], Sender], ...] = (
    *(Office.fills_in, Office.is_ready, Office.is_proven, Office.has_sent),
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    desk = filled_desk(tmp_path_factory.mktemp("office"))
    link = made(desk, desk.signed_in("Dana Reyes")).rpartition("/")[2]
    office = Office(desk, desk.app(), link)
    yield office
    desk.close()
    unreached = {key: sorted(went_well(*key) - seen) for key, seen in office.seen.items()}
    assert not {key: statuses for key, statuses in unreached.items() if statuses}


def went_well(method: str, path: str) -> set[int]:
    """What a route answers where nothing is wrong."""
    said = DESCRIPTION["paths"][path][method.lower()]["responses"]
    return {int(status) for status in said if int(status) < 400}


@SCHEMA.parametrize()
def test_every_answer_is_one_that_is_described(case: Case, office: Office) -> None:
    for step in (None, *STEPS):
        cookies = {}
        if step is not None:
            sender = step(office)
            sender.put_into(case, office.link)
            cookies = {"casebridge_draft": sender.token}
        answer = case.call(
            app=office.app, base_url=BASE_URL, cookies=cookies, allow_redirects=False
        )
        case.validate_response(answer, checks=CHECKS)
        if answer.request.method == case.operation.method.upper():
            key = case.operation.method.upper(), case.operation.path
            office.seen.setdefault(key, set()).add(answer.status_code)


@pytest.mark.filterwarnings("ignore:Duplicate Operation ID")  # FastAPI's, of routes by two methods
def test_every_route_of_the_form_is_described(office: Office) -> None:
    there = {
        (path, method)
        for path, said in office.app.openapi()["paths"].items()
        for method in said
        if path == "/send" or path.startswith("/send/")
    }
    assert there == {
        (path, method) for path, said in DESCRIPTION["paths"].items() for method in said
    }
