"""Calibration as it is shown."""
