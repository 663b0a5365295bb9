"""Recordings in: find them, read what they hold and what is known about them, and say plainly what is wrong."""
