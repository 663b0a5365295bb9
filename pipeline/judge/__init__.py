"""A language model that the site runs answers questions about a call, and must cite what was said; off by default."""
