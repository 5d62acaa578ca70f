"""Mails of ours on their way out: which are due, how many, and what became of each."""
