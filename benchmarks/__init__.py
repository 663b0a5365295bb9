"""Programs that measure Earmark; the figures in the docs come from them."""
