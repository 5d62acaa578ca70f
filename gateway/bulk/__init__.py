"""The bulk door: old mail, from files of every kind, on an operator's word."""
