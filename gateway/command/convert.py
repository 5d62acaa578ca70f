"""casebridge convert: files in, PDFs out, without a letter and without a record."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from config import remarks
from config.media import catalogue
from config.problems import problem
from converters import active
from converters.fault import ConversionFault
from converters.rendition import Rendition
from converters.workshop import Source, Workshop
from gateway.command import DONE, PROBLEM, say, settings_of

_MOST_STEM_BYTES = 200  # a name has 255, and a number may follow it
_CHUNK_BYTES = 1 << 20
_OWNER = "who asks"  # all the files are


@click.command("convert", short_help="Make a PDF of each file, in the sandbox.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "into",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the PDFs; nothing in it is overwritten.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(context: click.Context, files: tuple[Path, ...], into: Path, as_json: bool) -> None:
    """Make a PDF of each of FILES in a folder, in the sandbox, one on each core at once."""
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise click.BadParameter(f"{into}: {fault.strerror}", param_hint="--to") from fault
    failed = 0
    at_once = min(os.cpu_count() or 1, len(files))
    limits = settings_of(context).conversion.model_copy(
        update={"render_processes": at_once, "office_processes": at_once}
    )
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(limits, Path(folder) / "engines")
        workshop.start()
        threads = ThreadPoolExecutor(at_once)
        try:
            results = [
                threads.submit(_converted, workshop, file, Path(folder) / f"{number}")
                for number, file in enumerate(files)
            ]
            for number, result in enumerate(results, 1):
                said, made = result.result()
                if made is not None:
                    repaired = " (repaired)" if said["reason"] == "repaired" else ""
                    stem = files[number - 1].stem
                    said["pdf"] = _placed(made, f"{stem}{repaired}", into)
                    made.file.unlink()
                if sys.stderr.isatty():
                    say(f"{number} of {len(files)}: {click.format_filename(files[number - 1])}")
                failed += "error" in said or said["reason"] is not None
                click.echo(json.dumps(said) if as_json else _spoken(said))
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            workshop.close()
            threads.shutdown()
    context.exit(PROBLEM if failed else DONE)


def _converted(
    workshop: Workshop, file: Path, room: Path
) -> tuple[dict[str, Any], Rendition | None]:
    """Return what became of a file, and its PDF in a room of its own, where one was made."""
    started = time.monotonic()
    shown = os.fsencode(file).decode("utf-8", "replace")
    try:
        real = _regular(file)
    except OSError as fault:
        return {"file": shown, "error": fault.strerror or "not a regular file"}, None
    made = None
    said: dict[str, Any] = {
        "file": shown,
        "detected_type": None,
        "fate": "filed",
        "reason": None,
        "pdf": None,
        "warnings": [],
    }
    try:
        media_type, flags = workshop.detect(real)
        said |= {"detected_type": media_type, "warnings": sorted(flags & set(active.KINDS))}
        treat = catalogue().treatment(media_type).treat
        if "empty" in flags:
            said |= {"fate": "left_out", "reason": "file_empty"}
        elif treat == "refuse" or "program_name" in flags:
            said |= {"fate": "refused", "reason": "file_type_blocked"}
        elif "password" in flags:
            said |= {"fate": "held", "reason": "file_password"}
        elif "damaged" in flags:
            said["reason"] = "file_damaged"
        elif treat == "convert":
            room.mkdir()
            made = workshop.convert(Source(real, media_type), room, owner=_OWNER)
            said |= {"fate": "converted", "warnings": list(made.warnings)}
        elif "mended" in flags:
            room.mkdir()
            # Without a copy it is filed like any other: viewers find its objects again as well.
            with contextlib.suppress(ConversionFault):
                made = workshop.convert(Source(real, media_type), room)
                said["reason"] = "repaired"
    except ConversionFault as fault:
        said["reason"] = fault.code
        said["fate"] = "held" if fault.code == "file_password" else "filed"
    return said | {"seconds": round(time.monotonic() - started, 3)}, made


def _regular(file: Path) -> Path:
    """Return where a file lies: its caller's own link is followed. A pipe would never end.

    Raises OSError where it cannot be read.
    """
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError
    file.open("rb").close()
    return file.resolve(strict=True)


def _placed(made: Rendition, stem: str, into: Path) -> dict[str, Any]:
    """Copy the PDF to the first free name. A name that exists, a link too, is never written to.

    Raises click.ClickException where the folder takes no more; nothing in part stays there.
    """
    number, stem = 1, os.fsencode(stem)[:_MOST_STEM_BYTES].decode("utf-8", "ignore")
    while True:
        target = into / (f"{stem}.pdf" if number == 1 else f"{stem} ({number}).pdf")
        try:
            written = target.open("xb")
        except FileExistsError:
            number += 1
            continue
        try:
            with written, made.file.open("rb") as pdf:
                shutil.copyfileobj(pdf, written, _CHUNK_BYTES)
        except OSError as fault:
            target.unlink()
            raise click.ClickException(f"{target}: {fault.strerror}") from fault
        shown = os.fsencode(target).decode("utf-8", "replace")
        return {"path": shown, "pages": made.pages, "bytes": made.bytes}


def _spoken(result: dict[str, Any]) -> str:
    if "error" in result:
        return f"{result['file']}: {result['error']}"
    if result["pdf"] is not None:
        made = f"{result['file']} -> {result['pdf']['path']}, pages: {result['pdf']['pages']}"
        return "\n".join([made, *(f"  {_remark(one)}." for one in result["warnings"])])
    if not result["reason"]:
        return f"{result['file']}: kept as it is, without a PDF"
    # How to mend it is said to who sent a letter, and nobody sent one.
    why = problem(result["reason"]).title.format(name=Path(result["file"]).name)
    return f"{result['file']}: {result['fate']}. {why}."


def _remark(code: str) -> str:
    """Say what a PDF does not show, or what the one that came would do."""
    return remarks.on_name(code) if code in active.KINDS else remarks.on_warning(code)
