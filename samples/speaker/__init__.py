"""Speaks the scripts in `samples/scripts` into telephone recordings, and writes down what was really said when."""
