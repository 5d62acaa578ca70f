"""com.sun.star.beans, as far as the driver names it."""

class PropertyValue:
    def __init__(self, name: str, handle: int, value: object, state: int) -> None: ...
