"""Bounds on HTML that are looked at before any parser is: where one takes quadratic time."""

from __future__ import annotations

# nh3 0.3 joins a text again at each "&" in it: 50,000 of them take a tenth of a second, ten times
# as many ten seconds. No text that a person writes has so many between two tags.
MOST_AMPERSANDS = 50_000


def ampersands(html: str) -> int:
    """Return how many "&" the text between two tags holds at most."""
    return max((text.count("&") for text in html.split("<")), default=0)
