"""Scorecard reports as files, one module per format, each with ``write(report, out)``."""
