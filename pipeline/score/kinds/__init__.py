"""One module per kind of criterion; `pipeline.score.evaluate` holds the table."""
