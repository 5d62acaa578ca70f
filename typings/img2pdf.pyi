from collections.abc import Callable, Sequence
from enum import Enum

class Rotation(Enum):
    ifvalid = ...

class ImageOpenError(Exception): ...
class PdfTooLargeError(Exception): ...

def convert(
    images: Sequence[bytes],
    *,
    layout_fun: Callable[[int, int, tuple[float, float]], tuple[float, float, float, float]],
    rotation: Rotation,
    first_frame_only: bool,
    title: str,
    producer: str,
) -> bytes: ...
