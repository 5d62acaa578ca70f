"""Remarks, in words for people: on a file's name, fate and PDF, and on a problem's open fields."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "remarks.toml"


def on_name(remark: str) -> str:
    """Say what was changed in a file's name: `"twin"`, or with a value, `"characters:#%"`.

    The value is foreign text and comes back as it is: whoever shows it escapes it.
    Raises KeyError for a code without a row: that is a fault of ours.
    """
    code, _, value = remark.partition(":")
    row = _rows()["name"][code]
    # "characters:#%" lists characters; any other value is one thing, such as ".pdf".
    if "many" in row and len(value) > 1:
        return row["many"].format(value=" ".join(value))
    if "one" in row and value:
        return row["one"].format(value=value)
    return row["words"]


def on_fate(reason: str) -> str | None:
    """Say why a part has its fate, or None where the reason is a code of the problem catalogue."""
    row = _rows()["reason"].get(reason)
    return None if row is None else row["words"]


def on_warning(warning: str) -> str:
    """Say what a PDF that was made does not show as its original does.

    Raises KeyError for a code without a row: that is a fault of ours.
    """
    return _rows()["warning"][warning]["words"]


def on_sheet(code: str) -> str:
    """Say what stands before a document in the package's one PDF, or in its place.

    Raises KeyError for a code without a row: that is a fault of ours.
    """
    return _rows()["sheet"][code]["words"]


def warning_codes() -> frozenset[str]:
    """Every code that `on_warning` has words for."""
    return frozenset(_rows()["warning"])


def name_codes() -> frozenset[str]:
    """Every code that `on_name` has words for."""
    return frozenset(_rows()["name"])


def reason_codes() -> frozenset[str]:
    """Every code that `on_fate` has words for."""
    return frozenset(_rows()["reason"])


def on_field(field: str) -> str:
    """Say what a problem's field stands for, where there is nothing to fill it with.

    A field without a row is said by its name: a test finds it, and no page fails by it.
    """
    row = _rows()["field"].get(field)
    return field.replace("_", " ") if row is None else row["words"]


def field_names() -> frozenset[str]:
    """Every field that `on_field` has words for."""
    return frozenset(_rows()["field"])


@cache
def _rows() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
