"""Uploads and what runs of them: received, kept, run in the background, shown."""
