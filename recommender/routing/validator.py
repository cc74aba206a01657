"""To be written: validator."""
