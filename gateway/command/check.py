"""casebridge check: says what is wrong with the settings and the machine, offline."""

from __future__ import annotations

import json
from pathlib import Path

import click

from config.settings import SettingsFault, load
from gateway.command import DONE, PROBLEM
from gateway.finding import Finding
from gateway.readiness import findings


@click.command("check", short_help="Say what is wrong with settings and machine, before a start.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check settings, machine and storage before a start. Changes nothing; exit 1 for an error."""
    file = context.obj
    assert file is None or isinstance(file, Path), "the group hands on the --settings option"
    try:
        settings = load(file)
    except SettingsFault as fault:
        found = [
            Finding("error", problem, f"the settings file is {fault.file}")
            for problem in fault.problems
        ]
    else:
        found = list(findings(settings))
    for one in found:
        if as_json:
            click.echo(json.dumps({"weight": one.weight, "text": one.text, "fix": one.fix}))
        else:
            click.echo(f"{one.weight:<6}{one.text}")
            if one.fix:
                click.echo(f"      -> {one.fix}")
    errors = sum(one.weight == "error" for one in found)
    warnings = sum(one.weight == "warn" for one in found)
    if not as_json:
        click.echo(f"Errors: {errors}, warnings: {warnings}. Nothing was changed.")
    context.exit(PROBLEM if errors else DONE)
