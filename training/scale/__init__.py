"""Many cities, and cities that are too large for one process: the same fit, shared out."""
