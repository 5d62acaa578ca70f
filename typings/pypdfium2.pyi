from types import TracebackType
from typing import BinaryIO, Self

from PIL import Image

class PdfiumError(RuntimeError):
    err_code: int | None

class _Raw:
    FPDF_ERR_PASSWORD: int

raw: _Raw

class _Bitmap:
    def to_pil(self) -> Image.Image: ...

class _Page:
    def get_size(self) -> tuple[float, float]: ...
    def render(self, *, scale: float, may_draw_forms: bool) -> _Bitmap: ...

class PdfDocument:
    def __init__(self, input: BinaryIO) -> None: ...  # noqa: A002  # its own name for it
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
    def __len__(self) -> int: ...
    def __getitem__(self, number: int) -> _Page: ...
