"""The bindery: documents, with sheets of our own before them, become one PDF in the sandbox.

Nothing of a document is opened here: its pages are counted, made inert and numbered in a process
of its own, and what comes out is joined in another one.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from converters import binder_files
from converters.binder_plan import Plan, Seen, Words
from converters.fault import ConversionFault, EngineFailed
from converters.rendition import RESULT
from converters.workshop import Workshop

_CHUNK: Final = 1 << 20
_MOST_LAYOUTS: Final = 4
_MOST_ROUNDS: Final = 4  # of making every section: who breaks anew each time is none to wait for


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

    `step` is told how many of the documents are done, again from 0 where some of them broke; what
    it raises ends the work.
    """

    workshop: Workshop
    folder: Path
    step: Callable[[int], None]
    most_pages: int  # of the whole
    most_bytes: int  # of all sections: a document beyond it is one that cannot be shown

    def bind(self, words: Words, documents: Sequence[Path | None]) -> Bound:
        """Make the whole of documents; where there is no file there is the sheet alone.

        A document that cannot be shown has its sheet in its place. Raises TooManyPages,
        EngineFailed, JobStopped, SandboxMissing.
        """
        seen = [None if one is None else self._look(one) for one in documents]
        for _ in range(_MOST_ROUNDS):
            plan = self._plan(words, seen)
            sections, broken = self._sections(plan, documents)
            if not broken:
                return self._bound(plan, sections)
            # Every number behind one of them is another one.
            seen = [None if at in broken else one for at, one in enumerate(seen)]
        raise EngineFailed("other documents that break each time")

    def _bound(self, plan: Plan, sections: Sequence[Mapping[str, Any]]) -> Bound:
        said = {"title": plan.words.title, "language": "en", "sections": sections}
        facts = self._written("facts.json", json.dumps(said))
        made = self._ask({"do": "bind"}, self._joined, facts, leaves={RESULT})
        with _believed():
            pages = int(made["pages"])
        if pages != plan.of:
            raise EngineFailed("pages went missing")
        file = self.folder / RESULT
        left_out = frozenset(at for at, one in enumerate(plan.seen) if one is None)
        return Bound(file, pages, file.stat().st_size, left_out)

    @property
    def _joined(self) -> Path:
        return self.folder / "sections"

    def _look(self, document: Path) -> Seen | None:
        try:
            said = self._ask({"do": "look"}, document, leaves=())
            with _believed():
                seen = Seen(int(said["pages"]), bool(said["is_signed"]))
                if seen.pages < 1:
                    raise ValueError("no pages")
                return seen
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
        numbers = range(len(seen) + 1)  # 0 is the whole's
        leaves = {
            binder_files.FIGURES,
            *map(binder_files.label, numbers),
            *map(binder_files.sheet, numbers[1:]),
        }
        pages = self._ask({"do": "sheets"}, source, leaves=leaves)["pages"]
        plan = Plan(words, seen, pages, front=2, names={})
        for _ in range(_MOST_LAYOUTS):
            if plan.of > self.most_pages:
                raise TooManyPages(plan.of)
            source = self._written("front.html", words.front(plan.standings, plan.of))
            made = self._ask({"do": "front"}, source, leaves={binder_files.FRONT})
            if made["pages"] == plan.front:
                return replace(plan, names=made["names"])
            plan = replace(plan, front=made["pages"])
        raise EngineFailed("contents that are never as long as they say")

    def _sections(
        self, plan: Plan, documents: Sequence[Path | None]
    ) -> tuple[list[dict[str, Any]], set[int]]:
        """Make every section, and put them into one file.

        Return what there is to say of each, and the documents that broke.
        """
        self._joined.write_bytes(b"")
        made, broken = [self._front(plan)], set()
        for at, (document, standing) in enumerate(zip(documents, plan.standings, strict=True)):
            self.step(at)
            number = at + 1
            made.append(self._sheet(plan, number, standing.page))
            if document is not None and standing.seen is not None:
                first = standing.page + plan.sheets[at]
                try:
                    made.append(self._document(plan, document, number, first, standing.seen))
                except ConversionFault:
                    broken.add(at)
        self.step(len(documents))
        return made, broken

    def _front(self, plan: Plan) -> dict[str, Any]:
        lines = [[0, name.capitalize(), page] for name, page in plan.names.items()]
        self._write(plan, self.folder / binder_files.FRONT, 0, 1, ours=True)
        return self._joined_as(plan.words.title, plan.names, lines)

    def _sheet(self, plan: Plan, number: int, page: int) -> dict[str, Any]:
        name = plan.words.names[number - 1]
        self._write(plan, self.folder / binder_files.sheet(number), number, page, ours=True)
        line = [0, _numbered(number, name), 0]
        return self._joined_as(name, {f"document-{number}": 0}, [line])

    def _document(
        self, plan: Plan, file: Path, number: int, first: int, seen: Seen
    ) -> dict[str, Any]:
        made = self._write(plan, file, number, first, ours=False)
        with _believed():
            lines = _below(made["bookmarks"], seen.pages)
        # By a process that the document was never opened in.
        again = self._ask({"do": "look_again"}, self.folder / binder_files.SECTION, leaves=())
        if again.get("pages") != seen.pages:
            raise EngineFailed("a section of other pages")
        return self._joined_as(plan.words.names[number - 1], {}, lines)

    def _write(
        self, plan: Plan, file: Path, number: int, first: int, *, ours: bool
    ) -> dict[str, Any]:
        """Have SECTION written of a file, and return the answer."""
        files = (file, self.folder / binder_files.label(number), self.folder / binder_files.FIGURES)
        job = {"do": "section", "first": first, "of": plan.of, "ours": ours}
        return self._ask(job, *files, leaves={binder_files.SECTION})

    def _joined_as(
        self, title: str, names: Mapping[str, int], lines: list[list[Any]]
    ) -> dict[str, Any]:
        """Put SECTION behind the others, and say what `binding` has to know of it."""
        size = self._join(self.folder / binder_files.SECTION)
        return {"bytes": size, "title": title, "names": names, "bookmarks": lines}

    def _join(self, section: Path) -> int:
        """Put a section behind the others, and remove it. Return its size."""
        size = section.stat().st_size
        if self._joined.stat().st_size + size > self.most_bytes:
            raise EngineFailed("a section beyond the bytes of the whole")
        with section.open("rb") as source, self._joined.open("ab") as joined:
            shutil.copyfileobj(source, joined, _CHUNK)
        section.unlink()
        return size

    def _written(self, name: str, content: str) -> Path:
        file = self.folder / name
        file.write_text(content, encoding="utf-8")
        return file

    def _ask(self, job: Mapping[str, Any], *files: Path, leaves: Collection[str]) -> dict[str, Any]:
        """Run a job that `leaves` these files and no other; what an earlier one left is replaced.

        A job that a stranger's file has broken may name what it leaves as it likes.
        """
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            room = Path(name)
            answer = self.workshop.job(dict(job), files, room)
            if {file.name for file in room.iterdir()} != set(leaves):
                raise EngineFailed("a job left other files than it makes")
            for each in leaves:
                (room / each).rename(self.folder / each)
        return answer


def _below(said: Sequence[Sequence[Any]], pages: int) -> list[list[Any]]:
    """Return the bookmarks of a document of so many pages, beneath its own. Raises ValueError."""
    found = [(int(depth), str(title), int(page)) for depth, title, page in said]
    if len(found) > binder_files.MOST_BOOKMARKS:
        raise ValueError("more bookmarks than are read")
    for depth, _, page in found:
        if not (0 <= depth < binder_files.DEEPEST_BOOKMARK and 0 <= page < pages):
            raise ValueError("a bookmark that leads nowhere")
    return [[depth + 1, title, page] for depth, title, page in found]


@contextlib.contextmanager
def _believed() -> Iterator[None]:
    """Raise EngineFailed where a job that a file has broken answers what no honest one does."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise EngineFailed(f"an answer: {type(error).__name__}") from error


def _numbered(number: int, name: str) -> str:
    return f"{number}. {name}"
