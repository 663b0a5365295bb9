"""What a rubric itself asks of a transcript."""
