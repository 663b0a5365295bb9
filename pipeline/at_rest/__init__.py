"""Encryption at rest: keys, sealed texts for columns, sealed files that can be sought in."""
