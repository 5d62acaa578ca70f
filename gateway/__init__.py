"""Doors, the wall, the queue, the road and its answers."""
