"""How a workspace is getting on, for those who run it."""
