"""Rubrics as people write them: read, checked whole, and made into records."""
