"""Pages that a coordinator reads, written from the figures of the evaluation."""
