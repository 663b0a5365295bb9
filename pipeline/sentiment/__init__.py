"""How turns sound, in words."""
