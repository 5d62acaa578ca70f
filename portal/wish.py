"""The wish: what a viewer asked to see of the list, as it stands in the address of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.rights import Viewer

STATES = (
    *("with_us", "needs_you", "checking", "filed", "filed_in_part", "not_filed"),
    *("copy", "rehearsed", "set_aside"),
)

SHOWS = ("all", "new", "urgent", "failed", "unowned", *STATES)
"""What the list can be narrowed to: a state, or what has not been read, is urgent, has a failed
conversion, or is filed to a case that no consultant has."""

# A case number or receipt number and nothing else may be looked for: a name in the address of a
# page would stay in the browser's history.
_FINDABLE = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./-]{0,39}")
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Wish:
    """What a viewer asked to see of the list."""

    mine: bool = False  # only what is filed for the viewer, or for somebody they cover
    show: str = "all"
    firm_id: int | None = None
    find: str = ""
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str], viewer: Viewer) -> Wish:
        """Read a query string. What cannot be understood is left out."""
        find = query.get("find", "").strip()
        show = query.get("show", "all")
        return cls(
            mine=not viewer.works_in_operations or query.get("view") == "mine",
            show=show if show in SHOWS else "all",
            firm_id=number(query.get("firm", ""), most=2**31 - 1),
            find=find if _FINDABLE.fullmatch(find) else "",
            page=number(query.get("page", ""), most=MOST_PAGES) or 1,
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is filtered out."""
        return self.show != "all" or self.firm_id is not None or bool(self.find)

    def query(self, **changes: object) -> dict[str, object]:
        """Write the wish as the fields of a query string, the ones that are not set left out."""
        fields: dict[str, object] = {
            "view": "mine" if self.mine else None,
            "show": None if self.show == "all" else self.show,
            "firm": self.firm_id,
            "find": self.find or None,
            "page": None if self.page == 1 else self.page,
        }
        return {name: value for name, value in (fields | changes).items() if value is not None}


def number(text: str, *, most: int) -> int | None:
    """Read a number of an address, from 1 to `most`; None where it is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return min(int(text), most) or None
