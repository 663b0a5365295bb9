"""What had to be said, what must not be said, and the proof of it."""
