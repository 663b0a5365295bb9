"""What goes on beside requests: one module per subject, each with its ``JOBS``."""
