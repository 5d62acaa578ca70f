"""What the installed fonts can show, as fontconfig knows it.

A character without a font becomes a box in the PDF, while the text behind it stays whole: no
comparison of words would find that a page of Chinese is unreadable.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from functools import cache
from typing import Final

from converters.fault import EngineFailed, Unreadable

_SHARE: Final = 0.01  # of a text's letters and digits


class _FontSet(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_int),
        ("size", ctypes.c_int),
        ("fonts", ctypes.POINTER(ctypes.c_void_p)),
    )


def unshown(text: str) -> bool:
    """Say whether some letter or digit of a text has no font here.

    Raises Unreadable where that is more than one in a hundred.
    """
    letters = Counter(char for char in text if char.isalnum() and char > "\u024f")
    missing = sum(number for char, number in letters.items() if not has(char))
    if missing > _SHARE * sum(map(str.isalnum, text)):
        raise Unreadable
    return missing > 0


@cache
def has(char: str) -> bool:
    """Say whether an installed font has a character."""
    library, covered = _coverage()
    return bool(library.FcCharSetHasChar(covered, ord(char)))


@cache
def _coverage() -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    """Return fontconfig and the union of all fonts' characters; it lives as long as the process."""
    library = ctypes.CDLL("libfontconfig.so.1")
    for name, result, arguments in (
        ("FcPatternCreate", ctypes.c_void_p, ()),
        ("FcCharSetCreate", ctypes.c_void_p, ()),
        ("FcObjectSetCreate", ctypes.c_void_p, ()),
        ("FcObjectSetAdd", ctypes.c_int, (ctypes.c_void_p, ctypes.c_char_p)),
        ("FcFontList", ctypes.POINTER(_FontSet), (ctypes.c_void_p,) * 3),
        ("FcPatternGetCharSet", ctypes.c_int,
         (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_void_p))),
        ("FcCharSetMerge", ctypes.c_int, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)),
        ("FcCharSetHasChar", ctypes.c_int, (ctypes.c_void_p, ctypes.c_uint32)),
    ):  # fmt: skip
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    wanted = library.FcObjectSetCreate()
    library.FcObjectSetAdd(wanted, b"charset")
    fonts = library.FcFontList(None, library.FcPatternCreate(), wanted)
    if not fonts or not fonts.contents.count:
        raise EngineFailed("no fonts")
    covered = ctypes.c_void_p(library.FcCharSetCreate())
    for number in range(fonts.contents.count):
        one = ctypes.c_void_p()
        font = fonts.contents.fonts[number]
        if library.FcPatternGetCharSet(font, b"charset", 0, ctypes.byref(one)) == 0:
            library.FcCharSetMerge(covered, one, None)
    return library, covered
