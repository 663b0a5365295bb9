"""How well disclosures are found: Earmark beside what people would use instead. ``make bench-rules``."""
