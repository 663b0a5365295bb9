"""Measures what Earmark hears, beside what the libraries it is built on hear by themselves: ``make bench-asr``."""
