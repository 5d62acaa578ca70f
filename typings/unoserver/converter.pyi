from collections.abc import Callable

PropertyValue: Callable[..., object]
