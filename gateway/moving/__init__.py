"""The queue, whose turn it is in it, and the worker that carries a letter."""
