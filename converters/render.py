"""The handler of the rendering processes: HTML, text, images; what an engine may see; the check.

`run` is what converters.zygote calls, in a sandbox, in a process of its own for each job.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from converters import admission, check, detect, fonts, html, image, page, text
from converters.fault import EngineFailed
from converters.handed import Handed
from converters.rendition import RESULT


def run(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Do one job: {"do": "html" | "text" | "image" | "admit" | "check" | "detect", ...}.

    The first input is the file. html, text and image leave RESULT and answer {"warnings"};
    admit answers {"warnings"} and may leave a table in a form that the engine reads one way only;
    check takes the PDF as the second input, its text as a third, and answers {"pages"}; detect
    answers {"media_type", "flags"}.
    Raises a ConversionFault.
    """
    match job["do"]:
        case "html":
            images = dict(zip(job["images"], map(_content, inputs[1:]), strict=True))
            to = _to(job, folder)
            warnings = html.render(
                _content(inputs[0]), images, *to, job["heading"], job["language"]
            )
            return {"warnings": warnings}
        case "text":
            return {"warnings": text.render(_content(inputs[0]), *_to(job, folder), job["heading"])}
        case "image":
            return {"warnings": image.render(_content(inputs[0]), *_to(job, folder))}
        case "admit":
            return admission.admit(inputs[0], job["media_type"], folder)
        case "check":
            return check.check(inputs[1], inputs[0], job["media_type"], *inputs[2:])
        case "detect":
            found = detect.detect(Handed(inputs[0], folder), "", job["name"])
            return {"media_type": found.media_type, "flags": sorted(found.flags)}
    raise EngineFailed("no such job")


def warm() -> None:
    """Load fonts, patterns and tables, so that they are there before the first fork."""
    detect.warm()
    fonts.has("\u4e00")
    document = page.wrapped(html.cleaned("<p>Ab <b>c</b> <i>d</i> <tt>e</tt></p>"), "x")
    page.write(document, Path(os.devnull), sheet=html.SHEET)


def _to(job: dict[str, Any], folder: Path) -> tuple[str, Path]:
    return job["title"], folder / RESULT


def _content(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()
