"""The handler of the rendering processes: HTML, text, images; what an engine may see; the check.

`run` is what converters.zygote calls, in a sandbox, in a process of its own for each job.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from converters import (
    admission,
    array_types,
    binding,
    bundle,
    card,
    check,
    detect,
    drawing,
    fonts,
    html,
    image,
    markdown,
    mend,
    page,
    second_look,
    section,
    sheets,
    text,
    thumbnail,
    unlock,
)
from converters.fault import EngineFailed
from converters.handed import Handed
from converters.rendition import COPY, RESULT, THUMBNAIL

_OF_SEVERAL_TYPES = {"card": card.render, "bundle": bundle.render}
_OF_ONE_TYPE = {"image": image.render, "drawing": drawing.render, "markdown": markdown.render}
_ENGINES = frozenset({"html", "text"} | _OF_SEVERAL_TYPES.keys() | _OF_ONE_TYPE.keys())


def run(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Do one job: {"do": an engine of the catalogue, "mend", "unlock", "unlock_office",
    "thumbnail", "admit", "check", "detect", or what makes a binder, ...}.

    The first input is the file. The engines, mend and unlock leave RESULT, unlock_office COPY and
    thumbnail THUMBNAIL, and they answer {"warnings"}; admit answers {"warnings"} and may leave a
    table in a form that the engine reads one way only; check takes the PDF as the second input, its
    text as a third, and answers {"pages", "compared", "pictures_missing", "nothing"}; detect
    answers {"media_type", "flags"}.
    Raises a ConversionFault.
    """
    match job["do"]:
        case engine if engine in _ENGINES:
            return {"warnings": _rendered(job, inputs, folder / RESULT)}
        case "mend" | "unlock" | "unlock_office" | "thumbnail":
            _copy(job, inputs[0], folder)
            return {"warnings": []}
        case "admit":
            return admission.admit(inputs[0], job["media_type"], folder)
        case "check":
            return check.check(inputs[1], inputs[0], job["media_type"], *inputs[2:])
        case "detect":
            found = detect.detect(Handed(inputs[0], folder), "", job["name"])
            return {"media_type": found.media_type, "flags": sorted(found.flags)}
    return _of_a_binder(job, [Handed(one, folder) for one in inputs])


def _of_a_binder(job: dict[str, Any], inputs: list[Handed]) -> dict[str, Any]:
    """Do one of the jobs that make a binder: see converters.bindery, which asks for them."""
    match job["do"]:
        case "front":
            return sheets.front(inputs[0])
        case "sheets":
            return sheets.each(inputs[0])
        case "look":
            return section.look(inputs[0])
        case "section":
            return section.write(*inputs, first=job["first"], of=job["of"], ours=job["ours"])
        case "look_again":
            second_look.look(inputs[0])
            return section.rehearse(inputs[0])
        case "bind":
            return binding.bind(*inputs)
    raise EngineFailed("no such job")


def _copy(job: dict[str, Any], source: int, folder: Path) -> None:
    match job["do"]:
        case "mend":
            mend.write(source, folder / RESULT)
        case "unlock":
            unlock.write(source, job["password"], folder / RESULT)
        case "unlock_office":
            unlock.write_office(source, job["password"], folder / COPY)
        case "thumbnail":
            thumbnail.write(source, job["page"], folder / THUMBNAIL)


def _rendered(job: dict[str, Any], inputs: list[int], target: Path) -> list[str]:
    content, title, engine = _content(inputs[0]), job["title"], job["do"]
    if engine == "html":
        images = dict(zip(job["images"], map(_content, inputs[1:]), strict=True))
        return html.render(content, images, title, target, job["heading"], job["language"])
    if engine == "text":
        return text.render(content, title, target, job["heading"])
    if engine in _OF_SEVERAL_TYPES:
        return _OF_SEVERAL_TYPES[engine](content, job["media_type"], title, target)
    return _OF_ONE_TYPE[engine](content, title, target)


def warm() -> None:
    """Load fonts, patterns and tables, so that they are there before the first fork."""
    detect.warm()
    thumbnail.warm()
    array_types.warm()
    fonts.has("\u4e00")
    document = page.wrapped(html.cleaned("<p>Ab <b>c</b> <i>d</i> <tt>e</tt></p>"), "x")
    page.write(document, Path(os.devnull), sheet=html.SHEET)


def _content(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()
