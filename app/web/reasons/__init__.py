"""Contact reasons as the console shows them."""
