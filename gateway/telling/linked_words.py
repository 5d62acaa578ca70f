"""Linked submissions in words: a receipt lists what is in each part, a notice counts the parts."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.road.linked import Linked, linked
from gateway.road.package import Filing, Package
from gateway.telling.mail import counted, harmless
from gateway.telling.part_words import entry
from gateway.telling.sheet import Section
from portal.vocabulary import limit


def filed_in_parts(
    package: Package, columns: tuple[str, str], *, told: bool
) -> tuple[Section, ...]:
    """Return a section for each submission; none where no case has more than one.

    Who is not `told` details reads the counts alone, and nothing that shows that cases are several.
    """
    filings = {one: linked(package, one) for one in package.filed_under}
    if all(len(parts) == 1 for parts in filings.values()) or (len(filings) > 1 and not told):
        return ()
    sections = [
        _section(package, filing if len(filings) > 1 else None, part, columns, told=told)
        for filing, parts in filings.items()
        for part in parts
    ]
    why = Section("Linked submissions", (_why(package, [*filings.values()]),))
    return (why, *sections)


def in_all(package: Package, filings: Sequence[Filing]) -> tuple[str, ...]:
    """Say to who receives these filings how many parts they are; nothing where each is only one."""
    each = [linked(package, one) for one in filings]
    if all(len(parts) == 1 for parts in each):
        return ()
    many = counted(sum(map(len, each)), "linked submission")
    which = f", from {each[0][0].words} to {each[0][-1].words}" if len(each) == 1 else ""
    return (f"It was filed as {many}{which}.",)


def _why(package: Package, filings: list[tuple[Linked, ...]]) -> str:
    most = limit(package.most_bytes or 0)
    many = counted(sum(map(len, filings)), "submission")
    return (
        f"One submission holds up to {most} of documents. We filed yours as {many}, linked with"
        " each other under this one receipt."
    )


def _section(
    package: Package,
    filing: Filing | None,
    part: Linked,
    columns: tuple[str, str],
    *,
    told: bool,
) -> Section:
    words = f", {part.words}" if part.words else ""
    case = f" to case {harmless(filing.case_number)}" if filing else ""
    entries = (entry(one, package, verb="Filed") for one in part.documents)
    heading = f"Documents filed{case}{words}: {len(part.documents)}"
    return Section(heading, entries=tuple(entries) if told else (), columns=columns)
