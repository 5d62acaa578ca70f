"""Receipt numbers: 8 characters of Crockford's base 32, shown in two halves as 7KQ4-M2XD.

A receipt number is a reference that people quote by telephone. It opens nothing by itself.
"""

from __future__ import annotations

import secrets

ALPHABET = (
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: https://www.crockford.com/base32.html
)
LENGTH = 8
_MISREAD = str.maketrans("OIL", "011", "- \u2013\u2014")


def new() -> str:
    """Make a number at random, never 0000-0000, which stands for none.

    Whether it is free is for the record's unique column to say.
    """
    number = 1 + secrets.randbelow((1 << 5 * LENGTH) - 1)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, 5 * LENGTH, 5))


def shown(receipt: str) -> str:
    """Write a number as people read it: 7KQ4-M2XD."""
    return f"{receipt[:4]}-{receipt[4:]}"


def parsed(text: str) -> str | None:
    """Read a number as people write it: in any case, with or without the dash, O for 0, I for 1.

    Returns None for what is no receipt number.
    """
    receipt = text.strip().upper().translate(_MISREAD)
    fits = len(receipt) == LENGTH and set(receipt) <= set(ALPHABET)
    return receipt if fits else None
