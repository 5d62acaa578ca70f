"""Allocation: the memory of what was read is kept for what is read next.

By itself glibc gives a freed mebibyte back to the kernel again and again, and each page of the next
one is a fault: a fifth of the time of an upload.
"""

from __future__ import annotations

import ctypes

# mallopt(3). Either of them set alone turns off the adapting of both.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 16 << 20  # at most, at the end of the heap
_LARGE_BYTES = 4 << 20  # from here on a block is the kernel's, and goes back to it at once


def keep_freed() -> None:
    """Have this process keep up to 16 MiB of what it frees. Another C library is left as it is."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
