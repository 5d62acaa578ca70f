"""Reading: the documents of every mail of the corpus, as our reader and as others find them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter

from bench.disagreement import Ours, Why, why
from bench.readers import others
from bench.rounds import Figure, NotMeasured
from config.settings import Reading
from gateway.mailbox import split
from gateway.reader import job

_TABLE = Path("var/reading.tsv")
_SMALL_BYTES = 1 << 20
_MOST_SECONDS = 2.0
_MOST_UNREADABLE = 0.02


@dataclass(frozen=True)
class Disagreement:
    """A part that another reader has and ours has not, byte for byte."""

    file: str
    reader: str
    part: int
    name: str
    media_type: str
    size: int
    why: Why


@dataclass
class Compared:
    """What came out over a whole corpus."""

    messages: int = 0
    found: Counter[str] = field(default_factory=Counter)  # parts, by reader
    gave_up: Counter[str] = field(default_factory=Counter)  # messages, by reader
    unreadable: dict[str, str] = field(default_factory=dict)  # why, by file
    disagreements: list[Disagreement] = field(default_factory=list)
    slowest: float = 0.0  # seconds that a message of at most 1 MiB took
    slowest_file: str = ""

    @property
    def missing(self) -> list[Disagreement]:
        """What is not in our reading, with nothing to say why and nothing that flags it."""
        return [one for one in self.disagreements if one.why is Why.UNEXPLAINED]


def compare(corpus: Path, *, every: int = 1) -> Compared:
    """Compare our reading of mails with the others': of each `every`th. Raises NotMeasured."""
    job.warm()
    compared = Compared()
    with others() as readers, tempfile.TemporaryDirectory() as scratch:
        for name, file in islice(_messages(corpus, Path(scratch)), None, None, every):
            compared.messages += 1
            raw = file.read_bytes()
            begun = perf_counter()
            ours = _ours(raw)
            seconds = perf_counter() - begun
            if len(raw) <= _SMALL_BYTES and seconds > compared.slowest:
                compared.slowest, compared.slowest_file = seconds, name
            if ours.stopped is not None:
                compared.unreadable[name] = ours.stopped
            for reader, read in readers.items():
                found = read(file)
                if found is None:
                    compared.gave_up[reader] += 1
                    continue
                compared.found[reader] += len(found)
                for number, one in enumerate(found, 1):
                    if not one.data.strip():
                        continue  # nobody loses an empty one
                    if hashlib.sha256(one.data).hexdigest() in ours.sha256:
                        continue
                    reason = why(one, ours, _ours)
                    kind = one.media_type.partition(";")[0].split()
                    compared.disagreements.append(
                        Disagreement(
                            name,
                            reader,
                            number,
                            one.name,
                            kind[0] if kind else "",
                            len(one.data),
                            reason,
                        )
                    )
    return compared


def _messages(corpus: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted((corpus / "mail").iterdir()):
        yield file.name, file
    for file in sorted((corpus / "mbox").iterdir()):
        with file.open("rb") as stream:
            for number, copy in enumerate(split(stream, scratch), 1):
                yield f"{file.name}:{number}", copy
                copy.unlink()


def _ours(raw: bytes) -> Ours:
    """Read a message as the road does, without the sandbox around it."""
    limits = Reading()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        message = folder / "message"
        message.write_bytes(raw)
        (folder / "out").mkdir()
        with message.open("rb") as stream:
            answer = job.run(
                {
                    "max_parts": limits.max_parts,
                    "max_depth": limits.max_depth,
                    "max_header_bytes": limits.max_header_bytes,
                },
                [stream.fileno()],
                folder / "out",
            )
        parts = answer.get("parts", [])
        return Ours(
            raw=raw,
            parts=[(folder / "out" / part["file"]).read_bytes() for part in parts if part["file"]],
            sha256=frozenset(part["sha256"] for part in parts),
            is_flagged=answer.get("ambiguous", False)
            or any("ambiguous" in part["flags"] for part in parts),
            stopped=answer.get("stopped"),
        )


def corpus() -> list[Figure]:
    """Every mail of the corpus read by us and by five others; documents compared by SHA-256."""
    folder = os.environ.get("CASEBRIDGE_CORPUS")
    if not folder:
        raise NotMeasured("CASEBRIDGE_CORPUS is not set")
    compared = compare(Path(folder))
    _print(compared)
    _write_table(compared)
    return [
        Figure("documents silently missing", len(compared.missing), "", 0, at_least=False),
        Figure(
            "messages that cannot be taken apart",
            100 * len(compared.unreadable) / compared.messages,
            "%",
            100 * _MOST_UNREADABLE,
            at_least=False,
        ),
        Figure(
            "slowest message of at most 1 MiB",
            compared.slowest,
            "s",
            _MOST_SECONDS,
            at_least=False,
        ),
    ]


def _print(compared: Compared) -> None:
    print(f"{compared.messages} messages; parts found, messages given up")
    for reader, count in compared.found.items():
        print(f"  {reader:20}{count:6}{compared.gave_up[reader]:6}")
    print("cannot be taken apart:")
    for file, stopped in compared.unreadable.items():
        print(f"  {stopped:20}{file}")
    print(f"slowest: {compared.slowest:.2f} s, {compared.slowest_file}")
    counted = Counter(one.why for one in compared.disagreements)
    print("parts of theirs that are not ours byte for byte")
    for reason, count in counted.most_common():
        print(f"  {count:5}  {reason.what}; right: {reason.right}")
    for one in compared.missing:
        print(f"  UNEXPLAINED {one.file} {one.reader} {one.part} {one.media_type} {one.size}")


def _write_table(compared: Compared) -> None:
    _TABLE.parent.mkdir(parents=True, exist_ok=True)
    with _TABLE.open("w", encoding="utf-8") as table:
        print("file\treader\tpart\tname\ttype\tbytes\twhat differs\twho is right", file=table)
        for one in compared.disagreements:
            name = " ".join(one.name.split()).encode("utf-8", "replace").decode()
            row = (one.file, one.reader, one.part, name, one.media_type, one.size)
            print(*row, one.why.what, one.why.right, sep="\t", file=table)
    print(f"every disagreement: {_TABLE}")
