"""To be written: journey."""
