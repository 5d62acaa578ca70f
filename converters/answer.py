"""What a sandboxed process answered, taken apart with care: it may be hostile."""

from __future__ import annotations

import json
import re
import signal
from typing import Any, Final

from converters.fault import BadOutput, JobDied, JobLost, JobRefused

# Sixteen megabytes of nothing but "[[[[" would be a gigabyte of lists here.
_MOST_CONTAINERS: Final = 400_000
_OURS = re.compile(
    r"(\w{1,60} at )?(\w{1,60}\.py:\d{1,6}( < )?){1,8}|[A-Za-z_]{0,60}|[\w ./:+-]{1,80}", re.ASCII
)


def parsed(body: bytes) -> dict[str, Any]:
    """Parse an answer. Raises BadOutput; JobDied or JobLost where it tells of an end without."""
    if body.count(b"[") + body.count(b"{") > _MOST_CONTAINERS:
        raise BadOutput("an answer of too many parts")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadOutput("an answer that is not JSON") from error
    match answer:
        case {"signal": signal.SIGKILL}:
            raise JobLost("signal 9")
        case {"signal": int(number)}:
            raise JobDied(f"signal {number}")
        case {"broke": str(reason)}:
            raise JobDied("memory" if reason.startswith("MemoryError ") else _for_the_log(reason))
        case {"answer": dict()} | {"refused": str(), "fault": str(), "detail": str()}:
            return dict(answer)
    raise BadOutput("an answer of another shape")


def taken_apart(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the handler's own answer. Raises JobRefused where it ended in a fault."""
    if "answer" in answer:
        return dict(answer["answer"])
    code, name, detail = (_for_the_log(answer[key]) for key in ("refused", "fault", "detail"))
    raise JobRefused(code, name, detail)


def _for_the_log(said: str) -> str:
    """Keep what our own code says of a fault; a hostile process would say a patient's name."""
    return said if _OURS.fullmatch(said) else "not said in our words"
