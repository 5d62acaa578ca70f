"""Dividing: which documents of a package each of its linked submissions holds."""

from __future__ import annotations

from collections.abc import Sequence


def divided(sizes: Sequence[int], most: int | None) -> tuple[range, ...]:
    """Return the places of the documents of each submission, in order: one submission or more.

    `sizes` are bytes, and `most` what one submission holds; None for no limit. A document that is
    larger than that by itself has a submission of its own.
    """
    starts = [0]
    used = 0
    for place, size in enumerate(sizes):
        if most is not None and place > starts[-1] and used + size > most:
            starts.append(place)
            used = 0
        used += size
    return tuple(map(range, starts, [*starts[1:], len(sizes)]))
