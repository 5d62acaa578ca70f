"""The road that every letter takes: read, sort, resolve, name, convert, file, tell."""
