"""Every problem in every voice, and no voice but the catalogue's.

How the second is known: the ways on which a problem can reach a person are few (an SMTP reply, an
answer of the pages with a status of 400 or more, a sentence of the command line before it ends with
a fault, a mail), so the source is searched for words that are written straight into one of them,
and what the pages answer is compared with the rows. Planted examples prove that the search finds.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from config.problems import Problem, catalogue, problem
from config.remarks import field_names, on_field
from gateway.command import PROBLEM, stop
from gateway.road.package import Trouble
from gateway.telling.part_words import problem_words
from tests.desk import SampleDesk, filled_desk
from tests.packages import package

HOUSE = Path(__file__).parent.parent
ROWS = sorted(catalogue().values(), key=lambda row: row.code)
each = pytest.mark.parametrize("row", ROWS, ids=[row.code for row in ROWS])
# Machines ask here; what is wrong is said by the checks' names.
NOT_FOR_PEOPLE = {"portal/web/watching.py"}
REPLY = re.compile(r"[45]\d\d[ -]")


def filled(row: Problem) -> dict[str, Any]:
    """Fill every field of a row with a mark of its own."""
    return {name: f"<{name}>" for name in row.fields}


@each
def test_a_row_is_a_problem_details_object(row: Problem) -> None:
    said = row.details("https://gw.example", **filled(row))
    assert said["type"] == f"https://gw.example/help#{row.code}"
    assert (said["code"], said["status"]) == (row.code, row.http)
    for key in ("title", "detail"):
        text = said[key]
        assert isinstance(text, str)
        assert "{" not in text
    assert isinstance(said["status"], int)
    assert 200 <= said["status"] < 600


@each
def test_a_row_can_be_said_in_a_mail(row: Problem) -> None:
    fields: dict[str, Any] = {name: f"({name})" for name in row.fields}
    told = package().but(troubles=(Trouble(row.code, fields),))
    said = problem_words(row.code, told)
    assert said == f"{row.title.format(**fields)}. {row.fix.format(**fields)}."
    assert len(said.splitlines()) == 1


@each
def test_a_row_can_be_said_at_the_terminal(
    row: Problem, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        stop(PROBLEM, row.code, "a line more", **filled(row))
    assert ended.value.code == PROBLEM
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"{row.title.format(**filled(row))}.\n{row.fix.format(**filled(row))}.\na line more\n"
    )


@each
def test_every_field_has_a_word_for_the_help_page(row: Problem) -> None:
    assert row.fields <= field_names()
    assert all(on_field(name) for name in row.fields)


@pytest.mark.parametrize("row", [row for row in ROWS if row.smtp], ids=lambda row: row.code)
def test_a_long_address_never_cuts_the_link_to_the_fix(row: Problem) -> None:
    assert row.smtp is not None
    names = [name for _, name, _, _ in string.Formatter().parse(row.smtp) if name]
    base = "https://gateway.claims.example"
    fields: dict[str, Any] = dict.fromkeys(names, "x" * 255) | {"base": base}
    reply = row.reply(**fields)
    assert len(reply) + len("\r\n") <= 512
    if "base" in names:
        # Where the fix is a page of its own, its address stands in the place of the help's.
        fix = f"{base}/send - no account needed (code {row.code})"
        assert reply.endswith((f"Help: {base}/help#{row.code}", fix))
        assert reply.count("://") == 1, "one address in a reply"


# -- and in no other words -------------------------------------------------------------------------


def offences(source: str) -> Iterator[int]:
    """Find the lines that put words of their own on a way by which problems reach people."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if REPLY.match(node.value):
                yield node.lineno
        elif isinstance(node, ast.Call) and _speaks(node):
            yield node.lineno
        elif isinstance(node, ast.ExceptHandler):
            yield from (
                one.lineno
                for one in ast.walk(node)
                if isinstance(one, ast.Call)
                and _name(one) in {"say", "echo", "secho"}
                and _has_words(one.args)
            )


def _speaks(call: ast.Call) -> bool:
    name, given = _name(call), [*call.args, *(one.value for one in call.keywords)]
    refuses = any(
        isinstance(one, ast.Constant) and isinstance(one.value, int) and 400 <= one.value < 600
        for one in given
    )
    return (
        name == "HTTPException"
        or (refuses and (name.endswith("Response") or name == "render"))
        or (name in {"ClickException", "UsageError", "BadParameter", "fail"} and _has_words(given))
        or (name == "stop" and _has_words(call.args[2:]))
    )


def _has_words(nodes: list[ast.expr]) -> bool:
    """Say whether any of these is text with words, or is put together from some."""
    texts = [
        one.value
        for node in nodes
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    return any(re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text) for text in texts)


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


@pytest.mark.parametrize(
    "planted",
    [
        'Reply("550 5.1.1 Go away")',
        'Reply(f"451 4.3.0 {fault}")',
        'raise HTTPException(404, "Nothing here")',
        'return PlainTextResponse("Not today", 503)',
        "return HTMLResponse(page, status_code=422)",
        'return pages.render("package.html", 404, why="x")',
        'raise click.ClickException("That did not work")',
        'raise click.BadParameter(f"no such folder: {folder}")',
        'stop(NOT_READY, "port_taken", "Try another one", place=place)',
        'try:\n    go()\nexcept OSError:\n    say("It did not work")',
        'try:\n    go()\nexcept OSError as fault:\n    click.echo(f"could not open {fault}")',
    ],
)
def test_words_of_their_own_are_found(planted: str) -> None:
    assert list(offences(planted))


@pytest.mark.parametrize(
    "fine",
    [
        'Reply(problem("try_again_later").reply())',
        'Reply("250 2.1.0 OK")',
        'stop(NOT_READY, "settings_unusable", *fault.problems, file=fault.file)',
        'say("Ready. Ctrl-C drains and ends.")',
        "return HTMLResponse(text, status)",
    ],
)
def test_what_is_fine_is_not_found(fine: str) -> None:
    assert not list(offences(fine))


@pytest.mark.slow
def test_no_other_problems_words_reach_a_person() -> None:
    files = [
        file
        for room in ("gateway", "portal", "converters")
        for file in (HOUSE / room).rglob("*.py")
        if str(file.relative_to(HOUSE)) not in NOT_FOR_PEOPLE
    ]
    assert len(files) > 100
    found = [
        f"{file.relative_to(HOUSE)}:{line}"
        for file in files
        for line in offences(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    yield opened
    opened.close()


def _broken() -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("GET", "/nowhere", "not_allowed", 404),
        ("GET", "/p/0000-0000", "not_allowed", 404),
        ("GET", "/p/7KQ4-M2XD/documents/999999", "not_allowed", 404),
        ("POST", "/packages", "not_allowed", 405),
        ("POST", "/sign-out", "form_stale", 403),
        ("GET", "/sign-in/never-was", "link_expired", 410),
        ("POST", "/sign-in/never-was", "form_stale", 403),
        ("GET", "/broken", "service_problem", 500),
    ],
)
@pytest.mark.slow
def test_what_a_page_says_of_a_problem_is_its_row(
    desk: SampleDesk, method: str, path: str, code: str, status: int
) -> None:
    browser = desk.signed_in("Dana Reyes")
    cast("FastAPI", browser.app).add_api_route("/broken", _broken)
    answer = browser.request(method, path)
    assert answer.status_code == status
    row = problem(code)
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    said = [
        re.sub(r"<[^>]+>", "", one).replace("&#39;", "'").strip()
        for one in re.findall(r"<(?:h1|p)[ >].*?</(?:h1|p)>", main, re.DOTALL)
    ]
    assert said[:2] == [row.title, f"{row.fix}."]
    # What else stands there is the way on, the same for every problem.
    ways = ("If it happens again, call", "Go to your packages")
    assert all(one.startswith(ways) for one in said[2:]), said


def test_a_program_that_asks_for_json_is_told_the_same(desk: SampleDesk) -> None:
    row = problem("not_allowed")
    answer = desk.signed_in("Dana Reyes").get(
        "/p/0000-0000", headers={"Accept": "application/problem+json"}
    )
    assert answer.status_code == row.http
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == row.details(desk.service.base_url)
    browser = desk.signed_in("Dana Reyes").get(
        "/p/0000-0000", headers={"Accept": "text/html,application/json;q=0.5"}
    )
    assert browser.headers["content-type"].startswith("text/html")
