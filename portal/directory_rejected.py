"""The rejected lines of an import as a file, written as they are found: there may be many."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from portal.directory_report import Rejected


@contextlib.contextmanager
def written_to(file: Path) -> Iterator[Callable[[Rejected], None]]:
    """Open a file, and hand out what writes a rejected line to it. Raises OSError.

    CSV where its name ends in `.csv`; else one JSON object a line.
    """
    with file.open("w", encoding="utf-8", newline="") as stream:
        if file.suffix.lower() == ".csv":
            table = csv.writer(stream)
            table.writerow(field.name for field in dataclasses.fields(Rejected))

            def write(one: Rejected) -> None:
                table.writerow(dataclasses.astuple(one))

        else:

            def write(one: Rejected) -> None:
                stream.write(json.dumps(dataclasses.asdict(one), ensure_ascii=False) + "\n")

        yield write
