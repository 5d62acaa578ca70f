"""unoserver's own server, for a LibreOffice without a desktop: run by Debian's Python as a file.

unoserver shows each document that it opens. The packages without a desktop lack what a window
needs, and LibreOffice ends in an abort; so each is opened hidden here, which costs nothing.
"""

from __future__ import annotations

from unoserver import converter, server

_PropertyValue = converter.PropertyValue


def _hidden(**given: object) -> object:
    """Make a property; in the place of ReadOnly, which every document is opened with, Hidden."""
    name = "Hidden" if given["Name"] == "ReadOnly" else given["Name"]
    return _PropertyValue(Name=name, Value=given["Value"])


if __name__ == "__main__":
    converter.PropertyValue = _hidden
    server.main()
