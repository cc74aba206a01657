"""To be written: solve."""
