"""The only place that imports Prefect."""
