"""The tree of a message, found before anything is decoded: where each part begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from gateway.reader import boundary
from gateway.reader.encoded_word import one_line
from gateway.reader.fault import ReadingStopped, Reason
from gateway.reader.header import Header, message_start, read_header
from gateway.reader.parameters import Value, file_name, media_type, read_value
from gateway.reader.source import Extent, delimiter
from gateway.reader.transfer import encoding

MESSAGES = {"message/rfc822", "message/global", "message/news"}
# Not whole, whatever their name: to read one as a message would pass over what is not in it.
FRAGMENTS = {"message/partial", "message/external-body"}


@dataclass(frozen=True)
class Limits:
    """The bounds on one message: parts of every kind, levels of nesting, bytes of one header."""

    max_parts: int
    max_depth: int
    max_header_bytes: int


class Kind(Enum):
    """What an entity is to the reader."""

    LEAF = "leaf"
    MULTIPART = "multipart"
    MESSAGE = "message"  # a message attached to a message, as it stands


@dataclass
class Entity:
    """A message, a part or a group of parts."""

    header: Header
    kind: Kind
    media_type: str
    disposition: Value
    content_type: Value
    encoding: str
    depth: int
    body: Extent
    children: list[Entity] = field(default_factory=list)
    ambiguous: bool = False  # it can be read in two ways, or not as what it says it is
    opened: bool = False  # what it encloses stands beside it as parts of its own

    @property
    def name(self) -> str | None:
        """What the sender called it."""
        return file_name(self.disposition, self.content_type)

    @property
    def content_id(self) -> str | None:
        """Its Content-ID without the angle brackets (RFC 2392)."""
        raw = (self.header.first("content-id") or b"")[:512]
        text = one_line(raw.decode("utf-8", "replace"))
        return text.removeprefix("<").removesuffix(">").strip() or None


@dataclass
class _Open:
    """A multipart whose end is not yet seen, with the lines that divide it."""

    entity: Entity
    boundaries: tuple[bytes, ...]
    outside: int | None  # where something began that is in none of its parts
    closed: bool = False
    tried: bool = False  # other boundaries than the one that the header names plainly


class Count:
    """What is counted over a whole letter, its attached messages included."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._parts = 0

    @property
    def room(self) -> int:
        """How many more may come."""
        return self.limits.max_parts - self._parts

    def part(self, depth: int) -> None:
        """Count one. Raises ReadingStopped where it is one too many, or too deep."""
        self._parts += 1
        if self._parts > self.limits.max_parts:
            raise ReadingStopped(Reason.TOO_MANY_PARTS)
        if depth > self.limits.max_depth:
            raise ReadingStopped(Reason.TOO_DEEP)


def read_tree(extent: Extent, count: Count, depth: int = 0) -> Entity:
    """Find a message's tree in one pass over its bytes.

    Everything that is attached as a message, and not encoded, is in it as well. Raises
    ReadingStopped where a limit is crossed.
    """
    return _Tree(count).read(message_start(extent), depth)


class _Tree:
    def __init__(self, count: Count) -> None:
        self._count = count
        self._open: list[_Open] = []
        self._ended: list[_Open] = []
        self._lines: dict[bytes, tuple[_Open, bool]] = {}

    def read(self, extent: Extent, depth: int) -> Entity:
        root, place = self._begin(extent, extent.start, depth, "text/plain")
        while True:
            found = delimiter(extent, place, self._lines) if self._lines else None
            if found is None:
                self._close(extent, 0, extent.end)
                place = self._guess(extent)
                if place < 0:
                    break
                continue
            group, closes = self._lines[found.line]
            level = self._open.index(group)
            self._close(extent, level + 1, found.before)
            _look_outside(group, extent, found.before)
            if (undivided := self._guess(extent)) >= 0:
                place = undivided
                continue
            if group.entity.children:
                _end(group.entity.children[-1], found.before)
            place = found.after
            # Its header may name two.
            group.entity.ambiguous |= group.boundaries[0] not in {
                found.line[2:],
                found.line[2:-2],
            }
            if closes:
                group.closed = True
                group.outside = found.after
            else:
                # Behind its end nothing should follow; what does is shown, not lost.
                group.entity.ambiguous |= group.closed
                child, place = self._begin(
                    extent, found.after, group.entity.depth + 1, _default_type(group.entity)
                )
                group.entity.children.append(child)
            self._list_lines()
        _end(root, extent.end)
        return root

    def _begin(self, extent: Extent, place: int, depth: int, default: str) -> tuple[Entity, int]:
        """Read the header at `place`, and those of messages right inside it.

        Return the entity and where its body starts.
        """
        self._count.part(depth)
        limit = self._count.limits.max_header_bytes
        header, body = read_header(extent, place, self._lines, limit)
        entity = _entity(header, extent.cut(body, extent.end), depth, default)
        if entity.kind is Kind.MULTIPART:
            self._open.append(_Open(entity, boundary.named(entity.content_type), body))
            self._list_lines()
        elif entity.kind is Kind.MESSAGE:
            start = message_start(entity.body).start
            child, body = self._begin(extent, start, depth + 1, "text/plain")
            entity.children.append(child)
        return entity, body

    def _list_lines(self) -> None:
        """List the lines that mean something now. An inner group goes before an outer one, and
        one that still waits for its end before one that has seen it.
        """
        self._lines = {}
        for group in sorted(self._open, key=lambda group: not group.closed):
            for each in group.boundaries:
                self._lines[b"--" + each + b"--"] = (group, True)
                self._lines[b"--" + each] = (group, False)

    def _close(self, extent: Extent, level: int, end: int) -> None:
        """End every group from `level` on, since one outside it goes on, or the bytes end."""
        self._ended = self._open[level:]
        del self._open[level:]
        for group in self._ended:
            if group.entity.children:
                _look_outside(group, extent, end)
            _end(group.entity, end)
        self._list_lines()

    def _guess(self, extent: Extent) -> int:
        """Open an ended group that showed no part again, with other boundaries.

        They are the other readings of what its header says, and what looks like one in its body.
        Return where to go on, or -1 where there is nothing to try.
        """
        for number, group in enumerate(self._ended):
            entity = group.entity
            if entity.children or group.tried:
                continue
            entity.ambiguous = True
            group.tried = True
            # What is shown may be of several groups inside as well: one that names its own gets it.
            group.boundaries += boundary.misread(entity.content_type) + boundary.shown(entity.body)
            if group.boundaries:
                self._open += self._ended[: number + 1]
                entity.body = extent.cut(entity.body.start, extent.end)
                self._list_lines()
                return entity.body.start
        return -1


def _look_outside(group: _Open, extent: Extent, end: int) -> None:
    """Flag a group that shows the beginning of a part in front of its parts, or behind them."""
    if group.outside is not None:
        group.entity.ambiguous |= boundary.shows_parts(extent.cut(group.outside, end))
    group.outside = None


def _end(entity: Entity, end: int) -> None:
    """Let an entity end here, and with it what it ends with."""
    while True:
        if entity.body.end > end:
            entity.body = entity.body.cut(entity.body.start, end)
        if not entity.children:
            return
        entity = entity.children[-1]


def _default_type(group: Entity) -> str:
    # RFC 2046, 5.1.5
    return "message/rfc822" if group.media_type == "multipart/digest" else "text/plain"


def _entity(header: Header, body: Extent, depth: int, default: str) -> Entity:
    written = [read_value(raw) for raw in header.all("content-type")]
    # Of several Content-Type fields one that divides the message counts: parts must not be lost.
    content_type = next(
        (value for value in written if value.value.startswith("multipart/")),
        written[0] if written else Value(),
    )
    declared = media_type(content_type) or ("text/plain" if written else default)
    labels = header.all("content-transfer-encoding") or [b""]
    encodings = [encoding(label[:64].decode("latin-1")) for label in labels]
    # Of several, one that has something to undo counts: where it lies, its decoder sees it.
    transfer = next((name for name, _ in encodings if name), "")
    shown_as = [read_value(raw) for raw in header.all("content-disposition")] or [Value()]
    named = next((value for value in shown_as if file_name(value, Value())), shown_as[0])
    kind = Kind.LEAF
    if declared.startswith("multipart/"):
        kind = Kind.MULTIPART
    elif declared in MESSAGES and not transfer:
        kind = Kind.MESSAGE
    return Entity(
        header=header,
        kind=kind,
        media_type=declared,
        disposition=named,
        content_type=content_type,
        encoding=transfer,
        depth=depth,
        body=body,
        ambiguous=not all(known for _, known in encodings)
        or len({name for name, _ in encodings}) > 1
        or len({value.value for value in written}) > 1
        or len({(value.value, file_name(value, Value())) for value in shown_as}) > 1,
    )
