"""Hostile files, written from scratch: a module for each kind; the same seed makes the same files."""
