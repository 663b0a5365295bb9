"""Coaching as it is shown."""
