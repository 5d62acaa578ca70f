"""Strangers: held letters that nobody is known to stand behind, by the reason for which they wait.

Their files wait for a person before an engine works on them, or strangers could keep every engine
busy.
"""

from __future__ import annotations

STRANGERS = frozenset(
    {"sender_not_known", "sender_not_proven", "sender_of_other_firm", "forward_several"}
)
UNOPENED = STRANGERS | {"scanner_away"}
"""Of these no engine opens anything: the last ones wait for the virus scanner."""
