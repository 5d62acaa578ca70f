"""casebridge sent-check: a firm's own sent mail beside what was filed."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from gateway.address import AddressFault, canonical
from gateway.bulk.messages import Message, Passed, messages
from gateway.command import DONE, PROBLEM, say, settings_of
from gateway.command.data_files import outlook
from gateway.command.paths import named
from gateway.sent_folder import ORDER, Compared, compare, in_motion
from gateway.stores import open_stores
from portal import vocabulary

_WORDS = {
    "filed": "filed",
    "held": "still held",
    "on_the_way": "being checked",
    "not_filed": "not filed",
    "set_aside": "set aside",
    "never_arrived": "never arrived",
    "unreadable": "not read",
    "not_for_us": "not sent to us",
    "draft": "marked as drafts",
}
_FINE = {"filed", "on_the_way", "not_for_us", "set_aside", "draft"}
_COLUMNS = ("fate", "why", "receipt", "cases", "same_body", "sent_at", "subject", "message_id")
_ACTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes what begins with one for a formula


@click.command("sent-check", short_help="Hold a firm's sent mail against what was filed.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--to", "others", multiple=True, help="An address that counts as ours as well.")
@click.option("--json", "form", flag_value="json", help="One JSON object a line.")
@click.option(
    "--csv", "form", flag_value="csv", help="A table in CSV. Of two forms the last counts."
)
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[Path, ...],
    others: tuple[str, ...],
    form: str | None,
) -> None:
    """Say what became of each message in the sent folder at PATHS: filed, held, or never arrived.

    PATHS are as for `casebridge import`. Messages that went to others than us are only counted, and
    nothing is stored.
    """
    ours = tuple(map(_address, others))
    counts: Counter[str] = Counter()
    with open_stores(settings_of(context)) as stores, outlook(stores) as files:
        found = itertools.chain.from_iterable(
            messages(path, files.messages, deleted=True) for path in paths
        )
        table = csv.writer(sys.stdout)
        if form == "csv":
            table.writerow(("file", "index", *_COLUMNS))
        for one in compare(stores, _sent(found, counts), ours):
            counts[one.fate] += 1
            if one.fate == "not_for_us":
                continue
            where = named(one.file, paths)
            if form == "json":
                place = {} if one.index is None else {"index": one.index}
                click.echo(json.dumps({"file": where} | place | one.as_dict()))
            elif form == "csv":
                table.writerow((where, one.index, *map(_cell, _row(one))))
            elif one.fate not in _FINE:
                click.echo(_spoken(one, where))
        moving = in_motion(stores)
    for fate in (*ORDER, "unreadable", "not_for_us", "draft"):
        if counts[fate]:
            say(f"{counts[fate]:,} {_WORDS[fate]}")
    if moving and counts["never_arrived"]:
        say(
            f"{moving:,} letters are being checked: what has never arrived may be among them. "
            "Ask again when `casebridge queue` shows none."
        )
    context.exit(DONE if set(counts) <= _FINE else PROBLEM)


def _sent(found: Iterable[Message | Passed], counts: Counter[str]) -> Iterator[Message | Passed]:
    """Leave out what was not sent: drafts, which are counted, and files that hold no mail."""
    for one in found:
        why = one.why if isinstance(one, Passed) else None
        if why == "draft":
            counts["draft"] += 1
        elif why != "no_mail":
            yield one


def _address(text: str) -> str:
    try:
        return canonical(text)
    except AddressFault as fault:
        raise click.BadParameter(f"{text}: {fault}", param_hint="--to") from fault


def _row(one: Compared) -> list[object]:
    told = one.as_dict() | {"cases": " ".join(one.cases)}
    return [told[column] for column in _COLUMNS]


def _cell(value: object) -> str:
    text = "" if value is None else vocabulary.plain(str(value))
    return f"'{text}" if text.startswith(_ACTS) else text


def _spoken(one: Compared, where: str) -> str:
    place = "" if one.index is None else f" [{one.index}]"
    if one.fate == "unreadable" and one.why:
        return f"not read: {where}{place}. {vocabulary.problem(one.why, {'name': where})[0]}"
    why = f" ({vocabulary.problem(one.why, {})[0]})" if one.why else ""
    receipt = f" {one.receipt}" if one.receipt else ""
    sent = f"{one.sent_at:%Y-%m-%d %H:%M} UTC" if one.sent_at else "no date"
    subject = vocabulary.plain(one.subject or "")
    return f"{_WORDS[one.fate]}{receipt}{why}: {sent}, '{subject}', {where}{place}"
