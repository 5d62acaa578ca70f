"""Sample letters, and the first run that sends them."""
