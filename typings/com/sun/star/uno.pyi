"""com.sun.star.uno, as far as the driver names it."""

from builtins import Exception as _Exception

class Exception(_Exception): ...  # noqa: A001 -- UNO's name
