"""What an operator edits, and its typed shape. Imports nothing of ours."""
