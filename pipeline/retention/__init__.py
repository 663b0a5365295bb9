"""Retention: how long calls are kept, and how they are deleted everywhere, with a record of it."""
