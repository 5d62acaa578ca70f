"""libarchive: the few calls that read 7z and tar, and nothing else.

A hand's breadth of ctypes: see docs/decisions.md for why not a package.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_int64, c_size_t, c_ssize_t, c_uint, c_void_p, c_wchar_p
from functools import cache
from typing import Any

LIBRARY = "libarchive.so.13"
EOF, OK, WARN = 1, 0, -20
READ = ctypes.CFUNCTYPE(c_ssize_t, c_void_p, c_void_p, ctypes.POINTER(c_void_p))

_CALLS: dict[str, tuple[Any, ...]] = {  # the result, then the arguments
    "archive_read_new": (c_void_p,),
    "archive_read_free": (c_int, c_void_p),
    "archive_read_support_format_7zip": (c_int, c_void_p),
    "archive_read_support_format_tar": (c_int, c_void_p),
    "archive_read_open": (c_int, c_void_p, c_void_p, c_void_p, READ, c_void_p),
    "archive_read_open_fd": (c_int, c_void_p, c_int, c_size_t),
    "archive_read_next_header": (c_int, c_void_p, ctypes.POINTER(c_void_p)),
    "archive_read_data": (c_ssize_t, c_void_p, c_void_p, c_size_t),
    "archive_read_has_encrypted_entries": (c_int, c_void_p),
    "archive_filter_bytes": (c_int64, c_void_p, c_int),
    "archive_entry_pathname": (c_char_p, c_void_p),
    "archive_entry_pathname_w": (c_wchar_p, c_void_p),
    "archive_entry_hardlink": (c_char_p, c_void_p),
    "archive_entry_filetype": (c_uint, c_void_p),
    "archive_entry_size": (c_int64, c_void_p),
    "archive_entry_is_encrypted": (c_int, c_void_p),
}


@cache
def call(name: str) -> Callable[..., Any]:
    """Return one of the library's functions. Raises OSError where it is not installed."""
    function = getattr(_library(), name)
    function.restype, *function.argtypes = _CALLS[name]
    return function  # type: ignore[no-any-return]  # ctypes' own are of no type


def warm() -> None:
    """Load the library and every call, before any stranger's bytes. Raises OSError."""
    for name in _CALLS:
        call(name)


@cache
def _library() -> ctypes.CDLL:
    # By its name, not through find_library: that runs compilers, which no sandbox has.
    return ctypes.CDLL(LIBRARY)
