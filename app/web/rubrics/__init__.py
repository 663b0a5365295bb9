"""Rubrics and rules on pages: read in words, checked, and tried on stored calls."""
