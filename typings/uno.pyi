"""PyUNO, of Debian's python3-uno: LibreOffice's objects have no types before they run."""

from typing import Any as _Any

def getComponentContext() -> _Any: ...  # noqa: N802 -- UNO's name

class Any:
    def __init__(self, type: str, value: object) -> None: ...  # noqa: A002 -- UNO's name
