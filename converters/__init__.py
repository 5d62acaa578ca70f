"""A file in, a PDF out, or a named fault. Knows nothing of mail, cases or the portal."""
