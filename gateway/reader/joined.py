"""Joining the words of a message with those that Outlook packed beside them: mostly the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.reader.leaf import Leaf
from gateway.reader.likeness import is_within

# So many words may differ, one in this many: a form shows a link's target, another does not.
_ONE_IN = 20
_MOST_LINKS = 200
_FORMS = ("html", "html_charset", "images", "seen")
_WORDS = ("path", "text", "new", "lossy", "differs", "other", "links", *_FORMS)


def join(own: dict[str, Any], packed: dict[str, Any], leaves: Sequence[Leaf]) -> bool:
    """Put the packed words into the message's own, and say whether that was right.

    They are where its own are missing, and where both say the same: then they are another form,
    and so are their parts, `leaves`. Where they differ, nothing is done: both are kept.
    """
    if not own["text"].strip() and not own["images"]:
        own.update({key: packed[key] for key in _WORDS})
        for key in ("subject", "header_from", "header_to", "date"):
            own[key] = own[key] or packed[key]
        return True
    if not is_within(packed["text"], own["text"], one_in=_ONE_IN):
        return False
    for leaf in leaves:
        if "words" in leaf.flags:
            leaf.flags = (leaf.flags - {"words"}) | {"alternative"}
    if own["html"] is None:
        own.update({key: packed[key] for key in _FORMS})
    own["links"] = list(dict.fromkeys((*own["links"], *packed["links"])))[:_MOST_LINKS]
    if packed["new"].split() != own["new"].split():
        own["other"] = "\n\n".join(filter(None, (own["other"], packed["new"])))
    return True
