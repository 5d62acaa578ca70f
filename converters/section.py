"""A section of a binder: one document, inert, each page with its number in the whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import pikepdf

from converters import bookmarks, figures, inert, mend
from converters.binder_files import SECTION
from converters.bookmarks import Destinations, Names
from converters.fault import Damaged, PasswordNeeded
from converters.handed import Handed
from converters.renumber import Shift
from converters.stamp import Stamp
from converters.tags import Tags
from converters.trunk import Trunk

_TRAILER: Final = {"/Root", "/Encrypt"}
_FAULTS: Final = (
    *(pikepdf.PdfError, ValueError, RuntimeError, OverflowError, TypeError, AttributeError),
    *(KeyError, IndexError, RecursionError),
)


def look(document: Handed) -> dict[str, Any]:
    """Answer {"pages", "is_signed"} of a PDF. Raises Damaged, PasswordNeeded."""
    with _spoken(), document.open("rb") as stream, pikepdf.open(stream) as pdf:
        count = len(pdf.pages)
        if not count:
            raise Damaged("no pages")
        return {"pages": count, "is_signed": mend.is_signed(pdf)}


def write(
    document: Handed, label: Handed, figure_file: Handed, *, first: int, of: int, ours: bool
) -> dict[str, Any]:
    """Write SECTION of a PDF whose first page is the `first` of the whole; answer {"bookmarks"}.

    In a PDF of `ours` links lead to names of the whole. Raises Damaged, PasswordNeeded.
    Whether something that acts is left in it, converters.second_look says.
    """
    target = document.parent / SECTION
    with _spoken(), ExitStack() as opened:
        pdf, named, numbered = (
            opened.enter_context(pikepdf.open(opened.enter_context(one.open("rb"))))
            for one in (document, label, figure_file)
        )
        destinations = Names(pdf) if ours else Destinations(pdf)
        outline = bookmarks.read(pdf, destinations)
        inert.make(pdf, destinations)
        name = named.pages[0]
        stamp = Stamp(
            pdf,
            pdf.copy_foreign(name.as_form_xobject()),
            float(name.mediabox[2]),
            figures.read(numbered).copied_to(pdf),
            of,
        )
        for at, page in enumerate(pdf.pages):
            stamp.put(page, first + at)
        for key in set(pdf.trailer.keys()) - _TRAILER:
            del pdf.trailer[key]
        pdf.trailer["/Size"] = 0  # qpdf writes the right one, and none where there was none
        pdf.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            deterministic_id=True,
        )
    return {"bookmarks": [one.said() for one in outline]}


def rehearse(section: Handed) -> dict[str, Any]:
    """Take a section in, as converters.binding will, and answer {"pages"}. Raises Damaged.

    What breaks here is this document, and not the whole.
    """
    whole = Trunk("", "", 0, Tags(0))
    with _spoken(), section.open("rb") as stream, pikepdf.open(stream) as pdf:
        whole.take(pdf, Shift(0, 0), {"title": "", "names": {}, "bookmarks": []})
        return {"pages": whole.count}


@contextmanager
def _spoken() -> Iterator[None]:
    """Turn what is raised at a stranger's odd structure into faults of ours."""
    try:
        yield
    except pikepdf.PasswordError as error:
        raise PasswordNeeded from error
    except _FAULTS as error:
        raise Damaged(type(error).__name__) from error
