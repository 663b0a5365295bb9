"""Scores from stored facts: rescoring, the preview of a change, back-tests."""
