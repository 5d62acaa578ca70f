"""Process 1 of a warm engine's sandbox: it starts LibreOffice once and hands it file after file.

`/usr/bin/python3 -m converters.office_driver DESCRIPTOR KIND,… PROGRAM…` talks with
converters.engine over a Unix socket, and with LibreOffice over a pipe in the sandbox's own /tmp. It
runs in the Python that Debian's python3-uno is made for: it imports that, the standard library and
converters.frame alone. What it answers is not trusted: the file that LibreOffice works on may have
taken over both.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import uno
import unohelper
from com.sun.star.awt import XCallback
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException
from com.sun.star.uno import Exception as UnoException

from converters import frame

_PIPE = "pipe,name=casebridge;urp;"
_JOB_FOLDER = Path("/job")
_KINDS = {
    "swriter": ("MS Word 2007 XML", "writer_pdf_Export"),
    "scalc": ("Calc MS Excel 2007 XML", "calc_pdf_Export"),
    "simpress": ("Impress MS PowerPoint 2007 XML", "impress_pdf_Export"),
}
_NEVER_EXECUTE = 0  # com.sun.star.document.MacroExecMode
_NO_UPDATE = 0  # com.sun.star.document.UpdateDocMode
_LEAST_READ, _SMALLEST = 40, 10  # percent
_MOST_ROWS = 100_000
_LOOK_SECONDS = 0.01
_END_SECONDS = 5


class Left(Exception):
    """A document did not close: what comes next would meet it."""


def main(arguments: list[str]) -> None:
    """Serve jobs until the other end of the socket closes, or LibreOffice ends."""
    descriptor, kinds, *program = arguments
    control = socket.socket(fileno=int(descriptor))
    # What it says of file after file would fill the pipe of standard error, which nobody empties.
    office = subprocess.Popen(
        [*program, f"--accept={_PIPE}"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    there = _connected(office)
    if there is None:
        _send(control, {"broke": _end_of(office)})
        return
    desktop = _made(there, "com.sun.star.frame.Desktop")
    loop = _made(there, "com.sun.star.awt.AsyncCallback")
    for kind in kinds.split(","):
        _in_main(loop, office, partial(_warm, desktop, kind, *_KINDS[kind]))
    _send(control, {"ready": True})
    while True:
        try:
            job = json.loads(frame.receive(control))
        except frame.Ended:
            return
        try:
            _in_main(loop, office, partial(_convert, desktop, job))
        except DisposedException:
            _send(control, _ended(office))
            return
        except (UnoException, Left) as fault:
            alive = office.poll() is None
            _send(control, {"broke": type(fault).__name__} if alive else _ended(office))
            return  # whatever is left of it, nothing more is done here
        _send(control, {"answer": {}})


def _connected(office: subprocess.Popen[bytes]) -> Any:
    """Return LibreOffice's context once it listens; None where it ended before."""
    resolver = _made(uno.getComponentContext(), "com.sun.star.bridge.UnoUrlResolver")
    while office.poll() is None:
        try:
            return resolver.resolve(f"uno:{_PIPE}StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(_LOOK_SECONDS)
    return None


def _made(context: Any, service: str) -> Any:
    return context.ServiceManager.createInstanceWithContext(service, context)


class _Callback(unohelper.Base, XCallback):
    """Does a piece of work when LibreOffice's main thread calls it, and keeps how it ended."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self.fault: BaseException | None = None
        self.done = threading.Event()

    def notify(self, _data: object) -> None:
        try:
            self._work()
        except BaseException as fault:  # noqa: BLE001 -- raised again where it was asked for
            self.fault = fault
        self.done.set()


def _in_main(loop: Any, office: subprocess.Popen[bytes], work: Callable[[], None]) -> None:
    """Do a piece of work in LibreOffice's main thread, as `soffice --convert-to` does.

    What is called from the callback runs in the thread that called it. From any other thread the
    main one comes round to a document in between, and begins to build what belongs to its window:
    for one with comments LibreOffice without a desktop lacks the parts, and aborts.
    """
    callback = _Callback(work)
    loop.addCallback(callback, None)
    while not callback.done.wait(_LOOK_SECONDS):
        if office.poll() is not None:
            raise DisposedException
    if callback.fault is not None:
        raise callback.fault


def _warm(desktop: Any, kind: str, stored: str, export: str) -> None:
    """Make, write, read and print an empty document, so that no stranger's is the first one.

    What LibreOffice makes at a first document (libraries, fonts, folders, keys) is there then.
    """
    file = _JOB_FOLDER / "empty"
    document = desktop.loadComponentFromURL(
        f"private:factory/{kind}", "_blank", 0, _values({"Hidden": True})
    )
    document.storeToURL(file.as_uri(), _values({"FilterName": stored}))
    document.close(True)
    target = _JOB_FOLDER / "empty.pdf"
    written = {"source": file.as_uri(), "target": target.as_uri()}
    _convert(desktop, {**written, "filter": export, "options": {}, "grown": False})
    file.unlink()
    target.unlink()


def _convert(desktop: Any, job: dict[str, Any]) -> None:
    """Write the PDF of a file. Nobody is asked anything: what needs a password does not open."""
    document = desktop.loadComponentFromURL(
        job["source"],
        "_blank",
        0,
        _values(
            {
                "Hidden": True,
                # A copy without a name: what is open for reading alone cannot be changed.
                ("AsTemplate" if job["grown"] else "ReadOnly"): True,
                "MacroExecutionMode": _NEVER_EXECUTE,
                "UpdateDocMode": _NO_UPDATE,
            }
        ),
    )
    if document is None:
        raise UnoException("not opened")
    options = uno.Any("[]com.sun.star.beans.PropertyValue", _values(job["options"]))
    try:
        if job["grown"]:
            _grow(document)
        document.storeToURL(
            job["target"], _values({"FilterName": job["filter"], "FilterData": options})
        )
    finally:
        document.close(True)
    if desktop.getComponents().hasElements():
        raise Left


def _grow(document: Any) -> None:
    """Let rows be as high as what their cells say: a text ends where the next cell holds something.

    A text that runs on over empty cells is left as it is; so that no page ends within it, columns
    are made to fit on a page, or each where all are too small to read there.
    """
    for sheet in document.getSheets():
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(True)
        used = sheet.getCellRangeByPosition(
            0, 0, cursor.RangeAddress.EndColumn, min(cursor.RangeAddress.EndRow, _MOST_ROWS)
        )
        for column, run in _cut(used.getDataArray()):
            part = used.getCellRangeByPosition(column, run.start, column, run.stop - 1)
            part.IsTextWrapped = True
        used.getRows().OptimalHeight = True
        style = document.getStyleFamilies().getByName("PageStyles").getByName(sheet.PageStyle)
        if not (style.ScaleToPagesX or style.ScaleToPagesY or style.ScaleToPages):
            style.PageScale = min(style.PageScale, _percent(used, style))


def _percent(used: Any, style: Any) -> int:
    """Return how large a sheet prints on the width of its page: what LibreOffice has to fit on one
    ("ScaleToPagesX") is cut off all the same where a column is wider than that.
    """
    paper = max(1, style.Width - style.LeftMargin - style.RightMargin)
    columns = used.getColumns()
    widest = max(columns.getByIndex(each).Width for each in range(columns.getCount()))
    whole = 99 * paper // max(1, used.Size.Width)
    scale = whole if whole >= _LEAST_READ else 99 * paper // max(1, widest)
    return max(_SMALLEST, int(scale))


def _cut(rows: tuple[tuple[object, ...], ...]) -> Iterator[tuple[int, range]]:
    """Give the columns and rows of texts with something beside them."""
    for column in range(len(rows[0]) - 1):
        start = None
        for number, row in enumerate((*rows, ("",) * len(rows[0]))):
            is_cut = isinstance(row[column], str) and row[column] != "" and row[column + 1] != ""
            if is_cut and start is None:
                start = number
            elif not is_cut and start is not None:
                yield column, range(start, number)
                start = None


def _values(values: dict[str, Any]) -> tuple[PropertyValue, ...]:
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def _ended(office: subprocess.Popen[bytes]) -> dict[str, Any]:
    said = _end_of(office)
    code = office.returncode
    return {"signal": -code} if code is not None and code < 0 else {"broke": said}


def _end_of(office: subprocess.Popen[bytes]) -> str:
    try:
        return f"LibreOffice ended with {office.wait(_END_SECONDS)}"
    except subprocess.TimeoutExpired:
        return "LibreOffice does not answer"


def _send(control: socket.socket, answer: dict[str, Any]) -> None:
    frame.send(control, json.dumps(answer).encode("ascii"))


if __name__ == "__main__":
    main(sys.argv[1:])
