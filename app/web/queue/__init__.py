"""Lists of calls: filters, what can be chosen in them, which call is next."""
