"""What the pages on compliance show, put together from what was counted."""
