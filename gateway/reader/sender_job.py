"""The gate's job: one message's header in, what it says about its sender out; and its signatures.

Runs in the sandbox alone. There is no network in it: the keys of signatures are brought along.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from converters.compound import SIGNATURE as COMPOUND
from gateway.reader.fault import ReadingStopped
from gateway.reader.header import Header, message_start, read_header
from gateway.reader.plain_header import is_plain
from gateway.reader.results import results
from gateway.reader.sender import one_sender
from gateway.reader.signature import Signature, holding, signatures
from gateway.reader.source import Extent


def run(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Look at a message. `inputs` is the descriptor of its bytes; nothing is left in `folder`.

    `job` has max_header_bytes, and either "relay", None or authserv_id and hops of one: then the
    answer has "sender", "signatures" and "relay". Or it has "keys", each with index, domain,
    selector and the record as Latin-1: then it has "holds", the index of the first that does, or
    None. A header that is over the limit is {"stopped": reason}. Of one that is not plain no
    signature holds, and a relay has said nothing: they may have read another one.
    """
    del folder
    raw = Extent(inputs[0], 0, os.fstat(inputs[0]).st_size)
    try:
        header, plain = _header(raw, job["max_header_bytes"])
    except ReadingStopped as stop:
        return {"stopped": stop.reason.value}
    if "keys" in job and not plain:
        return {"holds": None}
    if "keys" in job:
        keys = {
            one["index"]: (
                Signature(one["index"], one["domain"], one["selector"]),
                one["record"].encode("latin-1"),
            )
            for one in job["keys"]
        }
        held = holding(raw.read(0, raw.size), header, keys)
        return {"holds": None if held is None else held.index}
    relay = job["relay"]
    heard = header if plain else Header()
    return {
        "sender": one_sender(header),
        "signatures": [
            {"index": one.index, "domain": one.domain, "selector": one.selector}
            for one in signatures(header)
        ],
        "relay": None if relay is None else results(heard, relay["authserv_id"], relay["hops"]),
    }


def _header(raw: Extent, max_bytes: int) -> tuple[Header, bool]:
    """Read the header where the road will read it, and say whether everybody reads it so.

    A .msg has none that anybody proves.
    """
    if raw.read(0, len(COMPOUND)) == COMPOUND:
        return Header(), False
    start = message_start(raw)
    header, body = read_header(start, start.start, (), max_bytes)
    return header, is_plain(raw.read(0, body), header, is_all=body == raw.size)
