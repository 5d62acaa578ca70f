from types import FrameType

class greenlet:  # noqa: N801  its own name
    gr_frame: FrameType | None

def getcurrent() -> greenlet: ...
