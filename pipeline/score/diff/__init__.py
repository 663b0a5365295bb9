"""What changed between two rubrics, and what that does to calls."""
