"""What the page of one call is made of."""
