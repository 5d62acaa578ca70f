"""The text of a sheet: the part of a mail that every program and every reader can show."""

from __future__ import annotations

from gateway.telling.sheet import Entry, Link, Section, Sheet, Table

_INDENT = "   "
_FACT_WIDTH = 11  # "Filed for: "


def text_of(sheet: Sheet) -> str:
    """Write a sheet as plain text, a line for each of its lines, ending with a line end."""
    width = max([_FACT_WIDTH, *(len(name) + 2 for name, _ in sheet.facts)])
    blocks = (
        sheet.banner,
        " ".join((sheet.heading, *sheet.lead)),
        _lines(sheet.asks),
        "\n".join(f"{name + ':':<{width}}{value}" for name, value in sheet.facts),
        *(_section(one) for one in sheet.sections),
        _lines(sheet.ways),
        "\n".join(sheet.signature),
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def _lines(lines: tuple[str | Link, ...]) -> str:
    return "\n".join(
        f"{line.words}: {line.address}" if isinstance(line, Link) else line for line in lines
    )


def _section(section: Section) -> str:
    lines = [section.heading.upper(), *section.paragraphs]
    if section.columns is not None:
        lines += [_counted(place, entry) for place, entry in enumerate(section.entries, 1)]
    else:
        lines += [f"- {_named(entry)}" for entry in section.entries]
    if section.table is not None:
        lines += _rows(section.table)
    return "\n".join(lines)


def _counted(place: int, entry: Entry) -> str:
    return f"\n{_INDENT}".join((f"{place}. {entry.name}", *entry.said))


def _named(entry: Entry) -> str:
    said = " ".join(entry.said)
    return f"{entry.name}: {said}" if entry.name else said


def _rows(table: Table) -> list[str]:
    """Write a table in columns as wide as what stands in them."""
    rows = (table.columns, *table.rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
