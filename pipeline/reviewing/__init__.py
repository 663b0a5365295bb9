"""People's answers, disputes, blind sessions and the queue, put together from rules and store."""
