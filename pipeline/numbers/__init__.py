"""Numbers, amounts, dates and times in one form for matching. Only English is read; what is stored stays as it is."""
