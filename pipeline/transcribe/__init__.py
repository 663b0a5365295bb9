"""From audio to who said what and when."""
