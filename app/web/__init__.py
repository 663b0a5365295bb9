"""The console and its JSON API."""
