"""What calls are about: told by rules of phrases, or found as groups of similar calls with readable labels."""
