"""The telephone system's figures and surveys: read and checked, joined to calls, and what they say (docs/kpis.md)."""
