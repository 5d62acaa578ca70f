"""Numbers that stay on one line: a browser breaks a case number or a receipt's at its hyphen."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Capitals and digits in groups, a digit among them. As case numbers are a setting, so is no shape.
_NUMBER = re.compile(r"(?<![\w-])(?=[A-Z-]{0,16}\d)[0-9A-Z]{1,8}(?:-[0-9A-Z]{1,8}){1,3}(?![\w-])")
_WHOLE = Markup('<span class="whole">{}</span>')


def unbroken(words: str) -> Markup:
    """Return words as HTML in which such numbers are of a class that a style sheet keeps whole."""
    html, end = Markup(), 0
    for one in _NUMBER.finditer(words):
        html += escape(words[end : one.start()]) + _WHOLE.format(one[0])
        end = one.end()
    return html + escape(words[end:])
