"""casebridge import: takes old mail through the bulk door, or says what would become of it."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from config.problems import problem
from config.settings import Settings
from gateway import clock
from gateway.bulk.door import BulkDoor, NotTaken, Terms
from gateway.bulk.files import files
from gateway.bulk.messages import Message, Passed, messages
from gateway.bulk.pace import Pace
from gateway.bulk.report import Report
from gateway.command import DONE, PROBLEM, say, settings_of, stop
from gateway.command.data_files import outlook
from gateway.command.moving_line import moving_line
from gateway.command.paths import named, text
from gateway.prospect import Prospect, foretell
from gateway.stores import Stores, open_stores
from portal import vocabulary
from portal.directory import Directory
from portal.receipt_number import shown

_MOST_NAMED = 20
_PASSED = {
    "deleted": "marked as deleted",
    "draft": "marked as drafts",
    "no_mail": "files that hold no mail",
}


@click.command("import", short_help="Take old mail, each message once; nobody is told.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--firm", help="Whose mail it is: another firm's messages wait for a person.")
@click.option("--receipts", is_flag=True, help="Send each sender a receipt. Consultants hear none.")
@click.option("--dry-run", is_flag=True, help="Say what would become of each; nothing is kept.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, the report last.")
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    firm: str | None,
    receipts: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take the mail at PATHS, vouching for its senders; nobody is told.

    A path is a mailbox (mbox), a Maildir, an Outlook .pst or .ost, a .eml or .msg, or a folder of
    them. A
    running `casebridge serve` carries the letters; without one they wait in the queue. Taking the
    same mail again, also after an end in the middle, takes each message once.
    """
    settings = settings_of(context)
    with open_stores(settings) as stores, contextlib.ExitStack() as stack:
        firm_id = None if firm is None else Directory(stores.database).firm_named(firm)
        if firm is not None and firm_id is None:
            stop(PROBLEM, "firm_unknown", firm=firm)
        pace = Pace(stores.database, stores.folder / "lock", settings.intake.import_ahead)
        door = BulkDoor(
            stores.vault,
            stores.intake(),
            settings,
            Terms(firm_id, receipts),
            clock.now,
            before=pace.wait,
        )
        data_files = stack.enter_context(outlook(stores))
        found = itertools.chain.from_iterable(messages(path, data_files.messages) for path in paths)
        course = _Course(paths, as_json, settings)
        with moving_line(course.total) as course.show:
            if dry_run:
                _foretell(stores, door, course.followed(found), course)
            else:
                _take(door, course.followed(found), course)
        course.end()
    context.exit(PROBLEM if course.problems else DONE)


def _take(door: BulkDoor, found: Iterator[Message | Passed], course: _Course) -> None:
    report = Report()
    for one in found:
        if isinstance(one, Passed):
            course.pass_by(one.file, one.index, one.why, is_problem=one.is_problem)
            (report.not_taken if one.is_problem else report.passed)[one.why] += 1
            continue
        try:
            accepted = door.take(one)
        except NotTaken as fault:
            report.not_taken[fault.code] += 1
            course.pass_by(one.file, one.index, fault.code, is_problem=True)
            continue
        report.taken += not accepted.repeated
        report.before += accepted.repeated
        course.tell(
            one.file,
            one.index,
            {"receipt": shown(accepted.receipt), "repeated": accepted.repeated},
        )
    left = report.not_taken.total()
    course.report = report.as_dict()
    course.lines = [
        f"{report.taken:,} taken, {report.before:,} were there before, {left:,} not taken",
        *_passed(report.passed),
    ]


def _foretell(
    stores: Stores, door: BulkDoor, found: Iterator[Message | Passed], course: _Course
) -> None:
    prospect = Prospect()
    for one in foretell(stores, door, found, clock.now):
        prospect.count(one)
        if one.state in {"not_taken", "passed"}:
            why = one.reason or ""
            course.pass_by(one.file, one.index, why, is_problem=one.state == "not_taken")
        else:
            said = {"state": one.state, "reason": one.reason, "case": one.case}
            course.tell(one.file, one.index, said)
    course.report = prospect.as_dict()
    course.lines = [
        f"{prospect.filed.total():,} would be filed, {prospect.in_part:,} of them except some",
        *(f"  {case}  {count:,}" for case, count in sorted(prospect.filed.items())),
        f"{prospect.unknown.total():,} would wait for a person",
        *(f"  {count:,}  {_why(code)}" for code, count in prospect.unknown.most_common()),
        *(f"{count:,} not filed: {_why(code)}" for code, count in prospect.not_filed.most_common()),
        f"{prospect.before:,} were there before, {prospect.not_taken.total():,} not taken",
        *_passed(prospect.passed),
        "Nothing was kept.",
    ]


def _why(code: str) -> str:
    return f"{vocabulary.problem(code, {})[0]} ({code})"


def _passed(passed: dict[str, int]) -> list[str]:
    return [f"{count:,} passed by: {_PASSED[why]}" for why, count in sorted(passed.items())]


@dataclass
class _Course:
    """How far the command is, and what it says of each message and at the end."""

    paths: tuple[Path, ...]
    as_json: bool
    settings: Settings
    problems: int = 0
    report: dict[str, object] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    show: Callable[[int, int], None] = lambda _octets, _messages: None
    _named: list[str] = field(default_factory=list)

    def total(self) -> int:
        """Return how many octets there are."""
        return sum(file.octets for path in self.paths for file in files(path))

    def followed(self, found: Iterator[Message | Passed]) -> Iterator[Message | Passed]:
        """Give what was found, and show how far that is."""
        octets = 0
        for number, one in enumerate(found, 1):
            yield one
            octets += one.octets
            self.show(octets, number)

    def tell(self, file: Path, index: int | None, said: Mapping[str, object]) -> None:
        """Tell of one message, to a program alone."""
        if self.as_json:
            click.echo(json.dumps(self._named_as(file, index) | dict(said)))

    def pass_by(self, file: Path, index: int | None, why: str, *, is_problem: bool) -> None:
        """Tell of what is not taken. Files that hold no mail are only counted."""
        self.problems += is_problem
        if self.as_json and why != "no_mail":
            said = {"error": why} if is_problem else {"passed": why}
            click.echo(json.dumps(self._named_as(file, index) | said))
        elif is_problem and len(self._named) < _MOST_NAMED:
            limit = vocabulary.limit(self.settings.intake.max_message_bytes)
            place = "" if index is None else f" [{index}]"
            words = problem(why).said(limit=limit, name=text(Path(file.name)))
            self._named.append(f"{named(file, self.paths)}{place}: {words}")

    def end(self) -> None:
        """Say what came of it all."""
        if self.as_json:
            click.echo(json.dumps({"report": self.report}))
            return
        for line in self._named:
            click.echo(line)
        if self.problems > len(self._named):
            say(f"{self.problems - len(self._named):,} more: --json names every one.")
        for line in self.lines:
            click.echo(line)

    def _named_as(self, file: Path, index: int | None) -> dict[str, object]:
        return {"file": named(file, self.paths)} | ({} if index is None else {"index": index})
