"""casebridge explain: the decision trail of a message, from the code that files it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from config import remarks
from config.problems import problem
from gateway import clock
from gateway.command import DONE, PROBLEM, settings_of
from gateway.rehearsal import NO_NUMBER, Asked, explain_files
from gateway.telling.part_words import bare_title
from portal.receipt_number import shown
from portal.vocabulary import NOT_SUBMISSION_RULES, NOT_SUBMISSIONS


@click.command("explain", short_help="Say what would become of a message, and why.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option(
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of CSV files to take firms, cases and consultants from.",
)
@click.option("--recipient", "recipients", multiple=True, help="An envelope recipient.")
@click.option(
    "--sender",
    help="The envelope sender, as by mail (default: the message's own From, as in an import, whose"
    " sender is asked nothing).",
)
@click.option("--proven", is_flag=True, help="Take the sender as proven.")
@click.option("--convert", "converting", is_flag=True, help="Run the conversions too.")
@click.pass_context
def command(
    context: click.Context,
    files: tuple[Path, ...],
    as_json: bool,
    directory: Path | None,
    recipients: tuple[str, ...],
    sender: str | None,
    proven: bool,
    converting: bool,
) -> None:
    """Say what would become of each of FILES (.eml, .msg, mbox), and why. Nothing is stored."""
    asked = Asked(
        directory=directory,
        recipients=recipients,
        sender=sender,
        proven=proven,
        converting=converting,
        telling=not as_json,
    )
    unreadable = 0
    for trail in explain_files(settings_of(context), files, asked, clock.now):
        unreadable += "error" in trail
        click.echo(json.dumps(trail, ensure_ascii=False) if as_json else "\n".join(_spoken(trail)))
    context.exit(PROBLEM if unreadable else DONE)


def _spoken(trail: dict[str, Any]) -> Iterable[str]:
    """Say a trail to a person at a terminal."""
    yield f"== {trail['file']}" + (f" [{trail['index']}]" if "index" in trail else "")
    if "error" in trail:
        yield f"{problem(trail['error']).said()}."
        return
    case = trail["case"]
    yield f"sender      {trail['sender']['header_from']} ({trail['sender']['proof']})"
    if (passed_on := trail.get("forwarded")) is not None:
        yield f"            {passed_on['said']}"
    yield f"subject     {trail['subject']}"
    if (none := trail.get("not_submission")) is not None:
        kind, rule = NOT_SUBMISSIONS[none["kind"]], NOT_SUBMISSION_RULES[none["rule"]]
        yield f"set aside   no submission ({none['kind']}): {kind}. {rule}"
    if (device := trail.get("device")) is not None:
        yield f"device      by {device['rule']}; {device['contact'] or 'nobody'} hears in its place"
    yield f"case        {case['number'] or 'none'}" + (
        f", found in {case['found_in']}" if case["found_in"] else ""
    )
    for one in case["candidates"]:
        yield f"            {one['text']!r} in {one['found_in']}: {one['why']}"
    yield f"consultant  {trail['consultant']['name'] or 'unknown'} ({trail['consultant']['how']})"
    for code in trail["problems"]:
        yield f"problem     {code}: {bare_title(code)}"
    for one in trail["set_apart"]:
        yield f"set apart   {one['what']}, {one['characters']} characters: {one['begins']}"
    for one in trail["elsewhere"]:
        yield f"elsewhere   {one['n']} by {one['rule']} ({one['problem']}): {one['seen']}"
    for part in trail["parts"]:
        name = part["original_name"] or "(no name)"
        filed = f" -> {part['filed_name']}" if part["filed_name"] else ""
        why = f" ({part['reason']})" if part["reason"] else ""
        yield f"part {part['path']:<6} {part['fate']}{why}: {name}{filed}"
        yield f"            {part['why']}"
        yield from (f"            {remarks.on_name(one)}" for one in part["remarks"])
    if "not_submission" in trail:
        yield "receipt     none: nobody is told"
        return
    yield f"receipt     {trail['receipt']['subject']}"
    number = shown(NO_NUMBER)
    yield f"            ({number} stands for the number that a letter gets when it arrives)"
    yield ""
    yield from (f"    {line}" for line in trail["receipt"]["text"].splitlines())
