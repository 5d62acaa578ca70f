"""What a letter is that belongs to another one: what it answers, and what becomes of that."""
