"""What in a PDF does something or holds another file: scripts, actions, attachments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pikepdf

# What is said of a PDF, by the keys and the actions (ISO 32000-1, 12.6.4) that show it.
_KEYS: Final = {
    "/JS": "pdf_script",
    "/XFA": "pdf_script",
    "/RichMediaContent": "pdf_script",
    "/EF": "pdf_files",
}
_ACTIONS: Final = {
    "/JavaScript": "pdf_script",
    "/Rendition": "pdf_script",
    "/Launch": "pdf_action",
    "/ImportData": "pdf_action",
    "/SubmitForm": "pdf_action",
    "/GoToR": "pdf_action",
    "/GoToE": "pdf_action",
}
KINDS: Final = ("pdf_script", "pdf_action", "pdf_files", "pdf_unseen")
# As qpdf writes names, whatever escapes a file has them in. A string may hold the same letters.
_MAY_BE = re.compile("|".join(rf"{each}\b" for each in (*_KEYS, *_ACTIONS)).encode())
_ACTS = re.compile(rf"(?:{'|'.join(_KEYS)}|(?:^|/S )(?:{'|'.join(_ACTIONS)}))(?= |$)".encode())
_STRING = re.compile(rb"\((?:[^\\()]|\\.)*+\)", re.DOTALL)
_MOST_OBJECTS = 200_000  # thirty microseconds each


def kinds(pdf: pikepdf.Pdf) -> frozenset[str]:
    """Return those of KINDS that a PDF has; "pdf_unseen" where it has too many objects to look."""
    if len(pdf.objects) > _MOST_OBJECTS:
        return frozenset({"pdf_unseen"})
    return frozenset(kind for each in pdf.objects for kind in of_object(each))


def acts(written: bytes) -> bool:
    """Say whether an object does something or holds a file, by its bytes as qpdf writes them.

    A name that stands alone may be what another object's action refers to.
    """
    if not _MAY_BE.search(written):
        return False
    return _ACTS.search(_STRING.sub(b"()", written)) is not None


def of_object(each: pikepdf.Object) -> Iterator[str]:
    """Yield what an object shows, with all that stands in it and is no object of its own."""
    if isinstance(each, pikepdf.Stream):
        each = each.stream_dict
    if not isinstance(each, pikepdf.Dictionary | pikepdf.Array):
        return
    if not _MAY_BE.search(each.unparse(resolved=True)):
        return
    waiting: list[pikepdf.Object] = [each]
    while waiting:
        looked_at = waiting.pop()
        if isinstance(looked_at, pikepdf.Dictionary):
            yield from (kind for key, kind in _KEYS.items() if key in looked_at)
            action = looked_at.get("/S")
            if isinstance(action, pikepdf.Name) and str(action) in _ACTIONS:
                yield _ACTIONS[str(action)]
            inner = [value for _, value in looked_at.items()]
        else:
            inner = list(looked_at.as_list())
        waiting += [
            one
            for one in inner
            if isinstance(one, pikepdf.Dictionary | pikepdf.Array) and not one.is_indirect
        ]
