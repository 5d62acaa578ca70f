"""The bindery: documents, with sheets of our own before them, become one PDF in the sandbox.

Nothing of a document is opened here: its pages are counted, made inert and numbered in a process
of its own, and what comes out is joined in another one.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from converters import sheets
from converters.binder_plan import Plan, Seen, Words
from converters.fault import ConversionFault, EngineFailed
from converters.rendition import RESULT
from converters.section import SECTION
from converters.workshop import Workshop

_CHUNK: Final = 1 << 20
_MOST_LAYOUTS: Final = 4


class TooManyPages(Exception):
    """There are more pages than one PDF may have here. `pages` says how many."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.pages = pages


@dataclass(frozen=True)
class Bound:
    """The whole."""

    file: Path
    pages: int
    bytes: int
    left_out: frozenset[int]  # the documents that have a sheet in their place


@dataclass(frozen=True)
class Bindery:
    """Makes one PDF in an empty folder, which belongs to it alone.

    `step` is told how many of the documents are done, again from 0 where one of them broke; what it
    raises ends the work.
    """

    workshop: Workshop
    folder: Path
    step: Callable[[int], None]
    most_pages: int  # of the whole

    def bind(self, words: Words, documents: Sequence[Path | None]) -> Bound:
        """Make the whole of documents; where there is no file there is the sheet alone.

        A document that cannot be shown has its sheet in its place. Raises TooManyPages,
        EngineFailed, JobStopped, SandboxMissing.
        """
        seen = [None if one is None else self._look(one) for one in documents]
        while True:
            plan = self._plan(words, seen)
            broken = self._sections(plan, documents)
            if broken is None:
                break
            seen[broken] = None  # and every number behind it is another one
        facts = self.folder / "facts.json"
        facts.write_text(json.dumps(plan.facts))
        made = self._ask({"do": "bind"}, self._joined, facts)
        if made["pages"] != plan.of:
            raise EngineFailed("pages went missing")
        file = self.folder / RESULT
        left_out = frozenset(at for at, one in enumerate(seen) if one is None)
        return Bound(file, plan.of, file.stat().st_size, left_out)

    @property
    def _joined(self) -> Path:
        return self.folder / "sections"

    def _look(self, document: Path) -> Seen | None:
        try:
            said = self._ask({"do": "look"}, document)
            with _believed():
                return Seen(int(said["pages"]), bool(said["is_signed"]))
        except ConversionFault:
            return None

    def _plan(self, words: Words, seen: Sequence[Seen | None]) -> Plan:
        """Lay out our own pages: the contents name numbers that their own length decides."""
        said = {
            "title": words.title,
            "sheets": [words.sheet(at, one) for at, one in enumerate(seen)],
            "names": [words.title, *(_numbered(*one) for one in enumerate(words.names, 1))],
        }
        source = self._written("sheets.json", json.dumps(said))
        pages = self._ask({"do": "sheets"}, source)["pages"]
        plan = Plan(words, seen, pages, front=2, names={})
        for _ in range(_MOST_LAYOUTS):
            if plan.of > self.most_pages:
                raise TooManyPages(plan.of)
            source = self._written("front.html", words.front(plan.standings, plan.of))
            made = self._ask({"do": "front"}, source)
            if made["pages"] == plan.front:
                return replace(plan, names=made["names"])
            plan = replace(plan, front=made["pages"])
        raise EngineFailed("contents that are never as long as they say")

    def _sections(self, plan: Plan, documents: Sequence[Path | None]) -> int | None:
        """Make every section, and put them into one file. Return a document that broke, if any."""
        self._joined.write_bytes(b"")
        plan.facts["sections"].clear()
        front = [[0, name.capitalize(), page] for name, page in plan.names.items()]
        self._section(plan, self.folder / sheets.FRONT, 0, 1, plan.names, front)
        for at, (document, standing) in enumerate(zip(documents, plan.standings, strict=True)):
            self.step(at)
            number, name = at + 1, plan.words.names[at]
            before = self.folder / sheets.sheet(number)
            names = {f"document-{number}": 0}
            mark = [[0, _numbered(number, name), 0]]
            self._section(plan, before, number, standing.page, names, mark)
            if document is not None and standing.seen is not None:
                first = standing.page + plan.sheets[at]
                try:
                    self._section(plan, document, number, first, {}, [])
                except ConversionFault:
                    return at
        self.step(len(documents))
        return None

    def _section(
        self,
        plan: Plan,
        file: Path,
        number: int,
        first: int,
        names: Mapping[str, int],
        bookmarks: list[list[Any]],
    ) -> None:
        files = (file, self.folder / sheets.label(number), self.folder / sheets.FIGURES)
        job = {"do": "section", "first": first, "of": plan.of, "ours": bool(bookmarks)}
        made = self._ask(job, *files)
        with _believed():
            below = [[int(one[0]) + 1, str(one[1]), int(one[2])] for one in made["bookmarks"]]
            size = self._join(self.folder / SECTION)
        plan.facts["sections"].append(
            {
                "bytes": size,
                "title": ("", *plan.words.names)[number] or plan.words.title,
                "names": names,
                "bookmarks": bookmarks or below,
            }
        )

    def _join(self, section: Path) -> int:
        """Put a section behind the others, and remove it. Return its size."""
        with section.open("rb") as source, self._joined.open("ab") as joined:
            begin = joined.tell()
            shutil.copyfileobj(source, joined, _CHUNK)
            section.unlink()
            return joined.tell() - begin

    def _written(self, name: str, content: str) -> Path:
        file = self.folder / name
        file.write_text(content, encoding="utf-8")
        return file

    def _ask(self, job: Mapping[str, Any], *files: Path) -> dict[str, Any]:
        """Run a job; what an earlier one of its kind left is replaced."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            room = Path(name)
            answer = self.workshop.job(dict(job), files, room)
            for file in room.iterdir():
                file.rename(self.folder / file.name)
        return answer


@contextlib.contextmanager
def _believed() -> Iterator[None]:
    """Raise EngineFailed where a job that a file has broken answers what no honest one does."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, FileNotFoundError) as error:
        raise EngineFailed(f"an answer: {type(error).__name__}") from error


def _numbered(number: int, name: str) -> str:
    return f"{number}. {name}"
