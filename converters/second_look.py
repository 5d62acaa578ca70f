"""The second look at a section, before it is a part of the whole: its bytes, and no library.

Whatever a document did to the process that opened it, nothing of it was opened in this one; and
what is looked at here are the very bytes that converters.binding passes on.
"""

from __future__ import annotations

import re
from typing import Final

from converters import active, renumber
from converters.fault import EngineFailed
from converters.handed import Handed
from converters.renumber import Written

# qpdf writes a letter in one way only. So a key in other letters has no way past `active.acts`, and
# a string no way to hold the line at which a stream begins.
_LETTERS: Final = rb"[^\x00-\x20#%()/<>\[\]{}\x7f-\xff]*"
_ESCAPED: Final = (
    rb"#(?:[01][0-9a-f]|2[03589f]|3[ce]|5[bd]|7[bdf]|[89a-f][0-9a-f]|(?![0-9A-Fa-f]{2}))"
)
_NAME: Final = rb"/" + _LETTERS + rb"(?:" + _ESCAPED + _LETTERS + rb")*"
_STRING: Final = rb"\([^\\()\n]*(?:\\[^\n][^\\()\n]*)*\)|<[0-9a-f]*>"
_OTHERS: Final = rb"<<|>>|\[|\]|R|true|false|null|[-+0-9.]+"
# One pattern for the whole of an object would need a possessive repeat, which takes too much in
# Python 3.11.2, Debian's (https://github.com/python/cpython/issues/106052).
_PART: Final = re.compile(
    rb"(?:%b|%b|%b)(?: |\Z)|(?P<odd>.)" % (_OTHERS, _NAME, _STRING), re.DOTALL
)


def look(section: Handed) -> None:
    """Raise EngineFailed for what qpdf has not written so, or what does something."""
    if not section.size:
        raise EngineFailed("an empty section")
    with renumber.opened(section.descriptor) as data:
        for one in Written.of(data, 0, len(data)).objects(data):
            value = data[one.start : one.end]
            if any(part.lastgroup for part in _PART.finditer(value)):
                raise EngineFailed("a section that is not as it was written")
            if active.acts(value):
                raise EngineFailed("active content in a section")
