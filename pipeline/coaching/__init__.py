"""Coaching put together from rules and store: topics and plans, sessions, and what came of them."""
