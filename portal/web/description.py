"""The description: the web form and its uploads as OpenAPI 3.1, for tests and for whoever writes a
client. It is served to nobody.

Paths, methods and words are those of the routes. What each answers with is in the tables of
`portal.web.described`; its statuses are those of the problem catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi.routing import APIRoute

from config.problems import problem
from portal.web import send_check, send_code, send_done, send_form, upload_links, uploads
from portal.web.described import IN_PATH, OPERATIONS, Operation
from portal.web.described_parts import ALWAYS, PAGE, PROBLEM, PROBLEM_SCHEMA, TUS, Json

_ROOMS = (send_form, send_check, send_code, send_done, upload_links, uploads)
_INFO = (
    "A draft opens by the cookie that the first answer sets. Each form brings back, as `csrf`, the"
    " token of its page; in a form with files it stands before them. Uploads are tus 1.0.0, and"
    " need no token."
)
_BODILESS = {"HEAD", "OPTIONS"}


def described() -> Json:
    """Describe every route of the form. Raises KeyError for one that the tables do not know."""
    paths: dict[str, Json] = {}
    for route in routes():
        for method in sorted(route.methods or ()):
            operation = OPERATIONS[method, route.path]
            paths.setdefault(route.path, {})[method.lower()] = _operation(route, method, operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Casebridge: the web form", "version": "1", "description": _INFO},
        "paths": paths,
        "components": {"schemas": {"Problem": PROBLEM_SCHEMA}},
    }


def routes() -> Iterator[APIRoute]:
    """Yield the routes that are described: those of senders."""
    for room in _ROOMS:
        for route in room.router.routes:
            if isinstance(route, APIRoute) and re.match(r"/send(/|$)", route.path):
                yield route


def _operation(route: APIRoute, method: str, operation: Operation) -> Json:
    is_tus = route.path.startswith(uploads.router.prefix)
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": IN_PATH[name]}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    found: Json = {
        "operationId": f"{route.name}_{method}_{route.path.strip('/')}",
        "description": route.description,
        "parameters": [*in_path, *operation.parameters],
        "responses": {
            str(status): _answer(method, status, operation, is_tus=is_tus)
            for status in sorted({*operation.answers, *_refusals(operation), 500})
        },
    }
    if operation.body is not None:
        found["requestBody"] = operation.body
    return found


def _answer(method: str, status: int, operation: Operation, *, is_tus: bool) -> Json:
    said = operation.answers.get(status)
    titles = _refusals(operation).get(status, ())
    content = dict(PAGE) if said is not None and said.is_page else {}
    if titles or status == 500:
        # The pages speak JSON to whoever asks for it; of uploads only what no room answers is HTML.
        content |= PROBLEM | ({} if is_tus and status not in {404, 500} else PAGE)
    words = [said.description] if said is not None else []
    answer: Json = {
        "description": "; ".join([*words, *titles]) or "The service has a problem",
        "headers": dict(ALWAYS) | (said.headers if said is not None else {}),
    }
    if is_tus and status not in {404, 500}:
        answer["headers"] |= TUS
    if content and method not in _BODILESS:
        answer["content"] = content
    return answer


def _refusals(operation: Operation) -> dict[int, tuple[str, ...]]:
    titles: dict[int, tuple[str, ...]] = {}
    for code in operation.problems:
        row = problem(code)
        titles[row.http] = (*titles.get(row.http, ()), row.title)
    return titles
