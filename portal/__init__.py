"""The record and the pages that show it. Knows nothing of doors."""
