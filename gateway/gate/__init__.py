"""The gate: what is found out about a mail between its door and the wall, before the 250."""
