"""Binders without a sandbox, of odd PDFs made here: for tests of what is bound, and how."""

from __future__ import annotations

import html
import io
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from converters import render
from converters.binder_plan import Seen, Standing
from converters.bindery import Bindery, Bound
from converters.workshop import Workshop


@dataclass
class InProcess:
    """Runs the jobs of converters.render here: only for files of our own."""

    jobs: list[str] = field(default_factory=list)

    def job(self, job: dict[str, Any], files: Sequence[Path], into: Path) -> dict[str, Any]:
        """Run one, as Workshop does."""
        self.jobs.append(job["do"])
        with ExitStack() as opened:
            inputs = []
            for file in files:
                inputs.append(os.open(file, os.O_RDONLY))
                opened.callback(os.close, inputs[-1])
            return render.run(job, inputs, into)


@dataclass
class PlainWords:
    """A cover, contents and sheets that say no more than they must."""

    names: Sequence[str]
    title: str = "Package 7KQ4-M2XD"
    standings: list[Sequence[Standing]] = field(default_factory=list)

    def front(self, documents: Sequence[Standing], pages: int) -> str:
        self.standings.append(documents)
        rows = "".join(
            f'<p><a href="#document-{at}">{html.escape(name)}</a> {one.page}</p>'
            for at, (name, one) in enumerate(zip(self.names, documents, strict=True), 1)
        )
        places = "".join(f'<a id="document-{at}"></a>' for at in range(1, len(documents) + 1))
        return (
            f'<html lang="en"><title>{self.title}</title><body><h1 id="cover">Cover of {pages}</h1>'
            f'<h1 id="contents" style="break-before: page">Contents</h1>{rows}{places}'
        )

    def sheet(self, document: int, seen: Seen | None) -> str:
        said = "absent" if seen is None else f"{seen.pages} pages, signed: {seen.is_signed}"
        return (
            f'<html lang="en"><title>{self.title}</title><body><h1>Sheet {document + 1}</h1>'
            f'<p>{said}</p><a href="#contents">Back</a><a id="contents"></a>'
        )


class TakenOver(InProcess):
    """Has the jobs on a document that says `taken over` end as `hostile` makes them.

    So it would be if a stranger's file were stronger than the library that opens it. `hostile` is
    given the job, the answer, and the folder with what is left.
    """

    def __init__(self, hostile: Callable[[dict[str, Any], dict[str, Any], Path], None]) -> None:
        super().__init__()
        self._hostile = hostile

    def job(self, job: dict[str, Any], files: Sequence[Path], into: Path) -> dict[str, Any]:
        """Run one."""
        answer = super().job(job, files, into)
        if job["do"] in {"look", "section"} and b"taken over" in files[0].read_bytes():
            self._hostile(job, answer, into)
        return answer


def bound(
    folder: Path,
    documents: Sequence[bytes | None],
    *,
    most_pages: int = 10_000,
    most_bytes: int = 1 << 30,
    workshop: InProcess | None = None,
) -> tuple[Bound, PlainWords]:
    """Bind documents in a folder, and return what was made and said."""
    room = folder / "room"
    room.mkdir()
    files: list[Path | None] = []
    for at, content in enumerate(documents):
        file = folder / f"{at}.pdf"
        file.write_bytes(content or b"")
        files.append(None if content is None else file)
    words = PlainWords([f"document {at + 1}.pdf" for at in range(len(documents))])
    bindery = Bindery(
        cast("Workshop", workshop or InProcess()), room, lambda _: None, most_pages, most_bytes
    )
    return bindery.bind(words, files), words


@dataclass
class Odd:
    """A PDF that is being made, whose pages say what they are."""

    pdf: pikepdf.Pdf = field(default_factory=pikepdf.new)

    def page(self, words: str, drawn: bytes = b"", **more: Any) -> pikepdf.Object:
        """Add a page that shows words, and return it."""
        page = self.pdf.add_blank_page(page_size=(400, 600)).obj
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.Resources = Dictionary(Font=Dictionary(F1=font))
        shown = f"BT /F1 14 Tf 40 300 Td ({words}) Tj ET".encode()
        page.Contents = self.pdf.make_stream(drawn + shown)
        for key, value in more.items():
            page[f"/{key}"] = value
        return page

    def made(self, **how: Any) -> bytes:
        """Return its bytes."""
        target = io.BytesIO()
        self.pdf.save(target, **how)
        return target.getvalue()


def simple(words: str, pages: int = 1) -> bytes:
    """Return a PDF of so many pages: "words 1", "words 2"."""
    odd = Odd()
    for number in range(1, pages + 1):
        odd.page(f"{words} {number}")
    return odd.made()


def taken_over() -> bytes:
    """Return a PDF of a page that TakenOver knows."""
    odd = Odd()
    odd.page("taken over")
    return odd.made(compress_streams=False)


def link(**more: Any) -> Dictionary:
    """Return a link over the middle of a page."""
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([40, 290, 200, 320]), **more)


def script(words: str = "app.alert(1)") -> Dictionary:
    """Return an action that runs a script."""
    return Dictionary(S=Name.JavaScript, JS=String(words))
