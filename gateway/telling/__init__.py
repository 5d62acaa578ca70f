"""Telling: what a mail of ours says, written once and rendered as text and as HTML."""
