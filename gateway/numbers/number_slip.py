"""Slips: what people write who mean a number that is built like ours."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

_FEWEST_DIGITS_LEFT = 4  # 24-1234; of "24-12" nobody can say what it is
_YEAR_DIGITS = 2
# What people and programs write for a dash, and within a number.
_SEPARATORS = r"[-/ #~|*\\\u00b7\u2022:;',.()\[\]]{1,4}"
_GAP = r"(?:[-. ,'\u2019/\n]|=\n)"


def slip_pattern(example: str) -> re.Pattern[str]:
    """Return what finds the slips of a number that is built like the example.

    One digit too few or too many, a digit on the wrong side of a dash, a space, a slash or another
    sign for the dash, a letter for the digit it looks like, zeros left out as long as four digits
    stay, a year with its century, no dash, a third group or a line's end within, a space behind
    each digit, one letter before or behind. A number of one run of digits has the look-alikes
    alone: every other number in the world is a slip of it.
    """
    pieces = re.findall(r"\d+|\D+", example)
    runs = [index for index, piece in enumerate(pieces) if piece.isdigit()]
    variants: list[tuple[dict[int, int], str, str]] = [({}, "[0-9OoIlQDi|ZzSsBG]", "")]
    if len(runs) > 1:
        variants.append(({}, "[0-9]", "[-/ ]"))
        variants.extend(({index: by}, "[0-9]", "") for index in runs for by in (-1, 1))
        variants.extend(
            ({one: by, other: -by}, "[0-9]", "")
            for one, other in itertools.pairwise(runs)
            for by in (-1, 1)
        )
        last = runs[-1]
        zeros = len(pieces[last]) - len(pieces[last].lstrip("0"))
        left = range(max(_FEWEST_DIGITS_LEFT, len(pieces[last]) - zeros), len(pieces[last]) - 1)
        variants.extend(({last: digits - len(pieces[last])}, "[0-9]", "") for digits in left)
        if runs[0] == 0 and len(pieces[0]) == _YEAR_DIGITS:
            variants.append(({0: 2}, "[0-9]", ""))
    spelled: list[str] = []
    for change, digit, dash in variants:
        written = [
            f"{digit}{{{len(piece) + change.get(index, 0)}}}"
            if index in runs
            else (dash if dash and piece == "-" else re.escape(piece))
            for index, piece in enumerate(pieces)
            if len(piece) + change.get(index, 0) > 0
        ]
        spelled.append("".join(written))
    if len(runs) > 1:
        spelled.extend(_regrouped(pieces))
        whole = "".join(
            f"[0-9]{{{len(piece)}}}" if piece.isdigit() else re.escape(piece) for piece in pieces
        )
        spelled.extend((f"[a-z]{whole}", f"{whole}[a-z]"))
        spelled.append(_spaced_out(pieces))
        if pieces[-1].startswith("0"):
            # Else every line of a numbered list is one.
            front = "".join(
                f"[0-9]{{{len(piece)}}}" if piece.isdigit() else _SEPARATORS
                for piece in pieces[:-1]
            )
            spelled.append(f"{front}0[0-9]{{{len(pieces[-1]) - 1}}}")
            # "No. 001240": the last run alone, where it is said to be a number.
            spelled.append(
                rf"(?:(?<=#)|(?<=# )|(?<=no )|(?<=no\. ))0[0-9]{{{len(pieces[-1]) - 1}}}"
            )
    return re.compile(
        rf"(?<![^\W_])(?<![-./:+%$])(?:{'|'.join(spelled)})(?![^\W_])(?![-/:][^\W_]|\.\d)",
        re.IGNORECASE,
    )


def _spaced_out(pieces: list[str]) -> str:
    """Give a number with a space behind each sign of it; those beside a dash are gone by then."""
    return "[ ]?-[ ]?".join(" ".join("[0-9]" for _ in piece) for piece in pieces if piece.isdigit())


def _regrouped(pieces: list[str]) -> Iterator[str]:
    """Give a number of several runs as one, and with its last run in two groups.

    Only where that run begins with a zero as the example's does: else every date is one.
    """
    *front, last = pieces
    if not (last.isdigit() and last.startswith("0")):
        return
    begins = "".join(f"[0-9]{{{len(one)}}}" if one.isdigit() else "[-/. ]?" for one in front)
    yield "".join(f"[0-9]{{{len(one)}}}" for one in front if one.isdigit()) + (
        f"0[0-9]{{{len(last) - 1}}}"
    )
    half = len(last) // 2
    if half > 1:
        yield rf"{begins}0[0-9]{{{half - 1}}}{_GAP}[0-9]{{{len(last) - half}}}"
    whole = "".join(f"[0-9]{{{len(one)}}}" if one.isdigit() else re.escape(one) for one in front)
    for first in range(2, len(last) - 1):
        if first != half:
            yield rf"{whole}0[0-9]{{{first - 1}}}{_GAP}[0-9]{{{len(last) - first}}}"
