"""The shape of a call: talk, silence, overtalk, hold."""
