"""The types of C arrays, as WeasyPrint names them to cffi: `hb_codepoint_t[38]`, by their length.

cffi parses each name that it has not met together with every declaration it knows: 5 ms, four times
for a page in two fonts, which is a fifth of a short mail. A length needs no parser.
"""

from __future__ import annotations

import re
from typing import Any

from weasyprint.text.ffi import ffi  # type: ignore[import-untyped]

_ARRAY = re.compile(r"([A-Za-z_]\w*)\[([0-9]{1,9})\]")


class _Types(dict[str, Any]):
    """What cffi has parsed, and what needs no parsing."""

    def __missing__(self, name: str) -> Any:
        """Return the type of an array. Raises KeyError for any other, which cffi parses then."""
        array = _ARRAY.fullmatch(name)
        if array is None:
            raise KeyError(name)
        of = ffi.typeof(f"{array[1]} *")
        new = ffi._backend.new_array_type  # noqa: SLF001  # test_converters_html.py watches
        made = self[name] = new(of, int(array[2])), False
        return made


def warm() -> None:
    """Have arrays named without a parser in this process, and in those that it forks."""
    if not isinstance(ffi._parsed_types, _Types):  # noqa: SLF001
        ffi._parsed_types = _Types(ffi._parsed_types)  # noqa: SLF001
