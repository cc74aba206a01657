"""To be written: outing."""
