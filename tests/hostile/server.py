"""The process that converts, as the server does: `python -m tests.hostile.server ORDER`.

ORDER is a JSON file: limits, folders, and the files with their types. A line of JSON is printed for
each file as it ends, one before the first with this process's number and memory, and one after the
last. Then it waits for standard input to close, so that what is left can be looked at meanwhile.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from config.media import catalogue
from config.settings import Conversion
from converters import engine
from converters.fault import ConversionFault
from converters.workshop import Source, Workshop


def main(order_file: str) -> None:
    """Convert what the order says."""
    order = json.loads(Path(order_file).read_text(encoding="utf-8"))
    limits = Conversion(**order["limits"])
    if order["driver"]:  # an engine of ours stands in for LibreOffice, and for what hands it files
        engine._PYTHON = order["driver"]
    workshop = Workshop(limits, Path(order["folder"]))
    workshop.start()
    for honest in order["honest"]:  # so that each engine has begun before anything is measured
        _convert(workshop, honest, Path(order["into"]))
    _say({"ready": _resident()})
    with ThreadPoolExecutor(limits.office_processes) as threads:
        jobs = {
            threads.submit(_convert, workshop, each, Path(order["into"])): each
            for each in order["files"]
        }
        for job in as_completed(jobs):
            error = job.exception()
            told = {"fate": f"{type(error).__name__}: {error}"} if error else job.result()
            _say({"path": jobs[job]["path"], **told})
    _say({"done": _resident()})
    sys.stdin.read()
    workshop.close()
    _say({"closed": True})


def _convert(workshop: Workshop, file: dict[str, str], into: Path) -> dict[str, Any]:
    """Say what became of a file: its fate, the jobs that it took, and the seconds."""
    path, media_type = Path(file["path"]), file["media_type"]
    room = into / path.parent.name
    room.mkdir(exist_ok=True)
    began = time.monotonic()
    told: dict[str, Any] = {"jobs": 1}
    try:
        told["detected"], _ = workshop.detect(path)
        engine = catalogue().treatment(media_type).engine
        if engine is None and media_type != "application/pdf":
            told["fate"] = "kept"
        else:
            told["jobs"] += 1
            made = workshop.convert(Source(path, media_type, title="A title"), room)
            told |= {"fate": "converted", "pages": made.pages, "warnings": made.warnings}
    except ConversionFault as fault:
        told |= {"fate": fault.code, "fault": type(fault).__name__, "detail": fault.detail}
    return {**told, "seconds": time.monotonic() - began}


def _resident() -> int:
    """Return the bytes of this process that are in memory."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
