"""com.sun.star.connection, as far as the driver names it."""

from com.sun.star.uno import Exception as UnoException

class NoConnectException(UnoException): ...
