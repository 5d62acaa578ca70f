# What gateway/reader/signature.py and the tests use of dkimpy, which has no types of its own.
from collections.abc import Callable, Sequence

class DKIMException(Exception): ...

class DKIM:
    headers: list[tuple[bytes, bytes]]
    signature_fields: dict[bytes, bytes]
    include_headers: tuple[bytes, ...]
    def __init__(self, message: bytes | None = ..., *, minkey: int = ...) -> None: ...
    def verify(self, idx: int = ..., dnsfunc: Callable[..., bytes | None] = ...) -> bool: ...

def sign(
    message: bytes,
    selector: bytes,
    domain: bytes,
    privkey: bytes,
    identity: bytes | None = ...,
    canonicalize: tuple[bytes, bytes] = ...,
    signature_algorithm: bytes = ...,
    include_headers: Sequence[bytes] | None = ...,
    length: bool = ...,
) -> bytes: ...
