"""Audits: the log of who looked at what, reports over rules, and evidence that can be handed on and checked."""
