"""Scorecards as the console shows them: which days, whose figures, kept or read anew."""
