"""From scores to what a manager reads."""
