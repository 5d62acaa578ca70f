"""What is looked after again and again beside doors and road."""
