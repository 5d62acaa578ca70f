"""Faults of a visit."""

from __future__ import annotations


class SignedOut(Exception):
    """Nobody is signed in, or the session has ended."""


class FormStale(Exception):
    """A form that did not come from a page of this session, or cannot be read."""
