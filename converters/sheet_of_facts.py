"""A heading and labelled lines below it, as HTML: how an event or a contact is laid out."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from converters.content_lines import Line


class Facts:
    """What is known of one thing. All words are data."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.heading = ""
        self._rows: list[tuple[str, str]] = []
        self._rest: list[tuple[str, str]] = []

    @property
    def is_something(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.heading or self._rows or self._rest)

    def add(self, label: str, said: str) -> None:
        """Say something, where it is anything."""
        if said.strip():
            self._rows.append((label, said))

    def rest(self, lines: Iterable[Line], told: Iterable[str] = ()) -> None:
        """List the lines that were not told by their names."""
        known = set(told)
        for line in lines:
            if line.name in known:
                continue
            if line.data is not None:
                said = f"{len(line.data):,} bytes that are no text"
            else:
                said = line.said
            extra = "; ".join(
                f"{name}={value}" if value else name for name, value in line.parameters.items()
            )
            label = f"{line.name} ({extra})" if extra else line.name
            self._rest.append((label, said))

    def written(self) -> str:
        """Return the HTML."""
        head = f"<p><small>{escape(self.kind)}</small></p>" if self.kind else ""
        head += f"<h1>{escape(self.heading)}</h1>" if self.heading else ""
        return (
            head
            + _table(self._rows)
            + ("<h2>Also in the file</h2>" if self._rest else "")
            + (_table(self._rest))
        )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th align="left" valign="top">{escape(label)}</th>'
        f"<td>{escape(said).replace(chr(10), '<br>')}</td></tr>"
        for label, said in rows
    )
    return f"<table>{cells}</table>" if cells else ""
