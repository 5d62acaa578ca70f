"""The problem catalogue: complete, in the words of the house, and safe to say over SMTP."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import remarks
from config.problems import Problem, catalogue

ROWS = sorted(catalogue().values(), key=lambda row: row.code)
SPOKEN = [row for row in ROWS if row.smtp is not None]
HOUSE = Path(__file__).parent.parent
CODE = re.compile(r"[a-z]+(_[a-z]+)+")
# What says a code: the catalogue's own function, and those that hand it on.
SAYERS = {"problem", "of", "Trouble", "_fault", "problem_words", "on_fate"}

# The rows that the design fixes, each with its SMTP reply and HTTP status where it has one.
FIXED: dict[str, tuple[str | None, int | None]] = {
    "archive_too_deep": (None, 422),
    "archive_unsafe": (None, 422),
    "attachment_missing": (None, 200),
    "attachment_removed_on_the_way": (None, 200),
    "case_ambiguous": (None, 422),
    "case_format": (None, 422),
    "case_not_found": (None, 422),
    "code_wrong": (None, 422),
    "consultant_unknown": (None, 200),
    "content_in_secure_portal": (None, 200),
    "content_is_a_link": (None, 200),
    "disk_low": ("452 4.3.1 ", 507),
    "duplicate": (None, 200),
    "email_format": (None, 422),
    "email_too_large": ("552 5.3.4 ", None),
    "file_convert_failed": (None, 200),
    "file_damaged": (None, 422),
    "file_empty": (None, 422),
    "file_password": (None, 422),
    "file_password_here": (None, 422),
    "file_too_large": (None, 413),
    "file_type_blocked": (None, 415),
    "file_virus": (None, 422),
    "file_not_scanned": (None, 422),
    "scanner_away": (None, 503),
    "link_expired": (None, 410),
    "nothing_confirmed": (None, 422),
    "contributor_of_firm": (None, 422),
    "contributor_until": (None, 422),
    "message_unreadable": (None, None),
    "no_content": (None, 422),
    "no_such_address": ("550 5.1.1 ", None),
    "not_allowed": (None, 404),
    "package_too_large": (None, 413),
    "sender_not_authentic": ("550 5.7.26 ", None),
    "sender_not_known": (None, 202),
    "signed_out": (None, 401),
    "try_again_later": ("451 4.3.0 ", 503),
    "upload_interrupted": (None, 409),
}


def each(rows: list[Problem]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.code for row in rows])


@pytest.mark.parametrize("code", FIXED)
def test_what_the_design_fixes_is_there(code: str) -> None:
    reply, status = FIXED[code]
    row = catalogue()[code]
    assert reply is None or (row.smtp or "").startswith(reply)
    assert status is None or row.http == status


@each(ROWS)
def test_the_words_obey_the_rules(row: Problem) -> None:
    for words in (row.title, row.fix, row.smtp or ""):
        assert not re.search(r"\b(please|sorry|invalid|forbidden|oops)\b", words, re.IGNORECASE)
        assert words.isascii()
    assert row.title[0] in "'{" or row.title[0].isupper()
    assert not row.title.endswith(".")
    assert not row.fix.endswith(".")


@each(ROWS)
def test_who_can_mend_it_agrees_with_the_status(row: Problem) -> None:
    assert row.mend in {"sender", "time", "us"}
    if row.mend == "time":
        assert row.http in {503, 507}
        assert (row.smtp or "4").startswith("4")
    if (row.smtp or "").startswith("5") or 400 <= row.http < 500:
        assert row.mend != "time"


@each(SPOKEN)
@pytest.mark.parametrize(
    "foreign", ["x", "x" * 2000, "a\r\n250 2.0.0 OK\r\n", "\x00\x1b[31m", "\u202eé\udcff", "{0}"]
)
def test_a_reply_is_one_line_whatever_its_fields_hold(row: Problem, foreign: str) -> None:
    reply = row.reply(**dict.fromkeys(re.findall(r"{(\w+)}", row.smtp or ""), foreign))
    assert re.fullmatch(r"[45]\d\d ([45])\.\d{1,3}\.\d{1,3} [ -~]+", reply)
    assert reply[0] == reply[4], "RFC 2034, 4: the class of both codes is the same"
    assert len(reply) + len("\r\n") <= 512, "RFC 5321, 4.5.3.1.5"


def test_what_is_not_for_smtp_is_not_said_there() -> None:
    with pytest.raises(LookupError):
        catalogue()["file_empty"].reply(name="a.pdf")


def test_a_field_that_is_not_given_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError):
        catalogue()["file_empty"].said()


@pytest.mark.slow
def test_every_code_in_the_source_has_its_row() -> None:
    known = set(catalogue()) | remarks.reason_codes() | remarks.name_codes()
    said = dict(_said())
    assert len(said) > 20, "the search finds them"
    assert {code: places for code, places in said.items() if code not in known} == {}


def test_what_check_finds_fills_every_field_of_its_row() -> None:
    """Most of it is found on a broken machine alone, where a fault of ours would come on top."""
    found = {}
    for node in ast.walk(ast.parse((HOUSE / "gateway/readiness.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding.of":
            code = node.args[1]
            assert isinstance(code, ast.Constant)
            found[str(code.value)] = {one.arg for one in node.keywords}
    assert len(found) > 10, "the search finds them"
    assert found == {code: set(catalogue()[code].fields) for code in found}


def _said() -> Iterator[tuple[str, str]]:
    """Find the codes that are said by name, and those that fault classes carry."""
    for room in ("gateway", "converters", "portal"):
        for file in (HOUSE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                for value in _codes_of(node):
                    if isinstance(value, ast.Constant) and CODE.fullmatch(str(value.value)):
                        yield str(value.value), f"{file.relative_to(HOUSE)}:{value.lineno}"


def _codes_of(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        sayer = node.func.attr if isinstance(node.func, ast.Attribute) else node.func
        name = sayer.id if isinstance(sayer, ast.Name) else sayer
        named = [one.value for one in node.keywords if one.arg in {"code", "problem", "hold"}]
        said = node.args[1:2] if name == "of" else node.args[:1]  # behind a finding's weight
        return named + (said if name in SAYERS else [])
    if isinstance(node, ast.ClassDef):
        return [
            one.value
            for one in node.body
            if isinstance(one, ast.Assign)
            and [target.id for target in one.targets if isinstance(target, ast.Name)] == ["code"]
        ]
    if isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        return [node.value] if names in (["code"], ["_CODE"]) else []
    return []
