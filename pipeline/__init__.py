"""The engine room of Earmark: from a recording to a score with its evidence. No Prefect, no web framework here."""
