"""com.sun.star.lang, as far as the driver names it."""

from com.sun.star.uno import Exception as UnoException

class DisposedException(UnoException): ...
